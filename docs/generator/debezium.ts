// The table of Debezium's semantic types: what each becomes as a SQL column.
import { arrayOf, mapOf, primitive, type Schema, structOf } from '../../src/core/data/schema.ts';
import { timeUnit } from '../../src/formats/avro/read-plan.ts';
import { columnType } from '../../src/formats/column-types.ts';
import { sqlSchema } from '../../src/formats/inferred-schema.ts';
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
  [`${TIME}Interval`, of('string', `${TIME}Interval`), 'an ISO interval'],
  [`${DATA}Json`, of('string', `${DATA}Json`), 'JSON text'],
  [`${DATA}Enum`, of('string', `${DATA}Enum`), 'one of the values in the parameter `allowed`'],
  [`${DATA}EnumSet`, of('string', `${DATA}EnumSet`), 'values separated by commas'],
  [`${DATA}Bits`, of('bytes', `${DATA}Bits`), 'bits, little-endian, parameter `length`'],
  [`${DATA}Uuid`, of('string', `${DATA}Uuid`), 'a UUID as text'],
  [`${DATA}Xml`, of('string', `${DATA}Xml`), 'XML text'],
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

/** Page by file name. */
export function debeziumPage(): ReadonlyMap<string, string> {
  const rows = TYPES.map(([name, schema, meaning]) => [
    code(name),
    schema.kind,
    meaning,
    inferred(schema),
    declared(name, schema),
  ]);
  return new Map([
    [
      'debezium-types.md',
      page(
        "Debezium's semantic types",
        'A Debezium event says by the name of a schema what a number or text means. *Inferred*: the column when a stream declares none. *May be declared*: what an AVRO source may declare instead; the unit is converted. ksqlDB knows none of these names, so it infers the same plain types.',
        [table(['schema name', 'on the wire', 'stands for', 'inferred', 'may be declared'], rows)],
      ),
    ],
  ]);
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
