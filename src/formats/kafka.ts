// FORMAT KAFKA: Kafka's own encodings of one primitive column.
import type { ByteWriter } from '../core/bytes.ts';
import { highHalf, lowHalf, readLong } from '../core/data/long.ts';
import type { Long, Row, Schema, Value } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import { columnType } from './column-types.ts';
import type { Format, RowReader, RowWriter, SerdeSpec } from './format.ts';
import { textAt } from './text-bytes.ts';

export const kafka: Format = {
  name: 'KAFKA',
  usesRegistry: false,
  wrapsSingles: false,
  unwrapsSingles: true,
  properties: [],
  reader: (spec, wanted) => new KafkaReader(spec, wanted),
  writer: (spec) => new KafkaWriter(spec),
};

class KafkaReader implements RowReader {
  private readonly schema: Schema | null;
  private readonly copies: number;

  constructor(spec: SerdeSpec, wanted: readonly (readonly number[])[]) {
    this.schema = onlyColumn(spec);
    this.copies = wanted.length;
  }

  prepare(): null {
    return null;
  }

  read(bytes: Buffer, start: number, end: number): Row {
    const { schema, copies } = this;
    if (schema === null || copies === 0) return [];
    const value = valueAt(schema, bytes, start, end);
    return copies === 1 ? [value] : new Array<Value>(copies).fill(value);
  }
}

function valueAt(schema: Schema, bytes: Buffer, start: number, end: number): Value {
  switch (schema.kind) {
    case 'int32':
      demand(schema, 4, end - start);
      return bytes.readInt32BE(start);
    case 'int64':
      demand(schema, 8, end - start);
      return readLong(bytes, start);
    case 'float64':
      demand(schema, 8, end - start);
      return bytes.readDoubleBE(start);
    case 'string':
      return textAt(bytes, start, end - start);
    default:
      // A copy: the payload is a slice of a fetched buffer.
      return Uint8Array.prototype.slice.call(bytes, start, end) as Buffer;
  }
}

function demand(schema: Schema, wanted: number, found: number): void {
  if (found === wanted) return;
  throw new TributaryError('TRIB_FORMAT_SHAPE', 'data', {
    what: `The payload has ${found} bytes where ${columnType(schema)} takes ${wanted}.`,
    fix: 'Check that the topic is written in this format and the column declared with its type.',
  });
}

function onlyColumn(spec: SerdeSpec): Schema | null {
  const fields = spec.schema.fields ?? [];
  if (fields.length > 1) {
    throw new TributaryError('TRIB_FORMAT_COLUMNS', 'config', {
      what: `The KAFKA format holds one column, not ${fields.length}.`,
      fix: 'Set another format, such as JSON.',
    });
  }
  return fields[0]?.schema ?? null;
}

class KafkaWriter implements RowWriter {
  private readonly schema: Schema | null;

  constructor(spec: SerdeSpec) {
    this.schema = onlyColumn(spec);
  }

  async prepare(): Promise<void> {}

  write(row: Row, out: ByteWriter): boolean {
    const value = row[0] ?? null;
    if (this.schema === null || value === null) return false;
    switch (this.schema.kind) {
      case 'int32':
        out.int32(value as number);
        return true;
      case 'int64':
        out.int32(highHalf(value as Long));
        out.int32(lowHalf(value as Long));
        return true;
      case 'float64':
        out.double(value as number);
        return true;
      case 'string':
        out.text(value as string);
        return true;
      default:
        out.copy(value as Uint8Array);
        return true;
    }
  }
}
