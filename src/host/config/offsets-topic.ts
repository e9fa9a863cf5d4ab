// Where a source keeps its offsets: in the worker's topic, or in one of its own (`offsets.storage.topic`) on the cluster that it
// writes to. With its own it needs nothing of the worker's cluster, so it is exactly once on another one, too.
import type { RawConfig } from '../../core/config/define.ts';
import type { HostSettings } from '../environment.ts';
import { clientConfig, isElsewhere } from './client-config.ts';

type Settings = Pick<HostSettings, 'raw' | 'overridePolicy'>;

/** The topic of a source's own; null: its offsets stand in the worker's. `raw`: with references resolved. */
export function ownOffsetsTopic(raw: RawConfig, settings: Settings & Pick<HostSettings, 'stores'>): string | null {
  const given = raw['offsets.storage.topic']?.trim() ?? '';
  if (given === '') return null;
  return given === settings.stores.offsets.name && !writesElsewhere(raw, settings) ? null : given;
}

/** Whether a source's records and offsets are one transaction: they can be, where both stand on one cluster. */
export function isExactlyOnceSource(raw: RawConfig, settings: HostSettings): boolean {
  if (!settings.exactlyOnceSources) return false;
  return ownOffsetsTopic(raw, settings) !== null || !writesElsewhere(raw, settings);
}

function writesElsewhere(raw: RawConfig, settings: Settings): boolean {
  return isElsewhere(clientConfig('producer', raw, settings), settings);
}
