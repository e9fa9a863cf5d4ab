// FORMAT JSON_SR: the registry's frame before JSON text whose schema stands in the registry.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { checkReads } from './column-types.ts';
import type { Format, RowReader, RowWriter, SerdeSpec } from './format.ts';
import { columnsOf } from './inferred-schema.ts';
import { JsonReader, JsonWriter } from './json.ts';
import { schemaOfJsonSchema } from './json-sr/json-schema.ts';
import { jsonSchemaOfBare, jsonSchemaOfColumns } from './json-sr/sql-schema.ts';
import { FRAME_BYTES, FramedReaders, frameOf, writerSchema } from './registry-frame.ts';
import { columnOf } from './row-shape.ts';

export const jsonSr: Format = {
  name: 'JSON_SR',
  usesRegistry: true,
  wrapsSingles: true,
  unwrapsSingles: true,
  properties: ['FULL_SCHEMA_NAME', 'SCHEMA_ID'],
  reader: (spec, wanted, registry): RowReader => {
    const body = new JsonReader(spec, wanted);
    return new FramedReaders<Row | null>(registry, 'JSON', ({ schema }) => {
      const writer = schemaOfJsonSchema(schema);
      checkReads(writer, spec.unwrapped ? columnOf(spec) : spec.schema, '$');
      return (bytes, start, end) => body.read(bytes, start, end);
    });
  },
  writer: (spec, registry) => new JsonSrWriter(spec, registry),
  inferred: (text, options) => columnsOf(schemaOfJsonSchema(text), options),
  described,
};

function described(spec: SerdeSpec): string {
  if (spec.unwrapped) return jsonSchemaOfBare(columnOf(spec));
  return jsonSchemaOfColumns(spec.schema, spec.properties['FULL_SCHEMA_NAME']);
}

class JsonSrWriter implements RowWriter {
  private readonly spec: SerdeSpec;
  private readonly registry: SchemaRegistry;
  private readonly body: JsonWriter;
  private frame: Buffer = Buffer.alloc(FRAME_BYTES);

  constructor(spec: SerdeSpec, registry: SchemaRegistry) {
    this.spec = spec;
    this.registry = registry;
    this.body = new JsonWriter(spec);
  }

  async prepare(): Promise<void> {
    const { spec } = this;
    const subject = `${spec.topic}-${spec.isKey ? 'key' : 'value'}`;
    const schema = await writerSchema(this.registry, 'JSON', subject, spec.properties['SCHEMA_ID'], () =>
      described(spec),
    );
    this.frame = frameOf(schema.id);
  }

  write(row: Row, out: ByteWriter): boolean {
    const start = out.position;
    out.copy(this.frame);
    if (this.body.write(row, out)) return true;
    out.position = start;
    return false;
  }
}
