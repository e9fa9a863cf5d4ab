// FORMAT AVRO: registry frame and Avro binary.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import { assert } from '../core/errors.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { parseAvroSchema } from './avro/avro-schema.ts';
import { connectSchemaOf } from './avro/connect-schema.ts';
import { rowReader } from './avro/read-code.ts';
import { avroTextOfBare, avroTextOfColumns, keyRecordName, VALUE_RECORD_NAME } from './avro/sql-schema.ts';
import { rowWriter, valueWriter } from './avro/write-code.ts';
import type { WriteFunction } from './avro/write-plan.ts';
import type { Format, RowReader, RowWriter, SerdeSpec } from './format.ts';
import { columnsOf } from './inferred-schema.ts';
import { FramedReaders, frameOf, writerSchema } from './registry-frame.ts';
import { columnOf } from './row-shape.ts';

export const avro: Format = {
  name: 'AVRO',
  usesRegistry: true,
  wrapsSingles: true,
  unwrapsSingles: true,
  properties: ['FULL_SCHEMA_NAME', 'SCHEMA_ID'],
  reader: (spec, wanted, registry): RowReader =>
    new FramedReaders<Row | null>(registry, 'AVRO', (schema, references) =>
      rowReader(parseAvroSchema(schema.schema, references), spec.schema, wanted, spec.unwrapped),
    ),
  writer: (spec, registry) => new AvroWriter(spec, registry),
  inferred: (text, options) => columnsOf(connectSchemaOf(parseAvroSchema(text, options.references ?? [])), options),
  described,
};

/** The schema text SQL registers for a side of a topic. */
function described(spec: SerdeSpec): string {
  const name = recordName(spec);
  return spec.unwrapped ? avroTextOfBare(columnOf(spec), name, spec.isKey) : avroTextOfColumns(spec.schema, name);
}

function recordName(spec: SerdeSpec): string {
  const given = spec.properties['FULL_SCHEMA_NAME'];
  if (given !== undefined) return given;
  return spec.isKey ? keyRecordName(spec.properties['SOURCE_NAME'] ?? spec.topic) : VALUE_RECORD_NAME;
}

class AvroWriter implements RowWriter {
  private readonly spec: SerdeSpec;
  private readonly registry: SchemaRegistry;
  private frame: Buffer = Buffer.alloc(0);
  private bare: WriteFunction<Row[number]> | null = null;
  private record: WriteFunction<Row> | null = null;

  constructor(spec: SerdeSpec, registry: SchemaRegistry) {
    this.spec = spec;
    this.registry = registry;
  }

  async prepare(): Promise<void> {
    const { spec } = this;
    const subject = `${spec.topic}-${spec.isKey ? 'key' : 'value'}`;
    const { id, text, references } = await writerSchema(
      this.registry,
      'AVRO',
      subject,
      spec.properties['SCHEMA_ID'],
      () => described(spec),
    );
    const target = parseAvroSchema(text, references);
    // A bare column under a registered record of one field is written as that record.
    const isBare = spec.unwrapped && (target.type !== 'record' || columnOf(spec).kind === 'struct');
    if (isBare) this.bare = valueWriter(columnOf(spec), target, 'cells');
    else this.record = rowWriter(spec.schema, target);
    this.frame = frameOf(id);
  }

  write(row: Row, out: ByteWriter): boolean {
    if (this.bare !== null) {
      if ((row[0] ?? null) === null) return false;
      out.copy(this.frame);
      this.bare(row[0]!, out);
    } else {
      assert(this.record !== null, 'a writer is prepared before it writes');
      out.copy(this.frame);
      this.record(row, out);
    }
    return true;
  }
}
