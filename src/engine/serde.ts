// Readers and writers of topic sides: a format's own, with the bounds of windowed keys behind the payload, or the engine's encoding.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import type { RowReader, RowWriter } from '../formats/format.ts';
import { formatOf } from '../formats/index.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { decodeRow, encodeRow } from './row-codec.ts';
import type { Serdes } from './serdes.ts';
import type { SerdeRef } from './topology.ts';

/** The serdes over a schema registry. */
export function createSerdes(registry: SchemaRegistry): Serdes {
  return {
    reader: (ref, topic, isKey, wanted) => readerOf(registry, ref, topic, isKey, wanted),
    writer: (ref, topic, isKey) => writerOf(registry, ref, topic, isKey),
    encodeRow,
    decodeRow,
  };
}

function readerOf(
  registry: SchemaRegistry,
  ref: SerdeRef,
  topic: string,
  isKey: boolean,
  wanted: readonly (readonly number[])[],
): RowReader {
  if (ref.format === 'ROW') return { prepare: () => null, read: decodeRow };
  const { schema, unwrapped, properties, window } = ref;
  const reader = formatOf(ref.format).reader({ topic, isKey, schema, unwrapped, properties }, wanted, registry);
  return window === null ? reader : windowedReader(reader, window);
}

/** Cuts the bounds off before the payload is read. */
function windowedReader(reader: RowReader, window: NonNullable<SerdeRef['window']>): RowReader {
  const boundBytes = window.kind === 'SESSION' ? 16 : 8;
  return {
    prepare(bytes, starts, ends, count) {
      const inner = new Int32Array(count);
      for (let i = 0; i < count; i++) inner[i] = ends[i]! - boundBytes;
      return reader.prepare(bytes, starts, inner, count);
    },
    read(bytes, start, end) {
      const innerEnd = end - boundBytes;
      if (innerEnd < start) {
        throw new TributaryError('TRIB_DATA_KEY', 'data', {
          what: `A windowed key of ${end - start} bytes has no room for its window.`,
          fix: 'Check WINDOW_TYPE of the source.',
        });
      }
      const row = reader.read(bytes, start, innerEnd);
      if (row === null) return null;
      if (window.kind === 'SESSION') {
        row.push(Number(bytes.readBigInt64BE(innerEnd + 8)), Number(bytes.readBigInt64BE(innerEnd)));
      } else {
        const from = Number(bytes.readBigInt64BE(innerEnd));
        row.push(from, from + (window.sizeMs ?? 0));
      }
      return row;
    },
  };
}

function writerOf(registry: SchemaRegistry, ref: SerdeRef, topic: string, isKey: boolean): RowWriter {
  if (ref.format === 'ROW') {
    return {
      prepare: () => Promise.resolve(),
      write(row, out) {
        encodeRow(row, out);
        return true;
      },
    };
  }
  const { schema, unwrapped, properties, window } = ref;
  const writer = formatOf(ref.format).writer({ topic, isKey, schema, unwrapped, properties }, registry);
  return window === null ? writer : windowedWriter(writer, window.kind, schema.fields?.length ?? 0);
}

/** Appends the bounds, which are the two last cells of the key row. */
function windowedWriter(writer: RowWriter, kind: 'TIME' | 'SESSION', columns: number): RowWriter {
  return {
    prepare: () => writer.prepare(),
    write(row: Row, out: ByteWriter) {
      writer.write(row, out);
      if (kind === 'SESSION') out.int64(BigInt(row[columns + 1] as number));
      out.int64(BigInt(row[columns] as number));
      return true;
    },
  };
}
