// Vectors become JSON text, in rows and in change events.

import type { TransformDef } from '../../connect/plugins.ts';
import { arrayOf, type Kind, primitive, type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { doubleText, floatText } from '../../core/java/number-text.ts';
import { nullOf, requireStruct, schemaBasics } from '../cells.ts';
import { perSchema } from '../per-schema.ts';
import { structSample } from '../sample.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';

/** Debezium's `VectorToJsonConverter`. */
export const vectorToJsonConverter: TransformDef = {
  kind: 'transform',
  name: 'VectorToJsonConverter',
  classes: ['io.debezium.transforms.VectorToJsonConverter'],
  version: DEBEZIUM_VERSION,
  doc: 'Turns vector columns (FloatVector, DoubleVector, SparseDoubleVector) into JSON text.',
  config: [],
  examples: [
    {
      config: {},
      given: structSample({ v: [arrayOf(primitive('float32'), { name: 'io.debezium.data.FloatVector' }), [1.5, 2]] }),
      gives: structSample({ v: [jsonSchema(false), '{ "values": [1.5, 2.0] }'] }),
    },
  ],
  create: () => {
    const planOf = perSchema((schema) => (isEnvelope(schema) ? planStruct(schema, true) : planStruct(schema, false)));
    return (record) => {
      if (record.value === null) return record;
      const struct = requireStruct(record.value, 'vector conversion');
      const value = convert(struct, planOf(struct.schema));
      return record.withValue(value.schema, value);
    };
  },
};

interface Plan {
  readonly schema: Schema;
  /** By field: text of a vector, a nested plan (before and after), or null where the cell is copied. */
  readonly steps: readonly (((value: Value) => string) | Plan | null)[];
  readonly replaceNull: boolean;
}

function planStruct(schema: Schema, isEvent: boolean): Plan {
  const fields = schema.fields ?? [];
  const steps = fields.map(({ name, schema: inner }) => {
    if (isEvent)
      return (name === 'before' || name === 'after') && inner.kind === 'struct' ? planStruct(inner, false) : null;
    return textOf(inner);
  });
  const converted = fields.map((field, index) => {
    const step = steps[index] ?? null;
    if (step === null) return field;
    return { name: field.name, schema: typeof step === 'function' ? jsonSchema(field.schema.optional) : step.schema };
  });
  // A row keeps its optionality within the event that holds it; a nested struct is rebuilt with it.
  return {
    schema: structOf(converted, { ...schemaBasics(schema), optional: schema.optional }),
    steps,
    replaceNull: !isEvent,
  };
}

function jsonSchema(optional: boolean): Schema {
  return primitive('string', { name: 'io.debezium.data.Json', version: 1, optional });
}

function convert(struct: Struct, plan: Plan): Struct {
  const cells = struct.cells.map((cell, index): Value => {
    if (cell === null || cell === undefined) return nullOf(plan.schema, index, plan.replaceNull);
    const step = plan.steps[index] ?? null;
    if (step === null) return cell;
    return typeof step === 'function' ? step(cell) : convert(cell as Struct, step);
  });
  return new Struct(plan.schema, cells);
}

function textOf(schema: Schema): ((value: Value) => string) | null {
  switch (schema.name) {
    case 'io.debezium.data.FloatVector':
    case 'io.debezium.data.DoubleVector':
      return (value) =>
        `{ "values": [${(value as Value[]).map((item) => numberText(schema.items?.kind, item)).join(', ')}] }`;
    case 'io.debezium.data.SparseDoubleVector':
      return (value) => sparseText(value as Struct);
    default:
      return null;
  }
}

function sparseText(vector: Struct): string {
  const entries = [...(vector.get('vector') as Map<Value, Value>)];
  const items = entries.map(([index, item]) => `"${String(index)}": ${numberText('float64', item)}`).join(', ');
  return `{ "dimensions": ${String(vector.get('dimensions'))}, "vector": { ${items} } }`;
}

function numberText(kind: Kind | undefined, value: Value): string {
  return kind === 'float32' ? floatText(value as number) : doubleText(value as number);
}
