// Where the fields of a record batch v2 stand, and how its 64-bit numbers are read.
//
// 0 baseOffset i64 · 8 length i32 (of what follows) · 12 leaderEpoch i32 · 16 magic i8 · 17 crc u32 (of all from 21) ·
// 21 attributes i16 · 23 lastOffsetDelta i32 · 27 baseTimestamp i64 · 35 maxTimestamp i64 · 43 producerId i64 ·
// 51 producerEpoch i16 · 53 baseSequence i32 · 57 recordCount i32 · 61 records

export const HEADER_BYTES = 61;
/** Bytes before the part that `length` counts. */
export const PREFIX_BYTES = 12;
export const AT_LENGTH = 8;
export const AT_LEADER_EPOCH = 12;
export const AT_MAGIC = 16;
export const AT_CRC = 17;
export const AT_ATTRIBUTES = 21;
export const AT_LAST_OFFSET_DELTA = 23;
export const AT_BASE_TIMESTAMP = 27;
export const AT_MAX_TIMESTAMP = 35;
export const AT_PRODUCER_ID = 43;
export const AT_PRODUCER_EPOCH = 51;
export const AT_BASE_SEQUENCE = 53;
export const AT_RECORD_COUNT = 57;

export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;

/** A signed 64-bit number; exact below 2^53, which offsets, times and producer ids never reach. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4);
}

export function writeInt64(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 4294967296);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * 4294967296, at + 4);
}
