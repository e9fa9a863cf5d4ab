// Settings of the SQL engine: the host's, then properties of the session, then what each means for a query.
import type { RunSettings } from './persistent-run.ts';

/** What the host decides for all queries. */
export interface EngineSettings {
  readonly clusterId: string;
  /** Properties in force unless a session overrides them, e.g. `ksql.output.topic.name.prefix`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Longest time between two commits of a task. */
  readonly commitMs: number;
  /** Rows of a cycle at most: bounds what is done again after a crash, and what one write to the state store holds. */
  readonly commitRowsMax: number;
  /** Rows of one store of one task that stay in memory, where rows may be loaded again. */
  readonly cacheRowsMax: number;
  /** Pause before a failed task starts again, doubling up to the longest. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
}

/** Settings of a host that says nothing but its cluster. */
export function engineSettings(given: Partial<EngineSettings> & { readonly clusterId: string }): EngineSettings {
  return {
    properties: {},
    commitMs: 100,
    commitRowsMax: 50_000,
    cacheRowsMax: 1_000_000,
    retryFirstMs: 1000,
    retryMaxMs: 900_000,
    ...given,
  };
}

/** A property's name without the prefix that Kafka Streams settings may carry. */
export function propertyName(name: string): string {
  return name.startsWith('ksql.streams.') ? name.slice('ksql.streams.'.length) : name;
}

/** Properties by their plain names, later ones winning. */
export function mergedProperties(
  ...layers: readonly Readonly<Record<string, string>>[]
): Readonly<Record<string, string>> {
  const merged: Record<string, string> = {};
  for (const layer of layers) for (const [name, value] of Object.entries(layer)) merged[propertyName(name)] = value;
  return merged;
}

/** How a query with these properties is run. */
export function runSettings(settings: EngineSettings, properties: Readonly<Record<string, string>>): RunSettings {
  const commitMs = Number(properties['commit.interval.ms']);
  return {
    guarantee: properties['processing.guarantee'] === 'at_least_once' ? 'at_least_once' : 'exactly_once',
    commitMs: Number.isFinite(commitMs) && commitMs > 0 ? commitMs : settings.commitMs,
    commitRowsMax: settings.commitRowsMax,
    cacheRowsMax: settings.cacheRowsMax,
    reset: resetOf(properties),
    retryFirstMs: settings.retryFirstMs,
    retryMaxMs: settings.retryMaxMs,
    failOnBadRecord: properties['ksql.fail.on.deserialization.error']?.toLowerCase() === 'true',
  };
}

/** `auto.offset.reset` as given; null: streams from the end, tables from the beginning. */
export function resetOf(properties: Readonly<Record<string, string>>): 'earliest' | 'latest' | null {
  const value = properties['auto.offset.reset']?.toLowerCase();
  return value === 'earliest' || value === 'latest' ? value : null;
}
