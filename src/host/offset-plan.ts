// Where a sink's offsets would stand if they were moved to a time or to an end of the log: beside where they stand now, so that
// people see what a move does before it is done.
import type { RawConfig } from '../core/config/define.ts';
import { quoted, TributaryError } from '../core/errors.ts';
import { type Offsets, splitPartitionKey } from '../ports/broker.ts';
import type { Environment } from './environment.ts';
import { partitionsOf, sinkInput } from './tasks/sink-partitions.ts';

/** One partition of a plan. */
export interface PlannedOffset {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing is committed. */
  readonly now: number | null;
  readonly after: number;
  /** Records that are read again (positive) or passed over (negative), at most. */
  readonly readAgain: number;
}

/** What planning needs of the host. */
export interface PlanHost {
  readonly environment: Environment;
  info(name: string): { readonly config: RawConfig; readonly type: string };
}

/** Plans a move of a sink's offsets to `earliest`, `latest` or a time (ISO 8601 or milliseconds). Changes nothing. */
export async function planOffsets(host: PlanHost, name: string, to: string): Promise<readonly PlannedOffset[]> {
  const { config, type } = host.info(name);
  const { broker, providers } = host.environment;
  if (type !== 'sink') {
    throw new TributaryError('TRIB_OFFSETS_INVALID', 'config', {
      what: `Connector ${name} is a ${type}, not a sink: its offsets are its own and know no time.`,
      fix: `Set them one by one with PATCH /connectors/${name}/offsets.`,
    });
  }
  const input = sinkInput(name, providers.resolve(config), host.environment.settings);
  const partitions = await partitionsOf(broker, { ...input, retryTopic: null }, 0, 1);
  const [committed, earliest, then] = await Promise.all([
    broker.committed(input.group, partitions),
    broker.offsets(partitions, 'earliest'),
    targets(to, partitions, broker),
  ]);
  return partitions.map((key) => {
    const now = committed.get(key) ?? null;
    const target = then.get(key) ?? earliest.get(key) ?? 0;
    return { ...splitPartitionKey(key), now, after: target, readAgain: (now ?? earliest.get(key) ?? 0) - target };
  });
}

function targets(to: string, partitions: readonly string[], broker: Environment['broker']): Promise<Offsets> {
  if (to === 'earliest' || to === 'latest') return broker.offsets(partitions, to);
  const ms = /^\d{1,15}$/.test(to) ? Number(to) : Date.parse(to);
  if (!Number.isNaN(ms)) return broker.offsetsForTime(partitions, ms);
  throw new TributaryError('TRIB_REQUEST_MALFORMED', 'config', {
    what: `to is ${quoted(to)}.`,
    fix: 'Use earliest, latest, or a time as 2026-11-24T14:00:00Z or in milliseconds.',
  });
}
