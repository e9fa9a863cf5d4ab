// The compression codecs of record batches. The native libraries are loaded when the first batch needs them, so that a
// process whose topics are not compressed never pays for them.

import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzipSync, gzip, gzipSync, zstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { TributaryError } from '../../core/errors.ts';

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

// Kafka's Java clients frame snappy as xerial's SnappyOutputStream does: a header, then blocks with their length.
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_BLOCK_BYTES = 32_768;

/** The number of a codec in a batch's attributes. */
export function codecId(codec: Codec): number {
  return CODECS.indexOf(codec);
}

/** Compresses without holding the event loop up where the library can. */
export async function compress(id: number, bytes: Buffer): Promise<Buffer> {
  if (id === 1) return promisify(gzip)(bytes);
  if (id === 4) return promisify(zstdCompress)(bytes);
  return compressSync(id, bytes);
}

export function compressSync(id: number, bytes: Buffer): Buffer {
  switch (id) {
    case 0:
      return bytes;
    case 1:
      return gzipSync(bytes);
    case 2:
      return xerialCompress(bytes);
    case 3:
      return lz4().compressFrameSync(bytes);
    case 4:
      return zstdCompressSync(bytes);
    default:
      throw unknownCodec(id);
  }
}

export function decompressSync(id: number, bytes: Buffer): Buffer {
  switch (id) {
    case 0:
      return bytes;
    case 1:
      return gunzipSync(bytes);
    case 2:
      return xerialDecompress(bytes);
    case 3:
      return lz4().decompressFrameSync(bytes);
    case 4:
      return zstdDecompressSync(bytes);
    default:
      throw unknownCodec(id);
  }
}

function xerialCompress(bytes: Buffer): Buffer {
  const { compressSync: block } = snappy();
  const header = Buffer.alloc(XERIAL_HEADER_BYTES);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  const parts: Buffer[] = [header];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const compressed = block(bytes.subarray(at, at + XERIAL_BLOCK_BYTES));
    const length = Buffer.alloc(4);
    length.writeInt32BE(compressed.length);
    parts.push(length, compressed);
  }
  return Buffer.concat(parts);
}

function xerialDecompress(bytes: Buffer): Buffer {
  const { uncompressSync: block } = snappy();
  // librdkafka and others write one bare block.
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return block(bytes) as Buffer;
  const parts: Buffer[] = [];
  let at = XERIAL_HEADER_BYTES;
  while (at + 4 <= bytes.length) {
    const length = bytes.readInt32BE(at);
    parts.push(block(bytes.subarray(at + 4, at + 4 + length)) as Buffer);
    at += 4 + length;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function lz4(): typeof import('lz4-napi') {
  return createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi');
}

function snappy(): typeof import('snappy') {
  return createRequire(import.meta.url)('snappy') as typeof import('snappy');
}

function unknownCodec(id: number): TributaryError {
  return new TributaryError('TRIB_BATCH_CODEC', 'fatal', {
    what: `A record batch is compressed with the unknown codec ${id}.`,
    fix: 'Known are 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  });
}
