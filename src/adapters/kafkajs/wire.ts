// The primitive types of Kafka's protocol, classic and compact ("flexible versions").

import { readInt64, writeInt64 } from '../record-batch/index.ts';

/** Writes the body of a request. */
export class WireWriter {
  private buffer = Buffer.allocUnsafe(256);
  private position = 0;

  int8(value: number): this {
    this.reserve(1);
    this.position = this.buffer.writeInt8(value, this.position);
    return this;
  }

  int16(value: number): this {
    this.reserve(2);
    this.position = this.buffer.writeInt16BE(value, this.position);
    return this;
  }

  int32(value: number): this {
    this.reserve(4);
    this.position = this.buffer.writeInt32BE(value, this.position);
    return this;
  }

  int64(value: number): this {
    this.reserve(8);
    writeInt64(this.buffer, value, this.position);
    this.position += 8;
    return this;
  }

  bool(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    return this.int16(Buffer.byteLength(value)).text(value);
  }

  bytes(value: Uint8Array): this {
    this.int32(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.position);
    this.position += value.length;
    return this;
  }

  array<T>(items: Iterable<T>, write: (item: T) => void): this {
    const at = this.position;
    this.int32(0);
    let count = 0;
    for (const item of items) {
      write(item);
      count++;
    }
    this.buffer.writeInt32BE(count, at);
    return this;
  }

  uvarint(value: number): this {
    this.reserve(5);
    let rest = value;
    while (rest > 127) {
      this.buffer[this.position++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.buffer[this.position++] = rest;
    return this;
  }

  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    return this.uvarint(Buffer.byteLength(value) + 1).text(value);
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** No tagged fields: the end of every structure of a flexible version, and of its request header. */
  noTags(): this {
    return this.uvarint(0);
  }

  done(): Buffer {
    return this.buffer.subarray(0, this.position);
  }

  private text(value: string): this {
    this.reserve(value.length * 3);
    this.position += this.buffer.write(value, this.position, 'utf8');
    return this;
  }

  private reserve(count: number): void {
    if (this.position + count <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.position + count));
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }
}

/** Reads an answer. */
export class WireReader {
  readonly bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  int8(): number {
    return this.bytes.readInt8(this.position++);
  }

  int16(): number {
    this.position += 2;
    return this.bytes.readInt16BE(this.position - 2);
  }

  int32(): number {
    this.position += 4;
    return this.bytes.readInt32BE(this.position - 4);
  }

  int64(): number {
    this.position += 8;
    return readInt64(this.bytes, this.position - 8);
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.text(length);
  }

  /** A view on the answer. */
  slice(): Buffer {
    const length = this.int32();
    this.position += Math.max(0, length);
    return this.bytes.subarray(this.position - Math.max(0, length), this.position);
  }

  array<T>(read: () => T): T[] {
    const count = this.int32();
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  uvarint(): number {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.bytes.readUInt8(this.position++);
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    return value >>> 0;
  }

  compactString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.text(length);
  }

  compactArray<T>(read: () => T): T[] {
    const count = this.uvarint() - 1;
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  skipTags(): void {
    const count = this.uvarint();
    for (let i = 0; i < count; i++) {
      this.uvarint();
      const length = this.uvarint();
      this.position += length;
    }
  }

  private text(length: number): string {
    this.position += length;
    return this.bytes.toString('utf8', this.position - length, this.position);
  }
}
