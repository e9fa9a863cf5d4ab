// Reads the headers of a record, which stand encoded in `Records.bytes`. Most records have none and most readers want
// none, so they are decoded only when asked for.

import type { Headers, Records } from './broker.ts';

const NO_HEADERS: Headers = [];

/** All headers of record `index`, in order. The values are slices of `records.bytes`. */
export function headersAt(records: Records, index: number): Headers {
  const start = records.headerStarts[index]!;
  if (start < 0) return NO_HEADERS;
  const reader = new HeaderReader(records.bytes, start);
  const count = reader.varint();
  const headers: [string, Buffer | null][] = [];
  for (let i = 0; i < count; i++) {
    reader.next();
    headers.push([records.bytes.toString('utf8', reader.nameStart, reader.nameEnd), reader.value()]);
  }
  return headers;
}

/**
 * The value of the last header called `name` of record `index`: null when its value is null, undefined when there is none.
 * Names are compared as bytes, so nothing is decoded. `name` is given as UTF-8.
 */
export function headerAt(records: Records, index: number, name: Buffer): Buffer | null | undefined {
  const start = records.headerStarts[index]!;
  if (start < 0) return undefined;
  const reader = new HeaderReader(records.bytes, start);
  const count = reader.varint();
  let found: Buffer | null | undefined;
  for (let i = 0; i < count; i++) {
    reader.next();
    if (records.bytes.compare(name, 0, name.length, reader.nameStart, reader.nameEnd) === 0) found = reader.value();
  }
  return found;
}

class HeaderReader {
  nameStart = 0;
  nameEnd = 0;
  private readonly bytes: Buffer;
  private position: number;
  private valueStart = 0;
  private valueBytes = 0;

  constructor(bytes: Buffer, start: number) {
    this.bytes = bytes;
    this.position = start;
  }

  next(): void {
    const nameBytes = this.varint();
    this.nameStart = this.position;
    this.nameEnd = this.nameStart + nameBytes;
    this.position = this.nameEnd;
    this.valueBytes = this.varint();
    this.valueStart = this.position;
    if (this.valueBytes > 0) this.position += this.valueBytes;
  }

  value(): Buffer | null {
    return this.valueBytes < 0 ? null : this.bytes.subarray(this.valueStart, this.valueStart + this.valueBytes);
  }

  varint(): number {
    let raw = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.bytes[this.position++]!;
      raw |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127 && shift < 35);
    return (raw >>> 1) ^ -(raw & 1);
  }
}
