// How the key or the value of a topic is written: format, wrapping, properties, and whether the format can hold the columns
// (formats.md §1, errors.md §3.23).
import { nearest } from '../../core/errors.ts';
import type { Format } from '../../formats/format.ts';
import type { SideFormat } from '../plan/nodes.ts';
import { schemaOfColumns } from '../plan/schema.ts';
import type { Span } from '../syntax/ast.ts';
import type { Column, SqlType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import { holdsMap } from './clauses.ts';
import { type Binding, reject } from './environment.ts';
import type { WithClause } from './with.ts';

export type Side = 'key' | 'value';

/** Format of a name; E-FMT-1 when there is none. */
export function formatNamed(binding: Binding, side: Side, name: string, span: Span | null): Format {
  const format = binding.env.format(name.toUpperCase());
  if (format !== null) return format;
  const close = nearest(name.toUpperCase(), binding.env.formatNames);
  return reject(
    binding,
    'FMT-1',
    span,
    `${side === 'key' ? 'KEY_FORMAT' : 'VALUE_FORMAT'} is '${name}', which is no format.`,
    `${close === null ? '' : `Did you mean ${close}? `}Formats: ${binding.env.formatNames.join(', ')}.`,
  );
}

/** Properties of a side as the statement gives them; those the format does not take are refused (E-FMT-2). */
export function statedProperties(
  binding: Binding,
  side: Side,
  format: Format,
  clause: WithClause,
): Readonly<Record<string, string>> {
  const prefix = side === 'key' ? 'KEY_' : 'VALUE_';
  const stated: readonly (readonly [name: string, property: string, value: string | null])[] = [
    ['DELIMITER', `${prefix}DELIMITER`, side === 'key' ? clause.keyDelimiter : clause.valueDelimiter],
    ['FULL_SCHEMA_NAME', `${prefix}SCHEMA_FULL_NAME`, side === 'key' ? clause.keySchemaName : clause.valueSchemaName],
    ['SCHEMA_ID', `${prefix}SCHEMA_ID`, textOf(side === 'key' ? clause.keySchemaId : clause.valueSchemaId)],
    [
      'NULLABLE_REPRESENTATION',
      `${prefix}PROTOBUF_NULLABLE_REPRESENTATION`,
      side === 'key' ? clause.keyNullable : clause.valueNullable,
    ],
  ];
  const properties: Record<string, string> = {};
  for (const [name, property, value] of stated) {
    if (value === null) continue;
    if (!format.properties.includes(name)) {
      const id = name === 'SCHEMA_ID' ? 'SR-6' : name === 'NULLABLE_REPRESENTATION' ? 'WITH-14' : 'FMT-2';
      const takers = binding.env.formatNames.filter((each) => binding.env.format(each)!.properties.includes(name));
      reject(
        binding,
        id,
        clause.spanOf(property),
        `The ${side} format ${format.name} does not take ${property}.`,
        `Formats that do: ${takers.join(', ')}.`,
      );
    }
    properties[name] = value;
  }
  return properties;
}
function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

/** Whether a single value column stands bare; E-FMT-4, -5. `configured`: what the engine's configuration says. */
export function valueWrapping(
  binding: Binding,
  format: Format,
  columns: number,
  clause: WithClause,
): { readonly wrap: boolean | null; readonly unwrapped: boolean } {
  const stated = clause.wrapSingleValue;
  if (stated !== null) {
    const span = clause.spanOf('WRAP_SINGLE_VALUE');
    if (stated ? !format.wrapsSingles : !format.unwrapsSingles) {
      reject(
        binding,
        'FMT-4',
        span,
        `The value format ${format.name} cannot write a single column ${stated ? 'wrapped' : 'bare'}.`,
        'Leave WRAP_SINGLE_VALUE out.',
      );
    }
    if (columns !== 1) {
      reject(
        binding,
        'FMT-5',
        span,
        `WRAP_SINGLE_VALUE only goes with one value column; there are ${columns}.`,
        'Leave it out.',
      );
    }
  }
  if (columns !== 1) return { wrap: null, unwrapped: false };
  const configured = binding.env.properties['ksql.persistence.wrap.single.values'];
  let wrap = stated;
  if (wrap === null && configured !== undefined && configured !== '') {
    const wanted = String(configured).toLowerCase() === 'true';
    if (wanted ? format.wrapsSingles : format.unwrapsSingles) wrap = wanted;
  }
  const both = format.wrapsSingles && format.unwrapsSingles;
  return { wrap: both ? wrap : stated, unwrapped: wrap === null ? !format.wrapsSingles : !wrap };
}

/** A single key column stands bare wherever the format can. */
export function keyIsBare(format: Format, columns: number): boolean {
  return columns === 1 && format.unwrapsSingles;
}

const NESTED = ['ARRAY', 'MAP', 'STRUCT'];
const NOT_IN_KAFKA = ['BOOLEAN', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', ...NESTED];

/** Refuses columns that the format cannot hold (E-FMT-6 to -10, E-KEY-9). */
export function checkColumns(
  binding: Binding,
  side: Side,
  format: Format,
  columns: readonly Column[],
  span: Span | null,
): void {
  const property = side === 'key' ? 'KEY_FORMAT' : 'VALUE_FORMAT';
  if (format.name === 'NONE' && columns.length > 0) {
    reject(
      binding,
      'FMT-9',
      span,
      `The ${side} format NONE holds no columns; there are ${names(columns)}.`,
      `Set ${property} to another format.`,
    );
  }
  if (format.name === 'KAFKA' && columns.length > 1) {
    reject(
      binding,
      'FMT-8',
      span,
      `The ${side} format KAFKA holds one column; there are ${columns.length}: ${names(columns)}.`,
      `Set ${property}, for example to JSON.`,
    );
  }
  for (const column of columns) {
    if (side === 'key' && holdsMap(column.type)) {
      reject(
        binding,
        'KEY-9',
        span,
        `The key column ${column.name} is ${typeText(column.type)}: a key cannot hold a MAP.`,
      );
    }
    const banned = format.name === 'KAFKA' ? NOT_IN_KAFKA : format.name === 'DELIMITED' ? NESTED : [];
    if (banned.includes(column.type.base)) {
      reject(
        binding,
        'FMT-7',
        span,
        `The ${side} format ${format.name} cannot hold ${column.name} ${typeText(column.type)}.`,
        `Set ${property}, for example to JSON.`,
      );
    }
    if (!['KAFKA', 'DELIMITED', 'NONE'].includes(format.name) && holdsForeignMap(column.type)) {
      reject(
        binding,
        'FMT-6',
        span,
        `The ${side} format ${format.name} only holds maps with STRING keys; ${column.name} is ${typeText(column.type)}.`,
      );
    }
    if (format.name === 'AVRO') checkAvroNames(binding, column, span);
  }
}

function holdsForeignMap(type: SqlType): boolean {
  switch (type.base) {
    case 'MAP':
      return type.keys.base !== 'STRING' || holdsForeignMap(type.items);
    case 'ARRAY':
      return holdsForeignMap(type.items);
    case 'STRUCT':
      return type.fields.some((field) => holdsForeignMap(field.type));
    default:
      return false;
  }
}

function checkAvroNames(binding: Binding, column: Column, span: Span | null): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(column.name.replaceAll('.', '_'))) {
    const bad = /^[^A-Za-z_]|[^A-Za-z0-9_.]/.exec(column.name)?.[0] ?? column.name;
    reject(
      binding,
      'FMT-10',
      span,
      `Avro does not allow the name "${column.name}": "${bad}" may not stand there.`,
      'Give the column an alias.',
    );
  }
  const nested = (type: SqlType): void => {
    if (type.base === 'STRUCT') for (const field of type.fields) checkAvroNames(binding, field, span);
    if (type.base === 'ARRAY' || type.base === 'MAP') nested(type.items);
  };
  nested(column.type);
}
function names(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/** The schema text that a side registers; null when its format has no registry, or the schema is given by id. */
export function registrationOf(
  format: Format,
  topic: string,
  side: Side,
  of: SideFormat,
  columns: readonly Column[],
): string | null {
  if (format.described === undefined || columns.length === 0 || of.properties['SCHEMA_ID'] !== undefined) return null;
  return format.described({
    topic,
    isKey: side === 'key',
    schema: schemaOfColumns(columns),
    unwrapped: of.unwrapped,
    properties: of.properties,
  });
}
