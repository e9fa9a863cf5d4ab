// A world for tests of processor tasks: a broker in memory, JSON converters, a clock that turns by itself.
import assert from 'node:assert/strict';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import type { DeadLetter, ProcessorContext, ProcessorTask, RecordFailure } from '../../src/connect/connectors.ts';
import type { ConnectorDef } from '../../src/connect/plugins.ts';
import type { RawConfig } from '../../src/core/config/define.ts';
import { parseConfig, parseConfigOrThrow } from '../../src/core/config/parse.ts';
import { jsonConverter } from '../../src/plugins/converters/json.ts';
import { simpleHeaderConverter } from '../../src/plugins/converters/simple-header.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../src/plugins/index.ts';
import { type Broker, partitionKey, type Records } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { headersAt } from '../../src/ports/headers.ts';
import { turningClock } from './turning-clock.ts';

/** A record as text. */
export interface TextRecord {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

export class ProcessorWorld {
  readonly clock: Clock = turningClock();
  readonly broker: Broker = memoryBroker(this.clock);
  readonly counters = new Map<string, number>();
  readonly failures: RecordFailure[] = [];
  /** What `context.failed` answers; null fails the task. */
  deadLetter: DeadLetter | null | 'fail' = 'fail';
  /** What `context.openBroker` answers; null: the world's own broker. */
  other: Broker | null = null;
  /** What stands between the task and the brokers. */
  between: (broker: Broker, side: 'own' | 'other') => Broker = (broker) => broker;
  readonly lines: string[] = [];

  /** Writes JSON records to partition 0, or the partition given. */
  async write(
    topic: string,
    records: readonly (readonly [key: unknown, value: unknown, partition?: number])[],
  ): Promise<void> {
    const producer = await this.broker.produce();
    for (const [key, value, partition = 0] of records) {
      const keyBytes = bytesOf(key);
      const valueBytes = bytesOf(value);
      producer
        .lane(topic, partition)
        .append(1_000, keyBytes, 0, keyBytes?.length ?? 0, valueBytes, 0, valueBytes?.length ?? 0, null);
    }
    await producer.flush();
    await producer.close();
  }

  /** All committed records of a topic, partition by partition. */
  async read(topic: string): Promise<readonly TextRecord[]> {
    const info = await this.broker.topic(topic);
    assert.ok(info !== null, `${topic} exists`);
    const keys = Array.from({ length: info.partitions }, (_, partition) => partitionKey(topic, partition));
    const reader = await this.broker.read(await this.broker.offsets(keys, 'earliest'), { isolation: 'committed' });
    const found: TextRecord[] = [];
    for (let batches = await reader.poll(1); batches.length > 0; batches = await reader.poll(1)) {
      for (const records of batches) found.push(...textsOf(records));
    }
    await reader.close();
    return found.sort((left, right) => left.partition - right.partition);
  }

  /** Runs one task of a processor until the condition holds, then stops it as the host would. */
  async run(def: ConnectorDef, raw: RawConfig, until: () => Promise<boolean>, task = 0): Promise<void> {
    const connector = def.create();
    await connector.start(parseConfigOrThrow(def.config, raw, 'test'), raw, this.#context(task, new AbortController()));
    const configs = await connector.taskConfigs(Number(raw['tasks.max'] ?? 1));
    const stop = new AbortController();
    const processor = connector.task() as ProcessorTask;
    const own = configs[task]!;
    await processor.start(parseConfigOrThrow(def.config, own, 'test'), own, this.#context(task, stop, own));
    const running = processor.run();
    const watching = this.#watch(until, running).finally(() => stop.abort());
    await Promise.all([running, watching]);
    await processor.stop();
  }

  async #watch(until: () => Promise<boolean>, running: Promise<void>): Promise<void> {
    let ended = false;
    running.then(
      () => {
        ended = true;
      },
      () => {
        ended = true;
      },
    );
    for (let turns = 0; !ended && !(await until()); turns++) {
      assert.ok(turns < 1_000, 'the condition never held');
      await this.clock.sleep(50);
    }
  }

  #context(task: number, stop: AbortController, raw: RawConfig = {}): ProcessorContext {
    const plugins = new PluginRegistry(builtInPlugins);
    const json = jsonConverter.create(
      parseConfig(jsonConverter.config, { 'converter.type': 'value', 'schemas.enable': 'false' }).values,
      false,
      { raw: {}, registry: () => assert.fail('JSON needs no registry') },
    );
    const broker = this.between(this.broker, 'own');
    return {
      connector: 'unwrap',
      task,
      clock: this.clock,
      http: { send: () => assert.fail('no requests'), close: async () => {} },
      signal: stop.signal,
      broker,
      openBroker: async () => (this.other === null ? broker : this.between(this.other, 'other')),
      registry: {} as ProcessorContext['registry'],
      store: new MemoryStateStore(this.clock),
      converters: { key: json, value: json, header: simpleHeaderConverter.create({}) },
      get chain() {
        return compileChain(raw, plugins);
      },
      compileChain: (config) => compileChain(config, plugins),
      transactionalId: `test-unwrap-${task}`,
      group: 'connect-unwrap',
      failed: (failure) => {
        this.failures.push(failure);
        if (this.deadLetter === 'fail') throw failure.error;
        return this.deadLetter;
      },
      service: () => assert.fail('no services'),
      log: (level, message) => this.lines.push(`${level} ${message}`),
      count: (counter, by) => this.counters.set(counter, (this.counters.get(counter) ?? 0) + by),
      requestTaskReconfiguration: () => {},
      raise: () => {},
      fail: (error) => assert.fail(error),
      mayWork: () => true,
    };
  }
}

function bytesOf(value: unknown): Buffer | null {
  if (value === null) return null;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function textsOf(records: Records): TextRecord[] {
  const text = (start: number, end: number) => (start < 0 ? null : records.bytes.toString('utf8', start, end));
  return Array.from({ length: records.count }, (_, index) => ({
    partition: records.partition,
    key: text(records.keyStarts[index]!, records.keyEnds[index]!),
    value: text(records.valueStarts[index]!, records.valueEnds[index]!),
    headers: headersAt(records, index).map(([name, value]) => [name, value?.toString('utf8') ?? null] as const),
  }));
}
