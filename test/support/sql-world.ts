// A SQL engine over a broker, registry and store in memory, on a clock that never waits.
import { after } from 'node:test';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { EmbeddedRegistry } from '../../src/adapters/registry/embedded.ts';
import type { Row } from '../../src/core/data/schema.ts';
import { Logs } from '../../src/core/log.ts';
import type { Broker } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { SchemaRegistry } from '../../src/ports/schema-registry.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { type Entity, QueryEngine, type StatementOptions } from '../../src/queries/index.ts';
import { readAll } from './task-world.ts';
import { turningClock } from './turning-clock.ts';

export interface SqlWorld {
  readonly clock: Clock;
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly store: StateStore;
  /** Lines of the log. */
  readonly logged: string[];
  engine: QueryEngine;
  /** Executes statements with `auto.offset.reset=earliest`; throws what failed. */
  run(text: string, options?: StatementOptions): Promise<readonly Entity[]>;
  /** All rows of a pull query, or of a push query with a LIMIT. */
  rows(text: string, options?: StatementOptions): Promise<readonly Row[]>;
  /** Waits until the source's queries have caught up. */
  settle(...sources: readonly string[]): Promise<void>;
  /** Committed records of a one-partition topic, as `key=value` texts. */
  records(topic: string): Promise<string[]>;
  topics(...names: readonly string[]): Promise<void>;
  /** Closes the engine and opens another one over the same broker and store. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const EARLIEST: StatementOptions = { properties: { 'auto.offset.reset': 'earliest' } };

/** A fresh engine. It is closed with the test that asked for it, however that ends. */
export async function sqlWorld(): Promise<SqlWorld> {
  const clock = turningClock();
  const broker = memoryBroker(clock);
  const registry = new EmbeddedRegistry(null);
  const store = new MemoryStateStore(clock);
  const logged: string[] = [];
  const logs = new Logs({ write: (line) => logged.push(line), now: () => clock.now() });
  const ports = { broker, registry, store, clock, log: logs.logger('sql'), random: () => 0.5 };
  const open = async (): Promise<QueryEngine> => {
    const engine = new QueryEngine(ports, { clusterId: 'trib' });
    await engine.start();
    return engine;
  };
  const world: SqlWorld = {
    clock,
    broker,
    registry,
    store,
    logged,
    engine: await open(),
    async run(text, options = EARLIEST) {
      const result = await world.engine.execute(text, options);
      if (result.failure !== null) throw result.failure.error;
      return result.entities;
    },
    async rows(text, options = EARLIEST) {
      const stream = await world.engine.select(text, options);
      const rows: Row[] = [];
      for await (const batch of stream.rows()) for (const { cells } of batch) rows.push(cells);
      await stream.close();
      return rows;
    },
    async settle(...sources) {
      for (const source of sources) await world.engine.caughtUp(source, new AbortController().signal);
    },
    records: (topic) => readAll(broker, topic),
    async topics(...names) {
      await broker.createTopics(names.map((name) => ({ name, partitions: 1, config: { 'retention.ms': '-1' } })));
    },
    async restart() {
      await world.engine.close();
      world.engine = await open();
    },
    close: () => {
      closing ??= world.engine.close();
      return closing;
    },
  };
  let closing: Promise<void> | null = null;
  after(world.close);
  return world;
}
