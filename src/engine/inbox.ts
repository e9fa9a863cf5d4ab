// Fetched rows of several sources of one task, handed out in the order of their times.
//
// Law: a row leaves only when no source that still has unread rows could hold an older one: the driver calls `take` when every
// source either has rows here or was at its end. So a join sees the same order whether it keeps up or catches up.
// Rows are decoded when their turn comes: what waits stands here as fetched bytes, which the garbage collector need not walk.
import { type Decoded, sliceChunk } from './decode-chunk.ts';
import type { Chunk } from './topology.ts';

/** Rows of one source to run at once, and the offset of its partition that is reached with them. */
export interface Work {
  readonly source: number;
  readonly partitionKey: string;
  readonly chunk: Chunk;
  readonly nextOffset: number;
}

/** Rows that wait, still encoded. */
export interface Fetched {
  readonly partitionKey: string;
  /** Records in it; fewer rows may come of them. */
  readonly count: number;
  decode(): Decoded;
}

interface Waiting {
  readonly fetched: Fetched;
  /** Made when it is at the head of its queue. */
  decoded: Decoded | null;
  at: number;
}

export class Inbox {
  readonly #queues: Waiting[][];
  readonly #rows: number[];

  constructor(sources: number) {
    this.#queues = Array.from({ length: sources }, () => []);
    this.#rows = new Array<number>(sources).fill(0);
  }

  add(source: number, fetched: Fetched): void {
    this.#queues[source]!.push({ fetched, decoded: null, at: 0 });
    this.#rows[source]! += fetched.count;
  }

  /** Records that wait, of one source; those of a batch count until all of it has left. */
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
    const decoded = decodedOf(head);
    const { chunk } = decoded;
    const rival = this.#oldest(source);
    const to = rival < 0 ? chunk.length : this.#until(chunk, head.at, source, rival);
    const from = head.at;
    head.at = to;
    const done = to === chunk.length;
    if (done) {
      queue.shift();
      this.#rows[source]! -= head.fetched.count;
    }
    return {
      source,
      partitionKey: head.fetched.partitionKey,
      chunk: sliceChunk(chunk, from, to),
      nextOffset: done ? decoded.nextOffset : decoded.offsets[to - 1]! + 1,
    };
  }

  /** The source whose next row is the oldest, but for `except`; −1 when there is none. Batches without rows go first. */
  #oldest(except: number): number {
    let best = -1;
    let bestMs = Number.POSITIVE_INFINITY;
    for (let source = 0; source < this.#queues.length; source++) {
      const head = this.#queues[source]![0];
      if (head === undefined || source === except) continue;
      const { chunk } = decodedOf(head);
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
    const head = this.#queues[rival]![0]!;
    const other = decodedOf(head).chunk;
    if (other.length === 0 || chunk.length === 0) return chunk.length === 0 ? 0 : at + 1;
    const limitMs = other.timesMs[head.at]!;
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

function decodedOf(waiting: Waiting): Decoded {
  waiting.decoded ??= waiting.fetched.decode();
  return waiting.decoded;
}
