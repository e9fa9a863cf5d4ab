// The sink of W4: counts what reaches it and drops it.
import type { ConnectorDef, ConnectRecord, RawConfig } from '../src/connect/index.ts';

/** A connector definition, and what its tasks have seen. */
export interface NullSink {
  readonly def: ConnectorDef;
  readonly seen: { records: number; last: ConnectRecord | null };
}

export function nullSink(): NullSink {
  const seen: NullSink['seen'] = { records: 0, last: null };
  let raw: RawConfig = {};
  return {
    seen,
    def: {
      kind: 'sink',
      name: 'NullSink',
      classes: ['bench.NullSink'],
      doc: 'Counts records and drops them.',
      version: '1',
      config: [],
      create: () => ({
        start: async (_config, given) => {
          raw = given;
        },
        taskConfigs: (max) => Array.from({ length: max }, () => raw),
        task: () => ({
          start: async () => {},
          put: async (batch) => {
            seen.records += batch.length;
            seen.last = batch.at(-1) ?? seen.last;
          },
          preCommit: async (handed) => handed,
          stop: async () => {},
        }),
        stop: async () => {},
      }),
    },
  };
}
