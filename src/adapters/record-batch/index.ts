// The codec of Kafka's record batches v2: pure, used by both brokers.

export { AbortedFilter, type AbortedTransaction } from './aborted.ts';
export { type Codec, codecId, compress, compressSync } from './compression.ts';
export { crc32c } from './crc32c.ts';
export { type Decoded, type DecodeRequest, decodeBatches, emptyRecords, isAbortMarker } from './decode.ts';
export {
  BatchBuilder,
  type BatchStamp,
  type BuiltBatch,
  controlBatch,
  finishBatch,
  sealBatch,
} from './encode.ts';
export * from './layout.ts';
export { splitBatch } from './split.ts';
export { VarintReader } from './varint.ts';
