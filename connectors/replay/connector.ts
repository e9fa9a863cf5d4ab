// ReplaySource: loads recorded topics (NDJSON, one record a line, bytes as base64) into topics as raw bytes.
//
// Payloads are in Confluent framing (byte 0, 4-byte schema id). Ids belong to a registry, so each recorded schema is registered with ours
// under its recorded subjects and the id in the payload is replaced by the one our registry gave.
import type { ConfigDef, ConnectorDef, ParsedConfig, RawConfig, SourceConnector, SourceTask } from 'tributary/connect';
import { ReplayTask } from './task.ts';

export const CONFIG: ConfigDef = [
  {
    name: 'replay.files',
    type: 'LIST',
    importance: 'HIGH',
    group: 'Replay',
    doc: 'Recorded topics, one NDJSON file each: {"topic","partition","timestamp","key","value","headers"} with base64 bytes.',
  },
  {
    name: 'replay.schemas',
    type: 'STRING',
    fallback: null,
    importance: 'MEDIUM',
    group: 'Replay',
    doc: 'JSON file of the schemas that the payloads name: {"<id>":{"subject","schemaType","schema","also":[…]}}.',
  },
  {
    name: 'replay.timestamps',
    type: 'STRING',
    fallback: 'now',
    importance: 'LOW',
    group: 'Replay',
    doc: 'Record time: that of the replay (old recordings would fall under the retention of their topics at once), or as recorded.',
    choices: ['now', 'recorded'],
  },
  {
    name: 'replay.records.per.poll',
    type: 'INT',
    fallback: 500,
    importance: 'LOW',
    group: 'Replay',
    doc: 'Records handed over at once; each such batch is one transaction.',
  },
  {
    name: 'replay.pause.ms',
    type: 'INT',
    fallback: 0,
    importance: 'LOW',
    group: 'Replay',
    doc: 'Pause between two batches, to watch data flow.',
  },
];

class ReplayConnector implements SourceConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }
  taskConfigs(): readonly RawConfig[] {
    return [this.#raw];
  }
  task(): SourceTask {
    return new ReplayTask();
  }
  exactlyOnceSupport(): 'supported' {
    return 'supported';
  }
  async stop(): Promise<void> {}
}

export const replaySource: ConnectorDef = {
  kind: 'source',
  name: 'ReplaySource',
  classes: ['tributary.ReplaySource'],
  version: '0.1.0',
  doc: 'Replays recorded topics byte for byte, in the order of their recorded times; each line once, also over restarts.',
  config: CONFIG,
  create: () => new ReplayConnector(),
};
