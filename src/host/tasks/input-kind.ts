// What the committed offsets of a connector mean (see `ProcessorConnector.inputOf`).
import type { ProcessorConnector } from '../../connect/connectors.ts';
import type { RawConfig } from '../../core/config/define.ts';
import type { Environment } from '../environment.ts';

/** `raw` with its references resolved. */
export function inputKind(environment: Environment, raw: RawConfig): 'topics' | 'own' | 'elsewhere' {
  const def = environment.plugins.findConnector(raw['connector.class'] ?? '')?.def;
  if (def?.kind !== 'processor') return 'topics';
  return (def.create() as ProcessorConnector).inputOf?.(raw) ?? 'topics';
}
