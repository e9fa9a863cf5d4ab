// The table of Debezium's semantic types: what each becomes as a SQL column.
import { arrayOf, mapOf, primitive, type Schema, structOf } from '../../src/core/data/schema.ts';
import { avroTextOf } from '../../src/formats/avro/avro-of-connect.ts';
import { timeUnit } from '../../src/formats/avro/read-plan.ts';
import { columnType } from '../../src/formats/column-types.ts';
import { sqlSchema } from '../../src/formats/inferred-schema.ts';
import { jsonSchemaOf } from '../../src/formats/json-sr/connect-describe.ts';
import { parseJson } from '../../src/formats/json-text.ts';
import { isJsonObject } from '../../src/formats/json-value.ts';
import { protoTextOfConnect } from '../../src/formats/protobuf/proto-of-connect.ts';
import { code, page, table } from './markdown.ts';

type Row = readonly [name: string, schema: Schema, meaning: string];

const of = (
  kind: Parameters<typeof primitive>[0],
  name: string,
  parameters?: Readonly<Record<string, string>>,
): Schema => primitive(kind, parameters === undefined ? { name } : { name, parameters });
const CONNECT = 'org.apache.kafka.connect.data.';
const TIME = 'io.debezium.time.';
const DATA = 'io.debezium.data.';

const TYPES: readonly Row[] = [
  [`${TIME}Date`, of('int32', `${TIME}Date`), 'days since 1970-01-01'],
  [`${TIME}Time`, of('int32', `${TIME}Time`), 'milliseconds since midnight'],
  [`${TIME}MicroTime`, of('int64', `${TIME}MicroTime`), 'microseconds since midnight'],
  [`${TIME}NanoTime`, of('int64', `${TIME}NanoTime`), 'nanoseconds since midnight'],
  [`${TIME}Timestamp`, of('int64', `${TIME}Timestamp`), 'milliseconds since 1970, no zone (MySQL DATETIME(0…3))'],
  [`${TIME}MicroTimestamp`, of('int64', `${TIME}MicroTimestamp`), 'microseconds since 1970, no zone (DATETIME(4…6))'],
  [`${TIME}NanoTimestamp`, of('int64', `${TIME}NanoTimestamp`), 'nanoseconds since 1970, no zone'],
  [`${TIME}ZonedTimestamp`, of('string', `${TIME}ZonedTimestamp`), 'ISO text with a zone (MySQL TIMESTAMP)'],
  [`${TIME}ZonedTime`, of('string', `${TIME}ZonedTime`), 'ISO time with a zone'],
  [`${TIME}Year`, of('int32', `${TIME}Year`), 'the year'],
  [`${TIME}MicroDuration`, of('int64', `${TIME}MicroDuration`), 'a span in microseconds'],
  [`${TIME}NanoDuration`, of('int64', `${TIME}NanoDuration`), 'a span in nanoseconds'],
  [`${TIME}IsoDate`, of('string', `${TIME}IsoDate`), 'an ISO date (`time.precision.mode=isostring`)'],
  [`${TIME}IsoTime`, of('string', `${TIME}IsoTime`), 'an ISO time (the same)'],
  [`${TIME}IsoTimestamp`, of('string', `${TIME}IsoTimestamp`), 'an ISO date and time (the same)'],
  [`${TIME}Interval`, of('string', `${TIME}Interval`), 'an ISO interval'],
  [`${DATA}Json`, of('string', `${DATA}Json`), 'JSON text'],
  [`${DATA}Enum`, of('string', `${DATA}Enum`), 'one of the values in the parameter `allowed`'],
  [`${DATA}EnumSet`, of('string', `${DATA}EnumSet`), 'values separated by commas'],
  [`${DATA}Bits`, of('bytes', `${DATA}Bits`), 'bits, little-endian, parameter `length`'],
  [`${DATA}Uuid`, of('string', `${DATA}Uuid`), 'a UUID as text'],
  [`${DATA}Xml`, of('string', `${DATA}Xml`), 'XML text'],
  [`${DATA}Ltree`, of('string', `${DATA}Ltree`), 'a path of labels'],
  [`${DATA}Tsvector`, of('string', `${DATA}Tsvector`), 'words of a text search'],
  [
    `${DATA}VariableScaleDecimal`,
    structOf(
      [
        { name: 'scale', schema: primitive('int32') },
        { name: 'value', schema: primitive('bytes') },
      ],
      { name: `${DATA}VariableScaleDecimal` },
    ),
    'scale and unscaled value, big-endian',
  ],
  [
    `${DATA}geometry.Geometry`,
    structOf(
      [
        { name: 'wkb', schema: primitive('bytes') },
        { name: 'srid', schema: primitive('int32', { optional: true }) },
      ],
      { name: `${DATA}geometry.Geometry` },
    ),
    'well-known binary',
  ],
  [
    `${DATA}geometry.Geography`,
    structOf(
      [
        { name: 'wkb', schema: primitive('bytes') },
        { name: 'srid', schema: primitive('int32', { optional: true }) },
      ],
      { name: `${DATA}geometry.Geography` },
    ),
    'well-known binary',
  ],
  [
    `${DATA}geometry.Point`,
    structOf(
      [
        { name: 'x', schema: primitive('float64') },
        { name: 'y', schema: primitive('float64') },
        { name: 'wkb', schema: primitive('bytes', { optional: true }) },
        { name: 'srid', schema: primitive('int32', { optional: true }) },
      ],
      { name: `${DATA}geometry.Point` },
    ),
    'coordinates, and the same as well-known binary',
  ],
  [`${DATA}FloatVector`, arrayOf(primitive('float32'), { name: `${DATA}FloatVector` }), 'a vector'],
  [`${DATA}DoubleVector`, arrayOf(primitive('float64'), { name: `${DATA}DoubleVector` }), 'a vector'],
  [
    `${DATA}SparseDoubleVector`,
    structOf(
      [
        { name: 'dimensions', schema: primitive('int16') },
        { name: 'vector', schema: mapOf(primitive('int16'), primitive('float64')) },
      ],
      { name: `${DATA}SparseDoubleVector` },
    ),
    'dimensions, and the values that are not 0',
  ],
  [`${CONNECT}Date`, of('int32', `${CONNECT}Date`), 'days (`time.precision.mode=connect`)'],
  [`${CONNECT}Time`, of('int32', `${CONNECT}Time`), 'milliseconds since midnight (the same)'],
  [`${CONNECT}Timestamp`, of('int64', `${CONNECT}Timestamp`), 'milliseconds since 1970 (the same)'],
  [
    `${CONNECT}Decimal`,
    of('bytes', `${CONNECT}Decimal`, { scale: '2', 'connect.decimal.precision': '10' }),
    'unscaled value, big-endian, parameters `scale` and `connect.decimal.precision`',
  ],
];

const INTRODUCTION = [
  'A Debezium event says by the name of a schema what a number or text means. Every converter keeps that name, its version and its parameters from end to end, so transforms and sinks see the same type whatever the topic is written in:',
  '- AvroConverter: `connect.name`, `connect.version` and `connect.parameters` of the Avro type (`connect.meta.data=true`, the default).\n- JsonConverter: `name`, `version` and `parameters` of the schema in each message, with the kind as `type` (`schemas.enable=true`; without schemas nothing says what a number means).\n- JsonSchemaConverter: `title`, `connect.version` and `connect.parameters`.\n- ProtobufConverter: parameters of `confluent.field_meta` and `confluent.message_meta` (`connect.meta.data=true`, the default); a message that other producers wrote has the name of the message only.',
  'In SQL, *inferred* is the column when a stream declares none. *May be declared*: what an AVRO source may declare instead; the unit is converted. ksqlDB knows none of these names, so it infers the same plain types.',
].join('\n\n');

/** Page by file name. */
export function debeziumPage(): ReadonlyMap<string, string> {
  const rows = TYPES.map(([name, schema, meaning]) => [
    code(name),
    schema.kind,
    meaning,
    code(inAvro(schema)),
    code(inJsonSchema(schema)),
    code(inProtobuf(schema)),
    inferred(schema),
    declared(name, schema),
  ]);
  return new Map([
    [
      'debezium-types.md',
      page("Debezium's semantic types", INTRODUCTION, [
        table(
          [
            'schema name',
            'kind',
            'stands for',
            'Avro',
            'JSON Schema',
            'Protobuf',
            'SQL: inferred',
            'SQL: may be declared',
          ],
          rows,
        ),
      ]),
    ],
  ]);
}

const TO_AVRO = { metadata: false, enhanced: false };
const TO_JSON = { numericDecimals: false, omitNulls: false, replaceNull: true, additionalProperties: true };
const TO_PROTO = { optionalForNullables: true, wrapperForNullables: false, metadata: false, scrub: true };

function inAvro(schema: Schema): string {
  const type = parseJson(avroTextOf(schema, TO_AVRO));
  return isJsonObject(type) ? String(type['type']) : String(type);
}

function inJsonSchema(schema: Schema): string {
  const type = parseJson(jsonSchemaOf(schema, TO_JSON));
  return isJsonObject(type) ? String(type['type']) : '';
}

function inProtobuf(schema: Schema): string {
  const text = protoTextOfConnect(structOf([{ name: 'field', schema }]), TO_PROTO);
  return /^ {2}(.*) field = 1/m.exec(text)?.[1] ?? '';
}

function inferred(schema: Schema): string {
  const column = sqlSchema(schema, []);
  return column === null ? 'left out' : fullType(column);
}

function fullType(schema: Schema): string {
  if (schema.kind === 'array') return `ARRAY<${fullType(schema.items!)}>`;
  if (schema.kind === 'map') return `MAP<${fullType(schema.keys!)}, ${fullType(schema.items!)}>`;
  if (schema.kind !== 'struct') return columnType(schema);
  return `STRUCT<${(schema.fields ?? []).map(({ name, schema: of }) => `${name} ${fullType(of)}`).join(', ')}>`;
}

function declared(name: string, schema: Schema): string {
  const type = schema.kind === 'int32' ? 'int' : schema.kind === 'int64' ? 'long' : null;
  if (type === null) return '';
  const writer = { type, attributes: { 'connect.name': name } } as unknown as Parameters<typeof timeUnit>[0];
  const targets = ['date', 'time', 'timestamp'] as const;
  return targets
    .filter((target) => timeUnit(writer, target) !== null && !(target === 'timestamp' && type === 'int'))
    .map((target) => target.toUpperCase())
    .join(', ');
}
