// A world for tests of the task driver: a broker in memory, rows as JSON, and two small hand-made sub-topologies.
import { after } from 'node:test';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { primitive, type Row, structOf } from '../../src/core/data/schema.ts';
import { TributaryError } from '../../src/core/errors.ts';
import type { Serdes } from '../../src/engine/serdes.ts';
import { Task } from '../../src/engine/task.ts';
import type { TaskSetup } from '../../src/engine/task-setup.ts';
import type { SerdeRef, SourceDef, StoreDef, SubTopology } from '../../src/engine/topology.ts';
import { type Broker, partitionKey } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { turningClock } from './turning-clock.ts';

const COLUMN = structOf([{ name: 'A', schema: primitive('string') }]);
const SERDE: SerdeRef = { format: 'TEST', schema: COLUMN, unwrapped: false, properties: {}, window: null };

/** Rows as JSON arrays; the text `bad` cannot be read. */
export const jsonSerdes: Serdes = {
  reader: (_ref, _topic, _isKey, wanted) => ({
    prepare: () => null,
    read(bytes, start, end) {
      const text = bytes.toString('utf8', start, end);
      if (text === 'bad') throw new TributaryError('TRIB_TEST', 'data', { what: 'it is bad' });
      const row = JSON.parse(text) as Row;
      return wanted.map(([index]) => row[index!]!);
    },
  }),
  writer: () => ({
    prepare: async () => {},
    write(row, out) {
      out.text(JSON.stringify(row));
      return true;
    },
  }),
  encodeRow: (row, out) => out.text(JSON.stringify(row)),
  decodeRow: (bytes, start, end) => JSON.parse(bytes.toString('utf8', start, end)) as Row,
};

export function sourceOf(topic: string, shape: 'stream' | 'table'): SourceDef {
  return {
    topic,
    shape,
    key: SERDE,
    value: SERDE,
    wantedKey: [[0]],
    wantedValue: [[0]],
    wantedHeaders: [],
    needsHeaders: false,
    needsOffsets: false,
    internal: false,
  };
}

function store(name: string, ofSource: number | null): StoreDef {
  return { name, changelog: ofSource === null ? `${name}-changelog` : '', ofSource, evictable: true };
}

/** Counts the rows of `in` by key and writes each new count to `out`. */
export function countByKey(): SubTopology {
  return {
    id: 'count',
    sources: [sourceOf('in', 'stream')],
    sinks: [{ topic: 'out', internal: false, key: SERDE, value: SERDE, partitions: null }],
    stores: [store('counts', null)],
    code: '',
    instantiate: ([counts]) => ({
      keysOf: (_source, chunk) => [[0, chunk.keys.filter((key) => key !== null)]],
      run(_source, chunk, output) {
        for (let i = 0; i < chunk.length; i++) {
          const key = chunk.keys[i];
          if (key === null || key === undefined) continue;
          const count = Number(counts!.get(key)?.[0] ?? 0) + 1;
          counts!.put(key, [count], chunk.timesMs[i]!);
          output.emit(0, key, [count], chunk.timesMs[i]!, null, chunk.silent?.[i] ?? false);
        }
      },
      tick: () => null,
      takeFailures: () => ({ count: 0, samples: [] }),
    }),
  };
}

/** Joins the rows of `in` with the table `names` (left): writes [row, name or null] to `out`. */
export function joinNames(): SubTopology {
  return {
    id: 'join',
    sources: [sourceOf('in', 'stream'), sourceOf('names', 'table')],
    sinks: [{ topic: 'out', internal: false, key: SERDE, value: SERDE, partitions: null }],
    stores: [store('names', 1)],
    code: '',
    instantiate: ([names]) => ({
      keysOf: (_source, chunk) => [[0, chunk.keys.filter((key) => key !== null)]],
      run(source, chunk, output) {
        for (let i = 0; i < chunk.length; i++) {
          const key = chunk.keys[i]!;
          const row = chunk.rows[i]!;
          if (source === 1) names!.put(key, row, chunk.timesMs[i]!);
          else output.emit(0, key, [row[0]!, names!.get(key)?.[0] ?? null], chunk.timesMs[i]!, null, false);
        }
      },
      tick: () => null,
      takeFailures: () => ({ count: 0, samples: [] }),
    }),
  };
}

export interface World {
  readonly clock: Clock;
  readonly broker: Broker;
  readonly store: StateStore;
  /** Skipped records, as the task reported them. */
  readonly bad: string[];
  produce(
    topic: string,
    rows: readonly (readonly [key: string, value: string | null])[],
    timeMs?: number,
  ): Promise<void>;
  committed(topic: string): Promise<string[]>;
  task(part: SubTopology, overrides?: Partial<TaskSetup>): Task;
  /** Runs the task until it has committed its inputs up to their ends, then stops it. */
  runUntilDone(task: Task): Promise<void>;
}

/** A fresh world with the topics made, one partition each. Its tasks are stopped with the test that asked for it. */
export async function taskWorld(topics: readonly string[]): Promise<World> {
  const clock = turningClock();
  const broker = memoryBroker(clock);
  const stateStore = new MemoryStateStore(clock);
  await broker.createTopics(topics.map((name) => ({ name, partitions: 1, config: { 'retention.ms': '-1' } })));
  const bad: string[] = [];
  const tasks: Task[] = [];
  after(() => {
    for (const task of tasks) task.stop();
  });

  return {
    clock,
    broker,
    store: stateStore,
    bad,
    async produce(topic, rows, timeMs = 1000) {
      const producer = await broker.produce();
      for (const [key, value] of rows) append(producer.lane(topic, 0), timeMs, key, value);
      await producer.flush();
      await producer.close();
    },
    committed: (topic) => readAll(broker, topic),
    task(part, overrides = {}) {
      const task = new Task({
        mayWork: () => true,
        commitsMarkers: false,
        id: 'trib.q.0.0',
        queryId: 'q',
        group: 'q',
        part,
        partition: 0,
        sinkPartitions: part.sinks.map(() => 1),
        startAt: () => 'earliest',
        guarantee: 'exactly_once',
        commitMs: 100,
        commitRowsMax: 10_000,
        cacheRowsMax: 1000,
        tablesSettled: null,
        serdes: jsonSerdes,
        broker,
        store: stateStore,
        clock,
        watch: {
          committed: () => {},
          counted: () => {},
          bad: (topic, partition, offset, error) =>
            bad.push(`${partitionKey(topic, partition)}@${offset} ${error.message}`),
          failures: () => {},
          restarting: () => {},
          started: () => {},
        },
        ...overrides,
      });
      tasks.push(task);
      return task;
    },
    async runUntilDone(task) {
      const run = task.run();
      const keys = task.setup.part.sources.map(({ topic }) => partitionKey(topic, 0));
      const ends = await broker.offsets(keys, 'stable');
      for (let turns = 0; turns < 5000; turns++) {
        const at = await broker.committed('q', keys);
        if (keys.every((key) => (at.get(key) ?? 0) >= ends.get(key)!)) break;
        await clock.sleep(10);
      }
      task.stop();
      await run;
    },
  };
}

/** All committed records of a one-partition topic, as `key=value`. */
export async function readAll(broker: Broker, topic: string): Promise<string[]> {
  const key = partitionKey(topic, 0);
  const end = (await broker.offsets([key], 'stable')).get(key)!;
  const reader = await broker.read(new Map([[key, 0]]), { isolation: 'committed' });
  const rows: string[] = [];
  for (let at = 0; at < end; ) {
    for (const records of await reader.poll(100)) {
      const { bytes, keyStarts, keyEnds, valueStarts, valueEnds } = records;
      for (let i = 0; i < records.count; i++) {
        const value = valueStarts[i]! < 0 ? 'null' : bytes.toString('utf8', valueStarts[i]!, valueEnds[i]!);
        rows.push(`${bytes.toString('utf8', keyStarts[i]!, keyEnds[i]!)}=${value}`);
      }
      at = records.nextOffset;
    }
  }
  await reader.close();
  return rows;
}

function append(
  lane: ReturnType<Awaited<ReturnType<Broker['produce']>>['lane']>,
  timeMs: number,
  key: string,
  value: string | null,
): void {
  const keyBytes = Buffer.from(JSON.stringify([key]));
  const valueBytes = value === null ? null : Buffer.from(value === 'bad' ? 'bad' : JSON.stringify([value]));
  lane.append(timeMs, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes?.length ?? 0, null);
}
