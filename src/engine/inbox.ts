// Decoded rows of several sources of one task, handed out in the order of their times.
//
// Law: a row leaves only when no source that still has unread rows could hold an older one: the driver calls `take` when every
// source either has rows here or was at its end. So a join sees the same order whether it keeps up or catches up.
import { type Decoded, sliceChunk } from './decode-chunk.ts';
import type { Chunk } from './topology.ts';

/** Rows of one source to run at once, and the offset of its partition that is reached with them. */
export interface Work {
  readonly source: number;
  readonly partitionKey: string;
  readonly chunk: Chunk;
  readonly nextOffset: number;
}

interface Waiting {
  readonly partitionKey: string;
  readonly decoded: Decoded;
  at: number;
}

export class Inbox {
  readonly #queues: Waiting[][];
  readonly #rows: number[];

  constructor(sources: number) {
    this.#queues = Array.from({ length: sources }, () => []);
    this.#rows = new Array<number>(sources).fill(0);
  }

  add(source: number, partitionKey: string, decoded: Decoded): void {
    this.#queues[source]!.push({ partitionKey, decoded, at: 0 });
    this.#rows[source]! += decoded.chunk.length;
  }

  /** Rows that wait, of one source. */
  rowsOf(source: number): number {
    return this.#rows[source]!;
  }

  get empty(): boolean {
    return this.#queues.every((queue) => queue.length === 0);
  }

  /** The next rows in order of time; of equal times those of the earlier source. Null when nothing waits. */
  take(): Work | null {
    const source = this.#oldest(-1);
    if (source < 0) return null;
    const queue = this.#queues[source]!;
    const head = queue[0]!;
    const { chunk } = head.decoded;
    const rival = this.#oldest(source);
    const to = rival < 0 ? chunk.length : this.#until(chunk, head.at, source, rival);
    const from = head.at;
    this.#rows[source]! -= to - from;
    head.at = to;
    const done = to === chunk.length;
    if (done) queue.shift();
    return {
      source,
      partitionKey: head.partitionKey,
      chunk: sliceChunk(chunk, from, to),
      nextOffset: done ? head.decoded.nextOffset : head.decoded.offsets[to - 1]! + 1,
    };
  }

  /** The source whose next row is the oldest, but for `except`; −1 when there is none. Batches without rows go first. */
  #oldest(except: number): number {
    let best = -1;
    let bestMs = Number.POSITIVE_INFINITY;
    for (let source = 0; source < this.#queues.length; source++) {
      const head = this.#queues[source]![0];
      if (head === undefined || source === except) continue;
      const { chunk } = head.decoded;
      const timeMs = chunk.length === 0 ? Number.NEGATIVE_INFINITY : chunk.timesMs[head.at]!;
      if (timeMs < bestMs || best < 0) {
        best = source;
        bestMs = timeMs;
      }
    }
    return best;
  }

  /** The end of the run of rows from `at` that come before the rival's next one. */
  #until(chunk: Chunk, at: number, source: number, rival: number): number {
    const other = this.#queues[rival]![0]!;
    if (other.decoded.chunk.length === 0 || chunk.length === 0) return chunk.length === 0 ? 0 : at + 1;
    const limitMs = other.decoded.chunk.timesMs[other.at]!;
    const tieGoesFirst = source < rival;
    let to = at + 1;
    while (to < chunk.length) {
      const timeMs = chunk.timesMs[to]!;
      if (timeMs > limitMs || (timeMs === limitMs && !tieGoesFirst)) break;
      to++;
    }
    return to;
  }
}
