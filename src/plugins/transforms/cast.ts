// Casts fields, or the whole key or value, to other types.

import type { TransformDef } from '../../connect/plugins.ts';
import { nonEmptyList, splitByColon } from '../../core/config/checks.ts';
import { fieldOf, type Schema, type SchemaOptions, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { nullCell, REPLACE_NULL_WITH_DEFAULT, requireMap, requireStruct, schemaBasics } from '../cells.ts';
import { configFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { CAST_TARGETS, type Caster, type CastTarget, casterOf, castFree } from './cast-values.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `Cast`. */
export const cast: TransformDef = {
  kind: 'transform',
  name: 'Cast',
  classes: sidedClasses('Cast'),
  version: KAFKA_VERSION,
  doc: 'Casts fields or the whole key or value to a type: int8, int16, int32, int64, float32, float64, boolean, string.',
  config: [
    {
      name: 'spec',
      type: 'LIST',
      importance: 'HIGH',
      doc: 'Fields and their new types, as field:type, …; or one bare type for the whole key or value.',
      check: (value) => nonEmptyList(value, 'spec') ?? checkSpec(value as readonly string[]),
    },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { spec: 'amount:float64,paid:boolean' },
      given: sample({ value: entries({ amount: '12.5', paid: 'true' }) }),
      gives: sample({ value: entries({ amount: 12.5, paid: true }) }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const replaceNull = config['replace.null.with.default'] as boolean;
    const spec = parseSpec(config['spec'] as readonly string[]);
    const whole = spec.get(WHOLE);
    const wholePlan = perSchema((schema) => planWhole(schema, whole!));
    const fieldPlan = perSchema((schema) => planFields(schema, spec));
    return (record) => {
      const value = valueOn(record, onKey);
      if (value === null) return record;
      const schema = schemaOn(record, onKey);
      if (schema === null) {
        return replacedOn(record, onKey, null, whole === undefined ? castMap(value, spec) : castFree(value, whole));
      }
      if (whole !== undefined) {
        const plan = wholePlan(schema);
        return replacedOn(record, onKey, plan.schema, plan.cast(value));
      }
      const struct = requireStruct(value, 'field casting');
      const cells = castCells(struct, fieldPlan(schema), replaceNull);
      return replacedOn(record, onKey, cells.schema, cells);
    };
  },
};

const WHOLE = null;

/** Targets by field name; the whole value under null. Throws `config` faults. */
function parseSpec(entries: readonly string[]): Map<string | null, CastTarget> {
  const spec = new Map<string | null, CastTarget>();
  for (const entry of entries) {
    const parts = splitByColon(entry);
    if (parts.length === 0 || parts.length > 2)
      throw configFault(`Invalid rename mapping: ${entry}`, 'Write field:type.');
    const type = (parts[1] ?? parts[0]!).trim().toLowerCase();
    const target = CAST_TARGETS.find((known) => known === type);
    if (target === undefined) {
      throw configFault(`Invalid type found in casting spec: ${type}`, `Use one of: ${CAST_TARGETS.join(', ')}.`);
    }
    spec.set(parts.length === 1 ? WHOLE : parts[0]!.trim(), target);
  }
  if (spec.has(WHOLE) && entries.length > 1) {
    throw configFault(
      'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
    );
  }
  return spec;
}

/** What `parseSpec` refuses, as a message of validation. */
function checkSpec(entries: readonly string[]): string | null {
  try {
    parseSpec(entries);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function castMap(value: Value, spec: ReadonlyMap<string | null, CastTarget>): Map<Value, Value> {
  const copy = new Map(requireMap(value, 'field casting'));
  for (const [name, target] of spec) copy.set(name, castFree(copy.get(name) ?? null, target));
  return copy;
}

/** The whole value's schema keeps its name and parameters, as in the reference: an int64 cast to text stays a `Timestamp` by name. */
function planWhole(schema: Schema, target: CastTarget): { readonly schema: Schema; readonly cast: Caster } {
  const caster = casterOf(schema, target);
  return { schema: { kind: target, ...schemaBasics(schema), ...optionsOf(schema, caster) }, cast: caster };
}

interface FieldPlan {
  readonly schema: Schema;
  /** By field index; null: the cell is copied. */
  readonly casts: readonly (Caster | null)[];
}

function planFields(schema: Schema, spec: ReadonlyMap<string | null, CastTarget>): FieldPlan {
  const fields = schema.fields ?? [];
  const casts = fields.map((field) => {
    const target = spec.get(field.name);
    return target === undefined ? null : casterOf(fieldOf(schema, field.name)!.schema, target);
  });
  return {
    casts,
    schema: structOf(
      fields.map((field, index) => {
        const caster = casts[index];
        if (caster === null || caster === undefined) return field;
        return { name: field.name, schema: { kind: spec.get(field.name)!, ...optionsOf(field.schema, caster) } };
      }),
      schemaBasics(schema),
    ),
  };
}

/** Optionality, and the default, cast as well. */
function optionsOf(schema: Schema, caster: Caster): SchemaOptions & { optional: boolean } {
  const { optional, defaultValue } = schema;
  return defaultValue === undefined || defaultValue === null
    ? { optional }
    : { optional, defaultValue: caster(defaultValue) };
}

function castCells(struct: Struct, plan: FieldPlan, replaceNull: boolean): Struct {
  const { schema, casts } = plan;
  const fields = schema.fields!;
  const cells = new Array<Value>(fields.length);
  for (let i = 0; i < fields.length; i++) {
    const cell = struct.cells[i] ?? null;
    const caster = casts[i]!;
    cells[i] =
      cell === null ? nullCell(fields[i]!.schema, fields[i]!.name, replaceNull) : caster === null ? cell : caster(cell);
  }
  return new Struct(schema, cells);
}
