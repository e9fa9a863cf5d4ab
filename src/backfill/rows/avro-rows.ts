// Avro object container files: a header with the schema, then blocks of rows, each closed by the file's sync marker.
//
// Law: only whole blocks give rows. A block that is cut, does not inflate, or is not followed by the marker fails the file.

import { createRequire } from 'node:module';
import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { readVarint } from '../../core/data/long.ts';
import { type AvroType, parseAvroSchema } from '../../formats/avro/avro-schema.ts';
import { type Bytes, type CellReader, cellReader } from './avro-cells.ts';
import { type Cell, damaged, indexOfColumn, type RowBatch, type RowSource } from './row-source.ts';

const SYNC_BYTES = 16;
const BLOCK_BYTES_MAX = 512 * 1024 * 1024;
const MAGIC = Buffer.from('Obj\x01', 'latin1');

/** Opens a container file: reads its header. */
export async function openAvro(chunks: AsyncIterable<Buffer>, path: string): Promise<RowSource> {
  const input = new ByteInput(chunks, path);
  if (!(await input.take(4)).equals(MAGIC)) throw damaged(path, null, 'This is no Avro container file.');
  const meta = await readMeta(input);
  const sync = await input.take(SYNC_BYTES);
  const schema = parseAvroSchema(meta.get('avro.schema')?.toString('utf8') ?? '""');
  if (schema.type !== 'record') throw damaged(path, null, `The rows of the file are no records but ${schema.type}.`);
  const inflate = codecOf(meta.get('avro.codec')?.toString('utf8') ?? 'null', path);
  const columns = schema.fields.map((field) => field.name);
  return {
    columns,
    read: (wanted) =>
      read(
        input,
        sync,
        inflate,
        schema.fields.map((field) => field.type),
        wanted.map((name) => indexOfColumn(columns, name)),
      ),
  };
}

async function* read(
  input: ByteInput,
  sync: Buffer,
  inflate: (block: Buffer) => Buffer,
  fields: readonly AvroType[],
  indexes: readonly number[],
): AsyncIterable<RowBatch> {
  const readers: CellReader[] = fields.map(cellReader);
  // Where each field's cell goes; −1 for those nobody wants, which are read and dropped.
  const slots = fields.map((_, field) => indexes.indexOf(field));
  let rowNumber = 1;
  for (let block = 1; !(await input.atEnd()); block++) {
    const count = Number(await input.long());
    const size = Number(await input.long());
    if (count < 0 || size < 0 || size > BLOCK_BYTES_MAX) throw input.damaged(block, rowNumber);
    const packed = await input.take(size, () => input.damaged(block, rowNumber));
    const marker = await input.take(SYNC_BYTES, () => input.damaged(block, rowNumber));
    if (!marker.equals(sync)) throw input.damaged(block, rowNumber);
    const batch: RowBatch = { rows: [], lines: [], faults: new Map() };
    try {
      const bytes: Bytes = { bytes: inflate(packed), at: 0 };
      for (let i = 0; i < count; i++) {
        const row: Cell[] = new Array(indexes.length).fill(null);
        for (let field = 0; field < readers.length; field++) {
          const cell = readers[field]!(bytes);
          if (slots[field]! >= 0) row[slots[field]!] = cell;
        }
        batch.rows.push(row);
        batch.lines.push(rowNumber++);
      }
      if (bytes.at !== bytes.bytes.length) throw new RangeError('rows and block do not end together');
    } catch (error) {
      throw input.damaged(block, rowNumber, error);
    }
    // A column wanted twice is read once.
    fillTwins(batch, indexes);
    yield batch;
  }
}

function fillTwins(batch: RowBatch, indexes: readonly number[]): void {
  indexes.forEach((field, slot) => {
    const first = indexes.indexOf(field);
    if (first === slot) return;
    for (const row of batch.rows) (row as Cell[])[slot] = row![first]!;
  });
}

async function readMeta(input: ByteInput): Promise<ReadonlyMap<string, Buffer>> {
  const meta = new Map<string, Buffer>();
  for (;;) {
    let count = Number(await input.long());
    if (count === 0) return meta;
    if (count < 0) {
      count = -count;
      await input.long();
    }
    for (let i = 0; i < count; i++) {
      const name = (await input.take(Number(await input.long()))).toString('utf8');
      meta.set(name, Buffer.from(await input.take(Number(await input.long()))));
    }
  }
}

function codecOf(name: string, path: string): (block: Buffer) => Buffer {
  switch (name) {
    case 'null':
      return (block) => block;
    case 'deflate':
      return (block) => inflateRawSync(block);
    case 'zstandard':
      return (block) => zstdDecompressSync(block);
    case 'snappy': {
      // Native code: loaded by those files only that need it.
      const snappy = createRequire(import.meta.url)('snappy') as { uncompressSync(block: Buffer): Buffer };
      return (block) => {
        const bytes = snappy.uncompressSync(block.subarray(0, -4));
        if (crc32(bytes) !== block.readUInt32BE(block.length - 4)) throw new RangeError('wrong checksum');
        return bytes;
      };
    }
    default:
      throw damaged(path, null, `The file is compressed by ${name}: export with DEFLATE or SNAPPY.`);
  }
}

/** Bytes that come in chunks, taken in pieces. */
class ByteInput {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #path: string;
  #held: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(chunks: AsyncIterable<Buffer>, path: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#path = path;
  }

  async atEnd(): Promise<boolean> {
    return !(await this.#hold(1));
  }

  /** The next `count` bytes; valid until the next call that waits. */
  async take(count: number, fault = (): Error => damaged(this.#path, null, 'The header is cut.')): Promise<Buffer> {
    if (count < 0 || !(await this.#hold(count))) throw fault();
    const bytes = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return bytes;
  }

  async long(): Promise<number | bigint> {
    let length = 1;
    while ((await this.#hold(length)) && this.#held[length - 1]! > 127 && length < 10) length++;
    const bytes = await this.take(length, () => damaged(this.#path, null, 'The file was cut between two blocks.'));
    return readVarint(bytes, { at: 0 });
  }

  damaged(block: number, row: number, cause?: unknown): Error {
    const what = `Block ${block} (from row ${row} on) is cut or damaged${cause instanceof Error ? `: ${cause.message}` : ''}.`;
    return damaged(this.#path, row, what, cause);
  }

  /** Makes `count` bytes stand in `#held`; false when the file ends before. */
  async #hold(count: number): Promise<boolean> {
    if (this.#held.length >= count) return true;
    const parts = [this.#held];
    let length = this.#held.length;
    while (length < count && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#ended = true;
      else {
        parts.push(next.value);
        length += next.value.length;
      }
    }
    this.#held = Buffer.concat(parts);
    return length >= count;
  }
}
