// Reads some sources of a task (its tables, or its streams) and hands out decoded work in order.
//
// Fetching runs ahead in the reader; decoding waits only for unknown schemas, once a fetch. A source that runs far ahead of
// its peers is paused, so memory stays bounded however uneven the topics are.
import type { Broker, Offsets, Reader, Records } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { OnBadRecord, SourceDecoder } from './decode-chunk.ts';
import { Inbox, type Work } from './inbox.ts';

/** Rows a chunk at most: bounds how long one `run` holds the thread. */
const CHUNK_ROWS_MAX = 2048;
/** Rows of one source that may wait for its peers. */
const WAITING_ROWS_MAX = 50_000;

/** A source to read: its index in the sub-topology, its decoder, and the partitions read. */
export interface FeedSource {
  readonly source: number;
  readonly decoder: SourceDecoder;
  readonly keys: readonly string[];
}

export class Feed {
  /** Next offset to read, by partition. */
  readonly fetched = new Map<string, number>();
  readonly #reader: Reader;
  readonly #broker: Broker;
  readonly #inbox: Inbox;
  readonly #sources: readonly FeedSource[];
  readonly #onBad: OnBadRecord;
  readonly #paused = new Set<number>();
  /** Sources without waiting rows that were seen at their end since the last fetch. */
  readonly #atEnd = new Set<number>();
  #filling: Promise<void> | null = null;

  private constructor(broker: Broker, reader: Reader, sources: readonly FeedSource[], onBad: OnBadRecord) {
    this.#broker = broker;
    this.#reader = reader;
    this.#sources = sources;
    this.#onBad = onBad;
    this.#inbox = new Inbox(sources.length);
  }

  /** Opens a reader of the sources' partitions from the given offsets. */
  static async open(
    broker: Broker,
    sources: readonly FeedSource[],
    offsets: Offsets,
    onBad: OnBadRecord,
  ): Promise<Feed> {
    const from = new Map(sources.flatMap(({ keys }) => keys.map((key) => [key, offsets.get(key)!] as const)));
    const feed = new Feed(broker, await broker.read(from, { isolation: 'committed' }), sources, onBad);
    for (const [key, offset] of from) feed.fetched.set(key, offset);
    return feed;
  }

  /** A fetch is under way: rows may be added between two awaits. */
  get filling(): boolean {
    return this.#filling !== null;
  }

  get empty(): boolean {
    return this.#inbox.empty;
  }

  /** Fetches once, waiting up to `waitMs`; a call while one is pending answers the pending one. */
  fill(waitMs: number): Promise<void> {
    this.#filling ??= this.#fill(waitMs).finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  /** True when `take` may be called: no source that has more to read is without waiting rows. */
  async ordered(): Promise<boolean> {
    if (this.#sources.length === 1) return true;
    const unsure = this.#sources
      .map((_, index) => index)
      .filter((index) => this.#inbox.rowsOf(index) === 0 && !this.#atEnd.has(index));
    if (unsure.length === 0) return true;
    const ends = await this.#broker.offsets(new Set(unsure.flatMap((index) => this.#sources[index]!.keys)), 'stable');
    for (const index of unsure) {
      const { keys } = this.#sources[index]!;
      if (keys.every((key) => this.fetched.get(key)! >= (ends.get(key) ?? 0))) this.#atEnd.add(index);
    }
    return unsure.every((index) => this.#atEnd.has(index));
  }

  /** The next work; its `source` is the sub-topology's index. */
  take(): Work | null {
    const work = this.#inbox.take();
    if (work === null) return null;
    const index = work.source;
    if (this.#paused.size > 0) this.#resume(index);
    return { ...work, source: this.#sources[index]!.source };
  }

  async close(): Promise<void> {
    await this.#reader.close();
    // A poll that was pending is over now, well or not; nobody reads its answer.
    await this.#filling?.catch(() => undefined);
  }

  async #fill(waitMs: number): Promise<void> {
    const fetched = await this.#reader.poll(waitMs);
    if (fetched.length === 0) return;
    this.#atEnd.clear();
    for (const records of fetched) {
      const key = partitionKey(records.topic, records.partition);
      for (let index = 0; index < this.#sources.length; index++) {
        if (this.#sources[index]!.keys.includes(key)) await this.#decode(index, key, records);
      }
      this.fetched.set(key, records.nextOffset);
    }
    this.#pauseFull();
  }

  async #decode(index: number, key: string, records: Records): Promise<void> {
    const { decoder } = this.#sources[index]!;
    const prepared = decoder.prepare(records);
    if (prepared !== null) await prepared;
    let from = 0;
    do {
      const first = from;
      const to = Math.min(records.count, from + CHUNK_ROWS_MAX);
      this.#inbox.add(index, {
        partitionKey: key,
        count: to - first,
        decode: () => decoder.decode(records, first, to, this.#onBad),
      });
      from = to;
    } while (from < records.count);
  }

  #pauseFull(): void {
    if (this.#sources.length === 1) return;
    for (let index = 0; index < this.#sources.length; index++) {
      if (this.#inbox.rowsOf(index) <= WAITING_ROWS_MAX || this.#paused.has(index)) continue;
      this.#paused.add(index);
      this.#reader.pause(this.#sources[index]!.keys);
    }
  }

  #resume(index: number): void {
    if (!this.#paused.has(index) || this.#inbox.rowsOf(index) > WAITING_ROWS_MAX / 2) return;
    this.#paused.delete(index);
    this.#reader.resume(this.#sources[index]!.keys);
  }
}
