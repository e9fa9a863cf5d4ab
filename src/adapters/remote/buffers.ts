// Byte strings on their way to another thread: many in one piece of memory, which is given away.
import type { Headers } from '../../ports/broker.ts';

/** Byte strings one after the other; length −1 is null. */
export interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: Int32Array<ArrayBuffer>;
}

export function packBuffers(list: readonly (Buffer | null)[]): Packed {
  const lengths = new Int32Array(list.length);
  let total = 0;
  for (let i = 0; i < list.length; i++) {
    const one = list[i]!;
    lengths[i] = one === null ? -1 : one.length;
    total += one?.length ?? 0;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (let i = 0; i < list.length; i++) {
    const one = list[i]!;
    if (one === null) continue;
    bytes.set(one, at);
    at += one.length;
  }
  return { bytes, lengths };
}

/** Slices of the memory that arrived. */
export function unpackBuffers({ bytes, lengths }: Packed): (Buffer | null)[] {
  const list: (Buffer | null)[] = [];
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    list.push(length < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + at, length));
    if (length > 0) at += length;
  }
  return list;
}

/** Headers with copies of their values. */
export function copiedHeaders(headers: Headers): readonly (readonly [string, Uint8Array | null])[] {
  return headers.map(([name, value]) => [name, value === null ? null : Uint8Array.from(value)] as const);
}

export function arrivedHeaders(headers: readonly (readonly [string, Uint8Array | null])[]): Headers {
  return headers.map(([name, value]) => [name, value === null ? null : asBuffer(value)] as const);
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
