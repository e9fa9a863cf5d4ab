// Sets name and version of a struct's schema.

import type { TransformDef } from '../../connect/plugins.ts';
import { primitive, type Schema, structOf } from '../../core/data/schema.ts';
import { copyCells, REPLACE_NULL_WITH_DEFAULT, requireStruct, schemaBasics } from '../cells.ts';
import { configFault, dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { structSample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `SetSchemaMetadata`. */
export const setSchemaMetadata: TransformDef = {
  kind: 'transform',
  name: 'SetSchemaMetadata',
  classes: sidedClasses('SetSchemaMetadata'),
  version: KAFKA_VERSION,
  doc: 'Sets name and version of the schema of a struct.',
  config: [
    { name: 'schema.name', type: 'STRING', fallback: null, importance: 'HIGH', doc: 'Name to set.' },
    { name: 'schema.version', type: 'INT', fallback: null, importance: 'HIGH', doc: 'Version to set.' },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { 'schema.name': 'shop.Order' },
      given: structSample({ id: [primitive('int32'), 7] }),
      gives: structSample({ id: [primitive('int32'), 7] }, 'shop.Order'),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const name = config['schema.name'] as string | null;
    const version = config['schema.version'] as number | null;
    const replaceNull = config['replace.null.with.default'] as boolean;
    if (name === null && version === null) throw configFault('Neither schema name nor version configured');
    const planOf = perSchema((schema) => ({
      schema: renamed(schema, name, version),
      from: (schema.fields ?? []).map((field) => field.index),
    }));
    return (record) => {
      const schema = schemaOn(record, onKey);
      const value = valueOn(record, onKey);
      if (schema === null) {
        if (value === null) return record;
        throw dataFault('Schema required for [updating schema metadata]');
      }
      if (schema.kind !== 'struct') throw dataFault(`Only structs can be renamed, found: ${schema.kind}`);
      const plan = planOf(schema);
      if (value === null) return replacedOn(record, onKey, plan.schema, null);
      return replacedOn(
        record,
        onKey,
        plan.schema,
        copyCells(plan, requireStruct(value, 'updating schema metadata'), replaceNull),
      );
    };
  },
};

function renamed(schema: Schema, name: string | null, version: number | null): Schema {
  const { name: oldName, version: oldVersion, ...rest } = schemaBasics(schema);
  const newName = name ?? oldName;
  const newVersion = version ?? oldVersion;
  return structOf(schema.fields ?? [], {
    ...rest,
    optional: schema.optional,
    ...(schema.defaultValue === undefined ? {} : { defaultValue: schema.defaultValue }),
    ...(newName === undefined ? {} : { name: newName }),
    ...(newVersion === undefined ? {} : { version: newVersion }),
  });
}
