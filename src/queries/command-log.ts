// The command topic: what was decided, in order, for ever. The catalog is its fold.
//
// Laws: one partition, never compacted nor deleted; entries are appended in a transaction under one fixed id, so of two hosts
// with one cluster id the older one is fenced at its next statement. An entry holds what the binder decided (sources, plans), not
// only the text: a newer planner never changes a running query.

import { TributaryError } from '../core/errors.ts';
import type { Broker, Records, TransactionalProducer } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Command } from '../sql/catalog/catalog.ts';
import { parseTagged, tagged } from './tagged-json.ts';

/** Entries of a later form are not read by this release. */
const ENTRY_VERSION = 1;

/** What one statement did. */
export interface LogEntry {
  readonly version: number;
  /** Kind of thing, name, action: `stream/\`X\`/create`. */
  readonly commandId: string;
  readonly statement: string;
  readonly properties: Readonly<Record<string, string>>;
  /** The connector that owns the queries made by it; null: the server itself. */
  readonly owner: string | null;
  readonly commands: readonly Command[];
  /** Pausing and resuming of queries. */
  readonly paused: readonly { readonly queryId: string; readonly paused: boolean }[];
}

export class CommandLog {
  readonly #broker: Broker;
  readonly #topic: string;
  readonly #transactionalId: string;
  #producer: TransactionalProducer | null = null;
  /** Where the log is known up to. */
  #known = 0;

  constructor(broker: Broker, clusterId: string) {
    this.#broker = broker;
    this.#topic = `_${clusterId}_command_topic`;
    this.#transactionalId = `${clusterId}.commands`;
  }

  get topic(): string {
    return this.#topic;
  }

  /** Takes the log over and answers all that stands in it, with offsets. */
  async open(): Promise<readonly { readonly offset: number; readonly entry: LogEntry }[]> {
    await this.#broker.createTopics([
      {
        name: this.#topic,
        partitions: 1,
        config: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
      },
    ]);
    const info = await this.#broker.topic(this.#topic);
    if (info !== null && info.partitions !== 1) {
      throw new TributaryError('TRIB_COMMAND_TOPIC', 'fatal', {
        what: `The command topic ${this.#topic} has ${info.partitions} partitions; it must have exactly 1.`,
        fix: 'Use another cluster.id, or delete the topic if no statement in it matters.',
      });
    }
    this.#producer = await this.#broker.transact(this.#transactionalId);
    return this.#readAll();
  }

  /** Appends an entry; answers its offset, which is the command's sequence number. */
  async append(entry: Omit<LogEntry, 'version'>): Promise<number> {
    this.#producer ??= await this.#broker.transact(this.#transactionalId);
    const producer = this.#producer;
    const key = Buffer.from(JSON.stringify(entry.commandId));
    const value = Buffer.from(tagged({ version: ENTRY_VERSION, ...entry }));
    try {
      producer.begin();
      producer.lane(this.#topic, 0).append(-1, key, 0, key.length, value, 0, value.length, null);
      const ends = await producer.commit(null, new Map());
      this.#known = ends.get(partitionKey(this.#topic, 0)) ?? this.#known + 1;
      return this.#known - 1;
    } catch (error) {
      this.#producer = null;
      await producer.close().catch(() => undefined);
      const landed = await this.#landed(entry).catch(() => null);
      if (landed !== null) return landed;
      throw new TributaryError('TRIB_COMMAND_NOT_WRITTEN', 'transient', {
        what: 'Could not write the statement into the command topic.',
        fix: 'Nothing was changed; try again when the broker can be reached.',
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    await this.#producer?.close();
    this.#producer = null;
  }

  /** After a failure it is unknown whether the entry was written: taking the log over settles it, then the log itself tells. */
  async #landed(entry: Omit<LogEntry, 'version'>): Promise<number | null> {
    this.#producer = await this.#broker.transact(this.#transactionalId);
    const later = await this.#readFrom(this.#known);
    const found = later.find(
      (other) => other.entry.commandId === entry.commandId && other.entry.statement === entry.statement,
    );
    return found?.offset ?? null;
  }

  async #readAll(): Promise<readonly { readonly offset: number; readonly entry: LogEntry }[]> {
    const key = partitionKey(this.#topic, 0);
    return this.#readFrom((await this.#broker.offsets([key], 'earliest')).get(key) ?? 0);
  }

  async #readFrom(from: number): Promise<readonly { readonly offset: number; readonly entry: LogEntry }[]> {
    const key = partitionKey(this.#topic, 0);
    const end = (await this.#broker.offsets([key], 'stable')).get(key) ?? 0;
    const found: { offset: number; entry: LogEntry }[] = [];
    this.#known = Math.max(this.#known, end);
    if (from >= end) return found;
    const reader = await this.#broker.read(new Map([[key, from]]), { isolation: 'committed' });
    try {
      for (let at = from; at < end; ) {
        for (const records of await reader.poll(1000)) {
          for (let i = 0; i < records.count; i++)
            found.push({ offset: records.offsets[i]!, entry: parseEntry(records, i) });
          at = records.nextOffset;
        }
      }
    } finally {
      await reader.close();
    }
    return found;
  }
}

function parseEntry(records: Records, index: number): LogEntry {
  const where = `${records.topic}-${records.partition}@${records.offsets[index]!}`;
  try {
    const text = records.bytes.toString('utf8', records.valueStarts[index]!, records.valueEnds[index]!);
    const entry = parseTagged(text) as LogEntry;
    if (entry.version > ENTRY_VERSION) throw new Error(`the entry has version ${entry.version}`);
    return entry;
  } catch (error) {
    throw new TributaryError('TRIB_COMMAND_UNREADABLE', 'fatal', {
      what: `An entry of the command topic cannot be read: ${(error as Error).message}.`,
      where,
      fix: `This release reads entries up to version ${ENTRY_VERSION}: start the release that wrote it, or a newer one.`,
      cause: error,
    });
  }
}
