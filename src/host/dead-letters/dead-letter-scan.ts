// Reads a dead-letter topic: forward for a replay, backward for people, who want the newest first.
import { TributaryError } from '../../core/errors.ts';
import { type Broker, type Offsets, partitionKey, type Records } from '../../ports/broker.ts';
import { type Letter, letterAt } from './dead-letter-form.ts';

const POLL_MS = 250;
const SILENT_POLLS = 40;
/** Records a look back: a page needs few, and each may be as large as the broker lets it be. */
const WINDOW = 100;

/** A stretch of one partition, `to` exclusive. */
export interface Stretch {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** All that the topic holds now, as far as committed; empty when there is no such topic. */
export async function stretchesOf(broker: Broker, topic: string): Promise<readonly Stretch[]> {
  const info = await broker.topic(topic);
  if (info === null) return [];
  const keys = Array.from({ length: info.partitions }, (_, partition) => partitionKey(topic, partition));
  const [earliest, ends] = await Promise.all([broker.offsets(keys, 'earliest'), broker.offsets(keys, 'stable')]);
  return keys.map((key, partition) => ({ partition, from: earliest.get(key) ?? 0, to: ends.get(key) ?? 0 }));
}

/** The letters of some stretches, one after the other, oldest first. */
export async function* forward(broker: Broker, topic: string, stretches: readonly Stretch[]): AsyncGenerator<Letter> {
  for (const stretch of stretches) {
    yield* lettersOf(broker, topic, stretch);
  }
}

/** The letters of some stretches, of all partitions together: of the newest of each, that with the latest time comes first. */
export async function* backward(broker: Broker, topic: string, stretches: readonly Stretch[]): AsyncGenerator<Letter> {
  const partitions = stretches.map((stretch) => new Backward(broker, topic, stretch));
  for (;;) {
    let newest: Backward | null = null;
    for (const one of partitions) {
      const letter = await one.head();
      if (letter === null) continue;
      if (newest === null || timeOf(letter) > timeOf(newest.ready!)) newest = one;
    }
    if (newest === null) return;
    yield newest.take();
  }
}

/** One partition from its end to its start, a window at a time. */
class Backward {
  readonly #broker: Broker;
  readonly #topic: string;
  readonly #stretch: Stretch;
  #upper: number;
  #waiting: Letter[] = [];

  constructor(broker: Broker, topic: string, stretch: Stretch) {
    this.#broker = broker;
    this.#topic = topic;
    this.#stretch = stretch;
    this.#upper = stretch.to;
  }

  get ready(): Letter | null {
    return this.#waiting.at(-1) ?? null;
  }

  async head(): Promise<Letter | null> {
    while (this.#waiting.length === 0 && this.#upper > this.#stretch.from) {
      const from = Math.max(this.#stretch.from, this.#upper - WINDOW);
      const window = { partition: this.#stretch.partition, from, to: this.#upper };
      for await (const letter of lettersOf(this.#broker, this.#topic, window)) this.#waiting.push(letter);
      this.#upper = from;
    }
    return this.ready;
  }

  take(): Letter {
    return this.#waiting.pop()!;
  }
}

async function* lettersOf(broker: Broker, topic: string, stretch: Stretch): AsyncGenerator<Letter> {
  for await (const { records, index } of recordsOf(broker, topic, stretch)) yield letterAt(records, index);
}

/** The committed records of a stretch, in order. */
export async function* recordsOf(
  broker: Broker,
  topic: string,
  { partition, from, to }: Stretch,
): AsyncGenerator<{ readonly records: Records; readonly index: number }> {
  if (to <= from) return;
  const start: Offsets = new Map([[partitionKey(topic, partition), from]]);
  const reader = await broker.read(start, { isolation: 'committed' });
  try {
    for (let at = from, silent = 0; at < to; ) {
      const polled = await reader.poll(POLL_MS);
      silent = polled.length === 0 ? silent + 1 : 0;
      if (silent > SILENT_POLLS) throw unreadable(topic, partition, at);
      for (const records of polled) {
        for (let index = 0; index < records.count; index++) {
          const offset = records.offsets[index]!;
          if (offset >= from && offset < to) yield { records, index };
        }
        at = records.nextOffset;
      }
    }
  } finally {
    await reader.close();
  }
}

function timeOf(letter: Letter): number {
  return letter.timestampMs ?? 0;
}

function unreadable(topic: string, partition: number, at: number): TributaryError {
  return new TributaryError('TRIB_DEAD_LETTERS_UNREADABLE', 'transient', {
    what: 'The dead-letter topic answers nothing, though it holds records.',
    where: `${topic}-${partition}@${at}`,
    fix: 'Ask again; look at the brokers when this repeats.',
  });
}
