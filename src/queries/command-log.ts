// The command topic: what was decided, in order, for ever. The catalog is its fold.
//
// Laws: one partition, never compacted nor deleted. Entries are appended in a transaction under one fixed id, and whoever takes the
// id reads to the end before it appends: so an entry that was written was bound against all entries before it, whichever host wrote
// them. Memory follows the log: an append resolves when this host has read its entry back. An entry holds what the binder decided
// (sources, plans), not only the text: a newer planner never changes a running query.

import { randomUUID } from 'node:crypto';
import { TributaryError } from '../core/errors.ts';
import type { Broker, TransactionalProducer } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import { encodeEntry, type LogEntry } from './log-entry.ts';
import { LogTail, type OnEntry } from './log-tail.ts';

/** A transaction that a killed host left open ends by itself within a minute. */
const OPEN_LIMIT_MS = 90_000;
const READ_LIMIT_MS = 30_000;
const SYNC_LIMIT_MS = 3_000;

export interface CommandLogOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly clusterId: string;
  /** Several hosts write: none takes the log over before it has something to write. */
  readonly shared: boolean;
  /** Told every entry, in order. */
  readonly onEntry: OnEntry;
}

export class CommandLog {
  readonly #options: CommandLogOptions;
  readonly #topic: string;
  readonly #transactionalId: string;
  readonly #tail: LogTail;
  #producer: TransactionalProducer | null = null;
  /** Another host has written since the id was taken: the producer is of no use any more. */
  #isFenced = false;
  /** Offset of the last entry that was handed over; −1: none. */
  #last = -1;
  /** The entry that is being written, and where it was found. */
  #awaited: { readonly token: string; offset: number | null } | null = null;

  constructor(options: CommandLogOptions) {
    const { broker, clock, clusterId, onEntry } = options;
    this.#options = options;
    this.#topic = `_${clusterId}_command_topic`;
    this.#transactionalId = `${clusterId}.commands`;
    this.#tail = new LogTail(broker, clock, this.#topic, (offset, entry) => {
      this.#last = offset;
      if (this.#awaited !== null && this.#awaited.token === entry.token) this.#awaited.offset = offset;
      else this.#isFenced = true;
      onEntry(offset, entry);
    });
  }

  get topic(): string {
    return this.#topic;
  }

  /** Makes the topic where it is missing and hands over all that stands in it. A host that stands alone takes it over before. */
  async open(): Promise<void> {
    const { broker, shared } = this.#options;
    await broker.createTopics([
      {
        name: this.#topic,
        partitions: 1,
        config: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
      },
    ]);
    const info = await broker.topic(this.#topic);
    if (info !== null && info.partitions !== 1) {
      throw new TributaryError('TRIB_COMMAND_TOPIC', 'fatal', {
        what: `The command topic ${this.#topic} has ${info.partitions} partitions; it must have exactly 1.`,
        fix: 'Use another cluster.id, or delete the topic if no statement in it matters.',
      });
    }
    if (!shared) this.#producer = await broker.transact(this.#transactionalId);
    await this.#tail.open(OPEN_LIMIT_MS);
    this.#isFenced = false;
  }

  /** Reads what others have written up to now. Does nothing for a host that stands alone. */
  async sync(): Promise<void> {
    if (this.#options.shared) await this.#tail.sync(SYNC_LIMIT_MS);
  }

  /**
   * Appends an entry that was bound when `boundAt` was the last one; answers its offset, which is the command's sequence number, when
   * it is in force here. Throws an error told by {@link isOvertaken} when another entry has come in between: to be bound anew.
   */
  async append(entry: Omit<LogEntry, 'version' | 'token'>, boundAt: number): Promise<number> {
    const awaited = { token: randomUUID(), offset: null as number | null };
    this.#awaited = awaited;
    try {
      const producer = this.#producer === null || this.#isFenced ? await this.#take() : this.#producer;
      if (this.#last !== boundAt) throw overtaken();
      const failure = await this.#write(producer, { ...entry, token: awaited.token }, awaited);
      // Whether a write that failed has landed is told by the log, once nobody else can write for this host any more.
      if (failure !== null) await this.#take().catch(() => null);
      if (awaited.offset !== null) return awaited.offset;
      if (failure instanceof TributaryError && failure.kind === 'fenced' && this.#options.shared) throw overtaken();
      throw new TributaryError('TRIB_COMMAND_NOT_WRITTEN', 'transient', {
        what: 'Could not write the statement into the command topic.',
        fix: 'Nothing was changed; try again when the broker can be reached.',
        cause: failure,
      });
    } finally {
      this.#awaited = null;
    }
  }

  async close(): Promise<void> {
    await this.#tail.close();
    await this.#producer?.close();
    this.#producer = null;
  }

  /** Null when the entry was written. */
  async #write(
    producer: TransactionalProducer,
    entry: Omit<LogEntry, 'version'>,
    awaited: { offset: number | null },
  ): Promise<unknown> {
    const key = Buffer.from(JSON.stringify(entry.commandId));
    const value = encodeEntry(entry);
    let end: number | undefined;
    try {
      producer.begin();
      producer.lane(this.#topic, 0).append(-1, key, 0, key.length, value, 0, value.length, null);
      end = (await producer.commit(null, new Map())).get(partitionKey(this.#topic, 0));
    } catch (error) {
      this.#producer = null;
      await producer.close().catch(() => undefined);
      return error;
    }
    // It stands in the log whatever becomes of the reading: it is in force here a little later then.
    await this.#tail.reach(end ?? this.#last + 2, READ_LIMIT_MS).catch(() => undefined);
    awaited.offset ??= end === undefined ? this.#last + 1 : end - 1;
    return null;
  }

  /** Takes the id from whoever has it, and reads all that was written under it. */
  async #take(): Promise<TransactionalProducer> {
    await this.#producer?.close().catch(() => undefined);
    this.#producer = null;
    const producer = await this.#options.broker.transact(this.#transactionalId);
    this.#producer = producer;
    await this.#tail.sync(READ_LIMIT_MS);
    this.#isFenced = false;
    return producer;
  }
}

/** Another host's statement came in between: the same statement is to be bound again and may succeed then. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof TributaryError && error.code === 'TRIB_COMMAND_OVERTAKEN';
}

function overtaken(): TributaryError {
  return new TributaryError('TRIB_COMMAND_OVERTAKEN', 'transient', {
    what: 'Other hosts of the group write statements all the time: this one did not get its turn.',
    fix: 'Nothing was changed; try again.',
  });
}
