// A growing byte buffer that encoders append to. Owned by one writer, reset per record: no allocation a record.

/** Append-only bytes. `bytes` may be replaced by a larger buffer on growth: read it after writing. */
export class ByteWriter {
  bytes: Buffer;
  position = 0;

  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  reset(): void {
    this.position = 0;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.position + count));
    this.bytes.copy(larger, 0, 0, this.position);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  copy(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    this.reserve(count);
    if (count < 24) {
      for (let i = start; i < end; i++) this.bytes[this.position++] = source[i]!;
      return;
    }
    this.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.position);
    this.position += count;
  }

  /** UTF-8 text without a length. */
  text(value: string): void {
    this.reserve(value.length * 3);
    this.position += this.bytes.write(value, this.position, 'utf8');
  }

  int32(value: number): void {
    this.reserve(4);
    this.position = this.bytes.writeInt32BE(value, this.position);
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.position = this.bytes.writeBigInt64BE(value, this.position);
  }

  double(value: number): void {
    this.reserve(8);
    this.position = this.bytes.writeDoubleBE(value, this.position);
  }

  /** A copy of what was written. */
  toBuffer(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.position));
  }
}
