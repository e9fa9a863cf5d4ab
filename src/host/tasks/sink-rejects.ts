// Records that a sink itself refuses (`context.reject`): to the dead-letter topic with their original bytes.
//
// A sink may reject in a later put than the one that brought the record, so its bytes are looked up among the batches in hand,
// and else read again from the topic: that is rare, and cheaper than keeping bytes.
//
// Law: a reject that was not settled stays so: the last commit of the task that fails for it must not pass over the record.
import type { TargetAnswer } from '../../connect/connectors.ts';
import type { ConnectRecord, Origin } from '../../connect/records.ts';
import { partitionKey, type Records } from '../../ports/broker.ts';
import type { DeadLetters } from '../dead-letters/dead-letters.ts';
import type { TaskFrame } from './task-frame.ts';

const READ_AGAIN_POLLS = 10;
const READ_AGAIN_WAIT_MS = 500;

interface Reject {
  readonly record: ConnectRecord;
  readonly why: Error;
  readonly answer: TargetAnswer | null;
}

export class RejectDesk {
  readonly #frame: TaskFrame;
  readonly #letters: DeadLetters;
  #inHand: readonly Records[] = [];
  #waiting: Reject[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(frame: TaskFrame, letters: DeadLetters) {
    this.#frame = frame;
    this.#letters = letters;
  }

  /** The batches whose records are being put. */
  hold(records: readonly Records[]): void {
    this.#inHand = records;
  }

  /** Synchronous, as sinks call it; worked off by `settle`. */
  take(record: ConnectRecord, why: Error, answer: TargetAnswer | null = null): void {
    this.#waiting.push({ record, why, answer });
  }

  /** Writes the letters. Throws when the tolerance is `none`: the task fails. */
  async settle(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    try {
      while (this.#waiting.length > 0) await this.#handle(this.#waiting.shift()!);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  async #handle({ record, why, answer }: Reject): Promise<void> {
    const { tolerance, className } = this.#frame;
    const { topic, partition, offset } = record.origin ?? { topic: record.topic, partition: -1, offset: -1 };
    const failure = { stage: 'TASK_PUT' as const, className, error: why, topic, partition, offset, answer };
    const letter = tolerance.report(failure);
    if (letter !== null && record.origin !== null) {
      const found = await this.#find(record.origin);
      if (found === null) {
        this.#frame.log.error('A rejected record is gone from its topic; no dead letter could be written.', {
          topic,
          partition,
          offset,
        });
      } else await this.#letters.add(letter, found.records, found.index);
    }
    const verdict = tolerance.verdict(failure);
    if (verdict === null) return;
    await this.#letters.flush();
    throw verdict;
  }

  async #find(origin: Origin): Promise<{ readonly records: Records; readonly index: number } | null> {
    for (const records of this.#inHand) {
      if (records.topic !== origin.topic || records.partition !== origin.partition) continue;
      const index = records.offsets.subarray(0, records.count).indexOf(origin.offset);
      if (index >= 0) return { records, index };
    }
    return this.#readAgain(origin);
  }

  async #readAgain(origin: Origin): Promise<{ readonly records: Records; readonly index: number } | null> {
    const { consumer: broker } = this.#frame.clients;
    const from = new Map([[partitionKey(origin.topic, origin.partition), origin.offset]]);
    const reader = await broker.read(from, { isolation: 'uncommitted' });
    try {
      for (let attempt = 0; attempt < READ_AGAIN_POLLS; attempt++) {
        for (const records of await reader.poll(READ_AGAIN_WAIT_MS)) {
          const index = records.offsets.subarray(0, records.count).indexOf(origin.offset);
          if (index >= 0) return { records, index };
          if (records.nextOffset > origin.offset) return null;
        }
      }
      return null;
    } finally {
      await reader.close();
    }
  }
}
