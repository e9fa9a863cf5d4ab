// Reads zigzag varints from a buffer at a moving position.

/** A position in `bytes`. Reading past the end gives values that the caller's bounds check refuses. */
export class VarintReader {
  bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  /** At most 32 bits. */
  int(): number {
    let byte = this.bytes[this.position++]!;
    let raw = byte & 127;
    let shift = 7;
    while (byte > 127 && shift < 35) {
      byte = this.bytes[this.position++]!;
      raw |= (byte & 127) << shift;
      shift += 7;
    }
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** At most 53 bits and sign. */
  long(): number {
    let byte = this.bytes[this.position++]!;
    let raw = byte & 127;
    let factor = 128;
    while (byte > 127) {
      byte = this.bytes[this.position++]!;
      raw += (byte & 127) * factor;
      factor *= 128;
    }
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }
}
