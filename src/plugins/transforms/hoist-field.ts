// Wraps the key or value in a struct (or map) of one field.

import type { TransformDef } from '../../connect/plugins.ts';
import { Struct } from '../../core/data/schema.ts';
import { buildStruct, nullCell } from '../cells.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `HoistField`. */
export const hoistField: TransformDef = {
  kind: 'transform',
  name: 'HoistField',
  classes: sidedClasses('HoistField'),
  version: KAFKA_VERSION,
  doc: 'Wraps the key or value in a struct of one field; without a schema, in a map.',
  config: [{ name: 'field', type: 'STRING', importance: 'MEDIUM', doc: 'Name of the one field.' }],
  examples: [
    {
      config: { field: 'line' },
      given: sample({ value: 'hello' }),
      gives: sample({ value: entries({ line: 'hello' }) }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const name = config['field'] as string;
    const planOf = perSchema((schema) => buildStruct([{ name, schema }], {}));
    return (record) => {
      const schema = schemaOn(record, onKey);
      const value = valueOn(record, onKey);
      if (schema === null) return replacedOn(record, onKey, null, new Map([[name, value]]));
      const wrapped = planOf(schema);
      const cell = value === null ? nullCell(schema, name, false) : value;
      return replacedOn(record, onKey, wrapped, new Struct(wrapped, [cell]));
    };
  },
};
