// The .proto text that SQL registers for its columns.

import { isDecimalSchema, precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Schema } from '../../core/data/schema.ts';
import { entrySchema } from './entry-schema.ts';
import { DATE, DECIMAL, TIME_OF_DAY, TIMESTAMP } from './well-known.ts';

/** How a null of a scalar is kept: not at all, by `optional`, or by a wrapper message. */
export type Nullability = 'none' | 'optional' | 'wrapper';

const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  [DECIMAL]: ['confluent/meta.proto', 'confluent/type/decimal.proto'],
  [DATE]: ['google/type/date.proto'],
  [TIME_OF_DAY]: ['google/type/timeofday.proto'],
  [TIMESTAMP]: ['google/protobuf/timestamp.proto'],
};
const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  float64: 'double',
  string: 'string',
  bytes: 'bytes',
};
const WRAPPERS: Readonly<Record<string, string>> = {
  bool: 'BoolValue',
  int32: 'Int32Value',
  int64: 'Int64Value',
  double: 'DoubleValue',
  string: 'StringValue',
  bytes: 'BytesValue',
};

/** The text of one message of columns. `fullName` may have a package before its last dot. */
export function protoTextOf(columns: Schema, fullName: string, nullability: Nullability): string {
  const printer = new Printer(nullability);
  const dot = fullName.lastIndexOf('.');
  const message = printer.message(fullName.slice(dot + 1), columns, '');
  const header = ['syntax = "proto3";', ...(dot < 0 ? [] : [`package ${fullName.slice(0, dot)};`])].join('\n');
  const imports = [...printer.imports].sort().map((file) => `import "${file}";\n`);
  return `${header}\n\n${imports.length === 0 ? '' : `${imports.join('')}\n`}${message}`;
}

class Printer {
  readonly imports = new Set<string>();
  private readonly nullability: Nullability;
  private unnamed = 1;

  constructor(nullability: Nullability) {
    this.nullability = nullability;
  }

  message(name: string, columns: Schema, indent: string): string {
    const inner = `${indent}  `;
    const nested: string[] = [];
    const lines = (columns.fields ?? []).map((field) =>
      this.field(field.name, field.schema, field.index + 1, inner, nested),
    );
    const parts = nested.length === 0 ? '' : `\n${nested.join('\n')}`;
    return `${indent}message ${name} {\n${lines.join('')}${parts}${indent}}\n`;
  }

  private field(name: string, schema: Schema, number: number, indent: string, nested: string[]): string {
    if (schema.kind === 'array') {
      return `${indent}repeated ${this.type(schema.items!, indent, nested)} ${name} = ${number}${options(schema.items!, indent)};\n`;
    }
    if (schema.kind === 'map') {
      const entry = `ConnectDefault${++this.unnamed}Entry`;
      const shape = entrySchema(schema);
      nested.push(this.message(entry, shape, indent));
      return `${indent}repeated ${entry} ${name} = ${number};\n`;
    }
    const scalar = scalarOf(schema);
    if (scalar !== null && this.nullability === 'wrapper') {
      this.imports.add('google/protobuf/wrappers.proto');
      return `${indent}google.protobuf.${WRAPPERS[scalar]} ${name} = ${number};\n`;
    }
    const label = scalar !== null && this.nullability === 'optional' ? 'optional ' : '';
    return `${indent}${label}${this.type(schema, indent, nested)} ${name} = ${number}${options(schema, indent)};\n`;
  }

  private type(schema: Schema, indent: string, nested: string[]): string {
    const scalar = scalarOf(schema);
    if (scalar !== null) return scalar;
    const known = knownMessage(schema);
    if (known !== null) {
      for (const file of IMPORTS[known] ?? []) this.imports.add(file);
      return known;
    }
    const name = `ConnectDefault${++this.unnamed}`;
    nested.push(this.message(name, schema, indent));
    return name;
  }
}

function scalarOf(schema: Schema): string | null {
  return schema.name === undefined ? (SCALARS[schema.kind] ?? null) : null;
}

function knownMessage(schema: Schema): string | null {
  switch (schema.name) {
    case LOGICAL.decimal:
      return DECIMAL;
    case LOGICAL.date:
      return DATE;
    case LOGICAL.time:
      return TIME_OF_DAY;
    case LOGICAL.timestamp:
      return TIMESTAMP;
    default:
      return null;
  }
}

/** A decimal's digits stand in an option, so that readers know its type without a value. */
function options(schema: Schema, indent: string): string {
  if (!isDecimalSchema(schema)) return '';
  const parameter = (key: string, value: number) =>
    `${indent}      {\n${indent}        key: "${key}",\n${indent}        value: "${value}"\n${indent}      }`;
  const list = [parameter('precision', precisionOfSchema(schema)), parameter('scale', scaleOf(schema) ?? 0)];
  return ` [(confluent.field_meta) = {\n${indent}    params: [\n${list.join(',\n')}\n${indent}    ]\n${indent}  }]`;
}
