// Replaces the key or value by one of its fields.

import type { TransformDef } from '../../connect/plugins.ts';
import { oneOfIgnoringCase } from '../../core/config/checks.ts';
import { fieldOf, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { REPLACE_NULL_WITH_DEFAULT, requireMap, requireStruct } from '../cells.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { fieldPath } from './field-path.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `ExtractField`. */
export const extractField: TransformDef = {
  kind: 'transform',
  name: 'ExtractField',
  classes: sidedClasses('ExtractField'),
  version: KAFKA_VERSION,
  doc: 'Replaces the key or value by one of its fields. A null stays null.',
  config: [
    { name: 'field', type: 'STRING', importance: 'MEDIUM', doc: 'The field, or with syntax V2 its path.' },
    REPLACE_NULL_WITH_DEFAULT,
    {
      name: 'field.syntax.version',
      type: 'STRING',
      fallback: 'V1',
      importance: 'HIGH',
      doc: 'V1: the name as it stands. V2: dots step into nested structs; names with dots stand in backticks.',
      check: oneOfIgnoringCase('V1', 'V2'),
    },
  ],
  examples: [
    {
      config: { field: 'id' },
      given: sample({ value: entries({ id: 7, name: 'x' }) }),
      gives: sample({ value: 7 }),
    },
    {
      config: { field: 'user.name', 'field.syntax.version': 'V2' },
      given: sample({ value: entries({ user: entries({ name: 'Ann' }) }) }),
      gives: sample({ value: 'Ann' }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const replaceNull = config['replace.null.with.default'] as boolean;
    const text = config['field'] as string;
    const isPath = (config['field.syntax.version'] as string).toUpperCase() === 'V2';
    const path = isPath ? fieldPath(text) : [text];
    const planOf = perSchema((schema) => planPath(schema, path, text));
    return (record) => {
      const schema = schemaOn(record, onKey);
      const value = valueOn(record, onKey);
      if (schema === null) {
        return replacedOn(record, onKey, null, value === null ? null : inMap(value, path));
      }
      if (value !== null) requireStruct(value, 'field extraction');
      const plan = planOf(schema);
      return replacedOn(record, onKey, plan.schema, extracted(value, plan, replaceNull));
    };
  },
};

interface PathPlan {
  readonly schema: Schema;
  readonly indexes: readonly number[];
}

function planPath(schema: Schema, path: readonly string[], text: string): PathPlan {
  let inner = schema;
  const indexes: number[] = [];
  for (const name of path) {
    if (inner.kind !== 'struct')
      throw dataFault(`Only Struct objects supported for [field extraction], found: ${inner.kind}`);
    const field = fieldOf(inner, name);
    if (field === undefined) {
      throw new TributaryError('TRIB_DATA_TRANSFORM', 'fatal', { what: `Unknown field: ${text}` });
    }
    indexes.push(field.index);
    inner = field.schema;
  }
  return { schema: inner, indexes };
}

function extracted(value: Value, { indexes, schema }: PathPlan, replaceNull: boolean): Value {
  if (value === null) return null;
  let inner: Value = value;
  for (let i = 0; i < indexes.length; i++) {
    if (!(inner instanceof Struct)) return null;
    inner = inner.cells[indexes[i]!] ?? null;
  }
  return inner === null && replaceNull ? (schema.defaultValue ?? null) : inner;
}

function inMap(value: Value, path: readonly string[]): Value {
  let inner: Value = value;
  for (const name of path) {
    if (inner === null) return null;
    inner = requireMap(inner, 'field extraction').get(name) ?? null;
  }
  return inner;
}
