// Nested structs or maps become top-level fields, named by their path.

import type { TransformDef } from '../../connect/plugins.ts';
import { type Field, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { typeOfNumber } from '../../core/data/typed.ts';
import { buildStruct, nullCell, requireMap, requireStruct, schemaBasics, typeName } from '../cells.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `Flatten`. */
export const flatten: TransformDef = {
  kind: 'transform',
  name: 'Flatten',
  classes: sidedClasses('Flatten'),
  version: KAFKA_VERSION,
  doc: 'Makes nested structs flat: a.b.c becomes one field of that name. Lists are left as they are.',
  config: [
    {
      name: 'delimiter',
      type: 'STRING',
      fallback: '.',
      importance: 'MEDIUM',
      doc: 'Put between the names of a path.',
    },
  ],
  examples: [
    {
      config: { delimiter: '_' },
      given: sample({ value: entries({ user: entries({ id: 7, name: 'Ann' }) }) }),
      gives: sample({ value: entries({ user_id: 7, user_name: 'Ann' }) }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const delimiter = config['delimiter'] as string;
    const planOf = perSchema((schema) => planFlat(schema, delimiter));
    return (record) => {
      const value = valueOn(record, onKey);
      if (value === null) return record;
      const schema = schemaOn(record, onKey);
      if (schema === null) {
        const flat = new Map<Value, Value>();
        flattenMap(requireMap(value, 'flattening'), '', delimiter, flat);
        return replacedOn(record, onKey, null, flat);
      }
      const plan = planOf(schema);
      const struct = requireStruct(value, 'flattening');
      const cells = plan.leaves.map((leaf, index) => leafCell(struct, leaf, plan.schema, index));
      return replacedOn(record, onKey, plan.schema, new Struct(plan.schema, cells));
    };
  },
};

interface FlatPlan {
  readonly schema: Schema;
  /** By flat field. */
  readonly leaves: readonly Leaf[];
}

/** Where a flat field comes from. */
interface Leaf {
  /** Indexes from the outside in. */
  readonly path: readonly number[];
  /** The field itself: its own default stands for a null, that of a parent does not. */
  readonly field: Field;
}

function planFlat(schema: Schema, delimiter: string): FlatPlan {
  const fields: { name: string; schema: Schema }[] = [];
  const leaves: Leaf[] = [];
  const walk = (
    inner: Schema,
    prefix: string,
    path: readonly number[],
    optional: boolean,
    parent: Value | undefined,
  ) => {
    for (const field of inner.fields ?? []) {
      const name = prefix === '' ? field.name : prefix + delimiter + field.name;
      const own = [...path, field.index];
      const isOptional = optional || field.schema.optional;
      const fallback = defaultOf(field, parent);
      switch (field.schema.kind) {
        case 'struct':
          walk(field.schema, name, own, isOptional, fallback);
          break;
        case 'map':
          throw dataFault(`Flatten transformation does not support MAP for record with schemas (for field ${name}).`);
        default:
          fields.push({ name, schema: leafSchema(field.schema, isOptional, fallback) });
          leaves.push({ path: own, field });
      }
    }
  };
  walk(schema, '', [], schema.optional, schema.defaultValue);
  return { schema: buildStruct(fields, schemaBasics(schema)), leaves };
}

/** The default of a field: its own, else what its parent's default holds there. */
function defaultOf(field: Field, parent: Value | undefined): Value | undefined {
  const own = field.schema.defaultValue ?? null;
  return own === null && parent instanceof Struct ? parent.cells[field.index] : own;
}

function leafSchema(schema: Schema, optional: boolean, defaultValue: Value | undefined): Schema {
  const leaf: Schema = { kind: schema.kind, ...schemaBasics(schema), optional };
  return {
    ...leaf,
    ...(schema.items === undefined ? {} : { items: schema.items }),
    ...(defaultValue === undefined || defaultValue === null ? {} : { defaultValue }),
  };
}

/** A null within a struct that is there is read as the field's default; below a null struct everything is null. */
function leafCell(struct: Struct, { path, field }: Leaf, flat: Schema, index: number): Value {
  let holder: Struct = struct;
  for (let i = 0; i < path.length - 1; i++) {
    const inner = holder.cells[path[i]!] ?? holder.schema.fields![path[i]!]!.schema.defaultValue ?? null;
    if (!(inner instanceof Struct)) return null;
    holder = inner;
  }
  const cell = holder.cells[field.index] ?? field.schema.defaultValue ?? null;
  const { name, schema } = flat.fields![index]!;
  return cell ?? nullCell(schema, name, false);
}

function flattenMap(map: ReadonlyMap<Value, Value>, prefix: string, delimiter: string, out: Map<Value, Value>): void {
  for (const [key, value] of map) {
    const name = prefix === '' ? String(key) : prefix + delimiter + String(key);
    if (value instanceof Map) flattenMap(value, name, delimiter, out);
    else {
      requirePlain(value, name);
      out.set(name, value);
    }
  }
}

/** Without a schema the reference knows types by their Java class: dates, decimals and big integers have none, and a struct is refused. */
function requirePlain(value: Value, name: string): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array) return;
  const kind = typeOfNumber(value);
  if (kind !== null && kind !== 'timestamp' && kind !== 'bigint') return;
  throw dataFault(
    `Flatten transformation was passed a value of type ${typeName(value)} which is not supported by Connect's data API (field ${name}).`,
  );
}
