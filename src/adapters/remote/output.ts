// Appended records on their way to another thread: columns over one piece of memory, which is given away when it is full.
import type { Headers, Lane } from '../../ports/broker.ts';
import { arrivedHeaders, copiedHeaders } from './buffers.ts';

const CHUNK_BYTES = 256 * 1024;
const CHUNK_RECORDS = 4096;

/** Records of several lanes. Key and value bytes stand one after the other; length −1 is null. */
export interface SentChunk {
  readonly count: number;
  readonly bytes: ArrayBuffer;
  readonly lanes: Int32Array<ArrayBuffer>;
  readonly timestampsMs: Float64Array<ArrayBuffer>;
  readonly keyLengths: Int32Array<ArrayBuffer>;
  readonly valueLengths: Int32Array<ArrayBuffer>;
  /** Most records have none. */
  readonly headers: readonly (readonly [index: number, headers: ReturnType<typeof copiedHeaders>])[];
}

/** Gathers records. One a producer, so that the order over all its lanes is kept. */
export class OutputChunk {
  count = 0;
  #bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #position = 0;
  #lanes = new Int32Array(CHUNK_RECORDS);
  #timestampsMs = new Float64Array(CHUNK_RECORDS);
  #keyLengths = new Int32Array(CHUNK_RECORDS);
  #valueLengths = new Int32Array(CHUNK_RECORDS);
  #headers: [number, ReturnType<typeof copiedHeaders>][] = [];

  get isFull(): boolean {
    return this.count === CHUNK_RECORDS || this.#position >= CHUNK_BYTES;
  }

  /** The arguments of `Lane.append`, and the lane. */
  append(
    lane: number,
    timestampMs: number,
    key: Buffer | null,
    keyStart: number,
    keyEnd: number,
    value: Buffer | null,
    valueStart: number,
    valueEnd: number,
    headers: Headers | null,
  ): void {
    const index = this.count++;
    this.#lanes[index] = lane;
    this.#timestampsMs[index] = timestampMs;
    this.#keyLengths[index] = this.#take(key, keyStart, keyEnd);
    this.#valueLengths[index] = this.#take(value, valueStart, valueEnd);
    if (headers !== null) this.#headers.push([index, copiedHeaders(headers)]);
  }

  /** Hands the records over and starts anew. */
  take(): SentChunk {
    const sent: SentChunk = {
      count: this.count,
      bytes: this.#bytes.buffer as ArrayBuffer,
      lanes: this.#lanes,
      timestampsMs: this.#timestampsMs,
      keyLengths: this.#keyLengths,
      valueLengths: this.#valueLengths,
      headers: this.#headers,
    };
    this.#bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#lanes = new Int32Array(CHUNK_RECORDS);
    this.#timestampsMs = new Float64Array(CHUNK_RECORDS);
    this.#keyLengths = new Int32Array(CHUNK_RECORDS);
    this.#valueLengths = new Int32Array(CHUNK_RECORDS);
    this.clear();
    return sent;
  }

  /** Forgets the records. */
  clear(): void {
    this.count = 0;
    this.#position = 0;
    this.#headers = [];
  }

  #take(source: Buffer | null, start: number, end: number): number {
    if (source === null) return -1;
    const length = end - start;
    if (this.#position + length > this.#bytes.length) this.#grow(length);
    source.copy(this.#bytes, this.#position, start, end);
    this.#position += length;
    return length;
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#position + length));
    this.#bytes.copy(larger, 0, 0, this.#position);
    this.#bytes = larger;
  }
}

/** Memory that goes with a chunk. */
export function transferOf(chunk: SentChunk): ArrayBuffer[] {
  return [
    chunk.bytes,
    chunk.lanes.buffer,
    chunk.timestampsMs.buffer,
    chunk.keyLengths.buffer,
    chunk.valueLengths.buffer,
  ];
}

/** Appends what arrived to the lanes it is meant for. */
export function appendChunk(chunk: SentChunk, lanes: readonly Lane[]): void {
  const bytes = Buffer.from(chunk.bytes);
  const { count, timestampsMs, keyLengths, valueLengths } = chunk;
  const headers = new Map(chunk.headers);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const keyLength = keyLengths[i]!;
    const keyEnd = keyLength < 0 ? at : at + keyLength;
    const valueLength = valueLengths[i]!;
    const valueEnd = valueLength < 0 ? keyEnd : keyEnd + valueLength;
    const sent = headers.size === 0 ? undefined : headers.get(i);
    lanes[chunk.lanes[i]!]!.append(
      timestampsMs[i]!,
      keyLength < 0 ? null : bytes,
      at,
      keyEnd,
      valueLength < 0 ? null : bytes,
      keyEnd,
      valueEnd,
      sent === undefined ? null : arrivedHeaders(sent),
    );
    at = valueEnd;
  }
}
