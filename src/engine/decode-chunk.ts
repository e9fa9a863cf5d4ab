// Fetched records of one source → chunks of rows: only the wanted columns are decoded.
//
// Law: a payload that cannot be decoded is skipped and counted, never guessed at; the first one of a query is remembered with
// its place, so that a person finds it. Every other record keeps its order.
import type { Row } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import type { RowReader } from '../formats/format.ts';
import type { Headers, Records } from '../ports/broker.ts';
import { headerAt, headersAt } from '../ports/headers.ts';
import { addHeaderCells } from './header-cells.ts';
import type { Serdes } from './serdes.ts';
import type { Chunk, SourceDef } from './topology.ts';

/** Header of rows that a back-fill wrote; its value is the job's id. */
export const BACKFILL_HEADER = '__trib.backfill';

/** Takes notice of a record that was skipped. */
export type OnBadRecord = (topic: string, partition: number, offset: number, error: Error) => void;

/** Decoded rows and where they stood. `offsets[i]` is that of row i; `nextOffset` lies behind the last record, read or skipped. */
export interface Decoded {
  readonly chunk: Chunk;
  readonly offsets: readonly number[];
  readonly nextOffset: number;
}

/** Decodes the records of one source. */
export class SourceDecoder {
  readonly def: SourceDef;
  readonly #key: RowReader | null;
  readonly #value: RowReader | null;

  /** @param key null when no key column is wanted; the same for `value`. */
  constructor(def: SourceDef, key: RowReader | null, value: RowReader | null) {
    this.def = def;
    this.#key = key;
    this.#value = value;
  }

  /** Null when `decode` may run now. */
  prepare(records: Records): Promise<unknown> | null {
    const key = this.#key?.prepare(records.bytes, records.keyStarts, records.keyEnds, records.count) ?? null;
    const value = this.#value?.prepare(records.bytes, records.valueStarts, records.valueEnds, records.count) ?? null;
    if (key === null) return value;
    return value === null ? key : Promise.all([key, value]);
  }

  /** The rows of the records `[from, to)`. */
  decode(records: Records, from: number, to: number, onBad: OnBadRecord): Decoded {
    const keys: (Row | null)[] = [];
    const rows: (Row | null)[] = [];
    const timesMs: number[] = [];
    const kept: number[] = [];
    for (let next = from; next < to; ) next = this.#decodeRun(records, next, to, keys, rows, timesMs, kept, onBad);
    return {
      chunk: this.#chunk(records, keys, rows, timesMs, kept),
      offsets: kept.map((i) => records.offsets[i]!),
      nextOffset: to === records.count ? records.nextOffset : records.offsets[to - 1]! + 1,
    };
  }

  /** Decodes until the end or the first bad record; answers where to go on. */
  #decodeRun(
    records: Records,
    from: number,
    to: number,
    keys: (Row | null)[],
    rows: (Row | null)[],
    timesMs: number[],
    kept: number[],
    onBad: OnBadRecord,
  ): number {
    const { bytes, keyStarts, keyEnds, valueStarts, valueEnds, timestampsMs } = records;
    const keyReader = this.#key;
    const valueReader = this.#value;
    const { wantedHeaders } = this.def;
    let i = from;
    try {
      for (; i < to; i++) {
        const keyStart = keyStarts[i]!;
        const valueStart = valueStarts[i]!;
        const key = keyStart < 0 ? null : keyReader === null ? [] : keyReader.read(bytes, keyStart, keyEnds[i]!);
        const row =
          valueStart < 0 ? null : valueReader === null ? [] : valueReader.read(bytes, valueStart, valueEnds[i]!);
        if (row !== null && wantedHeaders.length > 0) addHeaderCells(row, headersOf(records, i), wantedHeaders);
        keys.push(key);
        rows.push(row);
        timesMs.push(timestampsMs[i]!);
        kept.push(i);
      }
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind !== 'data') throw error;
      onBad(records.topic, records.partition, records.offsets[i]!, error);
      return i + 1;
    }
    return to;
  }

  #chunk(
    records: Records,
    keys: (Row | null)[],
    rows: (Row | null)[],
    timesMs: number[],
    kept: readonly number[],
  ): Chunk {
    const length = rows.length;
    const chunk: { -readonly [K in keyof Chunk]: Chunk[K] } = { length, keys, rows, timesMs };
    if (this.def.needsOffsets) {
      chunk.partitions = new Array<number>(length).fill(records.partition);
      chunk.offsets = kept.map((i) => records.offsets[i]!);
    }
    if (this.def.needsHeaders) chunk.headers = kept.map((i) => headersOf(records, i));
    const silent = silentRows(records, kept);
    if (silent !== null) chunk.silent = silent;
    return chunk;
  }
}

/** What reads the payloads of a source; null where nothing of a side has to be looked at. */
export function readersOf(
  serdes: Serdes,
  def: SourceDef,
): { readonly key: RowReader | null; readonly value: RowReader | null } {
  // The bounds of a windowed key are cells of its row, wanted or not.
  const readsKey = def.wantedKey.length > 0 || def.key.window !== null;
  // Also when no column is read: a value that cannot be decoded is no row. Topics of our own hold none, and of a bare value
  // nothing would be left to read.
  const readsValue = def.wantedValue.length > 0 || !(def.internal || def.value.unwrapped);
  return {
    key: readsKey ? serdes.reader(def.key, def.topic, true, def.wantedKey) : null,
    value: readsValue ? serdes.reader(def.value, def.topic, false, def.wantedValue) : null,
  };
}

/** The decoder of a source's wanted columns. */
export function decoderOf(serdes: Serdes, def: SourceDef): SourceDecoder {
  const { key, value } = readersOf(serdes, def);
  return new SourceDecoder(def, key, value);
}

/** The rows `[from, to)` of a chunk. */
export function sliceChunk(chunk: Chunk, from: number, to: number): Chunk {
  if (from === 0 && to === chunk.length) return chunk;
  return {
    length: to - from,
    keys: chunk.keys.slice(from, to),
    rows: chunk.rows.slice(from, to),
    timesMs: chunk.timesMs.slice(from, to),
    ...(chunk.headers === undefined ? {} : { headers: chunk.headers.slice(from, to) }),
    ...(chunk.partitions === undefined ? {} : { partitions: chunk.partitions.slice(from, to) }),
    ...(chunk.offsets === undefined ? {} : { offsets: chunk.offsets.slice(from, to) }),
    ...(chunk.silent === undefined ? {} : { silent: chunk.silent.slice(from, to) }),
  };
}

const NO_HEADERS: Headers = [];
const BACKFILL_NAME = Buffer.from(BACKFILL_HEADER);

function headersOf(records: Records, index: number): Headers {
  return records.headerStarts[index]! < 0 ? NO_HEADERS : headersAt(records, index);
}

/** Which of the kept records a back-fill wrote; null: none, which is nearly always so and costs one look a record. */
function silentRows(records: Records, kept: readonly number[]): boolean[] | null {
  const starts = records.headerStarts;
  let silent: boolean[] | null = null;
  for (let at = 0; at < kept.length; at++) {
    const index = kept[at]!;
    if (starts[index]! < 0) continue;
    if (headerAt(records, index, BACKFILL_NAME) === undefined) continue;
    silent ??= new Array<boolean>(kept.length).fill(false);
    silent[at] = true;
  }
  return silent;
}
