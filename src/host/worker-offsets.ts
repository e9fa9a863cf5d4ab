// Offsets of connectors as REST reads and changes them: source offsets from the store, sink offsets from the consumer group.
import type { SourceConnector } from '../connect/connectors.ts';
import type { RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import { type Broker, type Offsets, partitionKey, splitPartitionKey } from '../ports/broker.ts';
import { ownOffsetsTopic } from './config/offsets-topic.ts';
import type { Environment } from './environment.ts';
import type { TargetState } from './states.ts';
import type { OffsetStore, SourceOffset, SourcePart, StoredOffsets } from './stores/offset-store.ts';
import { inputKind } from './tasks/input-kind.ts';
import { openOwnOffsets } from './tasks/own-offsets.ts';
import { partitionsOf, sinkInput } from './tasks/sink-partitions.ts';
import { openTaskClients, readsElsewhere, withConsumerBroker } from './tasks/task-clients.ts';

/** One member of `offsets` in requests and answers. */
export interface OffsetEntry {
  readonly partition: Readonly<Record<string, unknown>> | null;
  readonly offset: Readonly<Record<string, unknown>> | null;
}

const STOP_CHECK_MS = 100;

/** A connector as this file looks at it. */
interface Subject {
  readonly name: string;
  readonly config: RawConfig;
  readonly target: TargetState;
  readonly tasks: readonly { readonly settled: Offsets }[];
}

interface Host {
  readonly offsets: OffsetStore;
  get(name: string): Subject;
  /** Tasks that may still be running somewhere. */
  tasksAlive(name: string): number;
  /** Ends what producers of former tasks may still write. */
  fence(name: string): Promise<void>;
}

export class WorkerOffsets {
  readonly #host: Host;
  readonly #environment: Environment;

  constructor(host: Host, environment: Environment) {
    this.#host = host;
    this.#environment = environment;
  }

  async list(name: string): Promise<readonly OffsetEntry[]> {
    const connector = this.#host.get(name);
    if (this.#kindOf(connector) === 'source') {
      return this.#withOffsets(connector, async (offsets) => {
        await offsets.look();
        return offsets.list(name);
      });
    }
    const committed = await this.#withBroker(connector, (broker) => this.#committed(connector, broker));
    return [...committed]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, offset]) => {
        const { topic, partition } = splitPartitionKey(key);
        return { partition: { kafka_partition: partition, kafka_topic: topic }, offset: { kafka_offset: offset } };
      });
  }

  /** Records between what is committed and the stable ends of the input; null for sources, which have no such input. */
  async lag(name: string): Promise<number | null> {
    const connector = this.#host.get(name);
    if (this.#kindOf(connector) === 'source' || this.#inputKind(connector) === 'elsewhere') return null;
    if (readsElsewhere(this.#rawOf(connector), this.#environment.settings)) return null;
    const input = this.#input(connector);
    const isOwn = this.#isOwn(connector);
    const { broker } = this.#environment;
    const committed = await this.#committed(connector, broker);
    const partitions = isOwn ? [...committed.keys()] : await partitionsOf(broker, input, 0, 1);
    const [starts, ends] = await Promise.all([
      broker.offsets(partitions, input.reset === 'latest' ? 'stable' : 'earliest'),
      broker.offsets(partitions, 'stable'),
    ]);
    let lag = 0;
    for (const key of partitions) {
      const settled = connector.tasks.map((task) => task.settled.get(key) ?? 0);
      const done = Math.max(committed.get(key) ?? 0, starts.get(key) ?? 0, ...settled);
      lag += Math.max(0, (ends.get(key) ?? 0) - done);
    }
    return lag;
  }

  /** Sets or (null) forgets offsets of a stopped connector. */
  async alter(name: string, entries: readonly OffsetEntry[]): Promise<void> {
    const connector = await this.#stopped(name);
    if (entries.length === 0) {
      throw invalid('Partitions / offsets need to be provided for an alter offsets request');
    }
    if (this.#kindOf(connector) === 'source') await this.#alterSource(connector, entries);
    else await this.#withBroker(connector, (broker) => this.#alterSink(connector, entries, broker));
  }

  async reset(name: string): Promise<void> {
    const connector = await this.#stopped(name);
    if (this.#kindOf(connector) === 'source') {
      await this.#withOffsets(connector, async (offsets) => {
        await offsets.open();
        const forgotten = offsets.list(name).map(({ partition }) => ({ partition, offset: null }));
        if (forgotten.length > 0) await offsets.write(name, forgotten);
      });
    } else await this.#withBroker(connector, (broker) => broker.deleteGroup(this.#input(connector).group));
  }

  #kindOf(connector: Subject): string {
    return this.#environment.plugins.findConnector(connector.config['connector.class'] ?? '')?.def.kind ?? 'sink';
  }

  /** Its tasks may run on other workers, which stop them in a moment: their last commits must not come after the change. */
  async #stopped(name: string): Promise<Subject> {
    const { clock, settings } = this.#environment;
    const deadlineMs = clock.now() + settings.shutdownTimeoutMs * 2;
    for (;;) {
      const connector = this.#host.get(name);
      const isStopped = connector.target === 'STOPPED' && connector.tasks.length === 0;
      if (isStopped && this.#host.tasksAlive(name) === 0) {
        await this.#host.fence(name);
        return connector;
      }
      if (!isStopped || clock.now() >= deadlineMs) break;
      await clock.sleep(STOP_CHECK_MS);
    }
    throw invalid(
      `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    );
  }

  #input(connector: Subject) {
    return sinkInput(connector.name, this.#rawOf(connector), this.#environment.settings);
  }

  #inputKind(connector: Subject) {
    return inputKind(this.#environment, this.#rawOf(connector));
  }

  #isOwn(connector: Subject): boolean {
    const { topics, pattern } = this.#input(connector);
    return (topics.length === 0 && pattern === null) || this.#inputKind(connector) !== 'topics';
  }

  /** Works with the offsets of a source, wherever they stand. */
  async #withOffsets<T>(connector: Subject, work: (offsets: StoredOffsets) => Promise<T>): Promise<T> {
    const shared = this.#host.offsets;
    const raw = this.#rawOf(connector);
    if (ownOffsetsTopic(raw, this.#environment.settings) === null) return work(shared);
    const clients = await openTaskClients(this.#environment, raw, 'source');
    const own = openOwnOffsets(this.#environment, raw, clients, shared);
    try {
      return await work(own ?? shared);
    } finally {
      await own?.close();
      await clients.close();
    }
  }

  /** Works with the broker that a sink commits to. */
  #withBroker<T>(connector: Subject, work: (broker: Broker) => Promise<T>): Promise<T> {
    return withConsumerBroker(this.#environment, this.#rawOf(connector), work);
  }

  #rawOf({ config }: Subject): RawConfig {
    return this.#environment.providers.resolve(config);
  }

  async #committed(connector: Subject, broker: Broker): Promise<ReadonlyMap<string, number>> {
    const input = this.#input(connector);
    // A processor may name its input in ways of its own: then all topics are asked for.
    const wanted = this.#isOwn(connector) ? { topics: [], pattern: /^[^_]/, retryTopic: null } : input;
    const partitions = await partitionsOf(broker, wanted, 0, 1);
    return broker.committed(input.group, partitions);
  }

  async #alterSource(connector: Subject, entries: readonly OffsetEntry[]): Promise<void> {
    const { plugins } = this.#environment;
    for (const { partition } of entries) if (partition === null) throw invalid('Partition objects cannot be null');
    const found = plugins.findConnector(connector.config['connector.class'] ?? '');
    await (found?.def.create() as SourceConnector | undefined)?.checkOffsets?.(entries);
    const offsets = entries.map(
      ({ partition, offset }): SourceOffset => ({ partition: partition as SourcePart, offset }),
    );
    await this.#withOffsets(connector, async (stored) => {
      // Under which keys they stand is told by what is stored.
      await stored.look();
      await stored.write(connector.name, offsets);
    });
  }

  /** The group keeps what is not named: what is forgotten is left out when the rest is committed anew. */
  async #alterSink(connector: Subject, entries: readonly OffsetEntry[], broker: Broker): Promise<void> {
    const { group } = this.#input(connector);
    const wanted = new Map<string, number>();
    const forgotten = new Set<string>();
    for (const entry of entries) {
      const { key, offset } = sinkOffset(entry);
      if (offset === null) forgotten.add(key);
      else wanted.set(key, offset);
    }
    if (forgotten.size === 0) {
      await broker.commit(group, wanted);
      return;
    }
    const kept = new Map([...(await this.#committed(connector, broker))].filter(([key]) => !forgotten.has(key)));
    for (const [key, offset] of wanted) kept.set(key, offset);
    await broker.deleteGroup(group);
    if (kept.size > 0) await broker.commit(group, kept);
  }
}

function sinkOffset({ partition, offset }: OffsetEntry): { readonly key: string; readonly offset: number | null } {
  if (partition === null) throw invalid('The partition for a sink connector offset cannot be null or missing');
  const { kafka_topic: topic, kafka_partition: number } = partition;
  if (topic === undefined || topic === null || number === undefined || number === null) {
    throw invalid(
      "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
    );
  }
  const index = integer(number);
  if (index === null) {
    throw invalid(
      `Failed to parse the following Kafka partition value in the provided offsets: '${number}'. Partition values for sink connectors need to be integers.`,
    );
  }
  const key = partitionKey(String(topic), index);
  if (offset === null) return { key, offset: null };
  const at = offset['kafka_offset'];
  if (at === undefined) {
    throw invalid("The offset for a sink connector should either be null or contain the key 'kafka_offset'");
  }
  const value = integer(at);
  if (value === null) {
    throw invalid(
      `Failed to parse the following Kafka offset value in the provided offsets: '${at}'. Offset values for sink connectors need to be integers.`,
    );
  }
  if (value < 0) throw invalid(`Invalid negative offset ${value} for ${key}: offsets are counted from 0.`);
  return { key, offset: value };
}

function integer(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : null;
}

function invalid(what: string): TributaryError {
  return new TributaryError('TRIB_OFFSETS_INVALID', 'config', { what });
}
