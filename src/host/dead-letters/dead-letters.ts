// Writes dead letters: the original bytes of a record, with headers that say why it failed.
//
// Law: what could not be written stays unwritten: no later flush succeeds. Else the last commit of a task that fails for it would
// pass over the record.
import type { DeadLetter } from '../../connect/connectors.ts';
import { isTransient, quoted, TributaryError } from '../../core/errors.ts';
import { partitionOf } from '../../core/murmur2.ts';
import type { Broker, Headers, Producer, Records } from '../../ports/broker.ts';
import { headersAt } from '../../ports/headers.ts';

/** Who writes letters, and who makes their topics. */
interface LetterClients {
  readonly producer: Broker;
  readonly admin: Broker;
}

export class DeadLetters {
  readonly #clients: LetterClients;
  readonly #replication: number;
  readonly #failed: () => void;
  readonly #partitions = new Map<string, number>();
  #producer: Producer | null = null;
  #next = 0;
  #dirty = false;
  #failure: { readonly error: unknown } | null = null;

  /** @param failed told when letters could not be written. */
  constructor(clients: LetterClients, replication: number, failed: () => void = () => {}) {
    this.#clients = clients;
    this.#replication = replication;
    this.#failed = failed;
  }

  /**
   * Finds the topic, or makes it, before there is any letter: a topic that cannot be made is found when the task starts, not at the
   * first bad record. What may pass is left to that record.
   */
  async prepare(topic: string): Promise<void> {
    try {
      await this.#count(topic);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
  }

  /** Adds the letter of record `index`; it is on its way, `flush` waits for it. */
  async add(letter: DeadLetter, records: Records, index: number): Promise<void> {
    const count = await this.#count(letter.topic);
    this.#producer ??= await this.#clients.producer.produce();
    const { bytes } = records;
    const keyStart = records.keyStarts[index]!;
    const keyEnd = records.keyEnds[index]!;
    const valueStart = records.valueStarts[index]!;
    const partition = keyStart < 0 ? this.#next++ % count : partitionOf(bytes, keyStart, keyEnd, count);
    const headers: Headers = [...headersAt(records, index), ...letter.headers];
    this.#producer
      .lane(letter.topic, partition)
      .append(
        records.timestampsMs[index]!,
        keyStart < 0 ? null : bytes,
        keyStart,
        keyEnd,
        valueStart < 0 ? null : bytes,
        valueStart,
        records.valueEnds[index]!,
        headers.length === 0 ? null : headers,
      );
    this.#dirty = true;
  }

  async flush(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    if (!this.#dirty || this.#producer === null) return;
    try {
      await this.#producer.flush();
    } catch (error) {
      this.#failed();
      this.#failure = { error };
      throw error;
    }
    this.#dirty = false;
  }

  async close(): Promise<void> {
    await this.#producer?.close();
    this.#producer = null;
  }

  async #count(topic: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    try {
      const count = await this.#found(topic);
      this.#partitions.set(topic, count);
      return count;
    } catch (error) {
      throw isTransient(error) ? error : refused(topic, this.#replication, error);
    }
  }

  async #found(topic: string): Promise<number> {
    let info = await this.#clients.admin.topic(topic);
    if (info === null) {
      const replication = this.#replication > 0 ? { replication: this.#replication } : {};
      await this.#clients.admin.createTopics([{ name: topic, partitions: 1, ...replication }]);
      info = await this.#clients.admin.topic(topic);
    }
    return info?.partitions ?? 1;
  }
}

/** The task cannot go on: without its topic a bad record would be passed over. */
function refused(topic: string, replication: number, cause: unknown): TributaryError {
  // Its advice is this one's, and names the settings less well.
  const told = cause instanceof TributaryError ? cause.parts.what : (cause as Error | null)?.message;
  const why = told ?? String(cause);
  const most = replication > 0 ? `${replication}` : 'the default of the brokers';
  return new TributaryError(
    'TRIB_DEAD_LETTER_TOPIC',
    cause instanceof TributaryError && cause.kind === 'config' ? 'config' : 'fatal',
    {
      what: `The dead letter topic ${quoted(topic)} (errors.deadletterqueue.topic.name) cannot be made: ${why}`,
      fix: `Make the topic yourself, name another one, set errors.deadletterqueue.topic.replication.factor (now ${most}) to at most the number of brokers, or allow the user of the connector to describe, create and write it.`,
      cause,
    },
  );
}
