// Makes the key of fields of the value.

import type { TransformDef } from '../../connect/plugins.ts';
import { nonEmptyList } from '../../core/config/checks.ts';
import { fieldOf, type Value } from '../../core/data/schema.ts';
import {
  buildStruct,
  type CopyPlan,
  copyCells,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
} from '../cells.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { KAFKA_VERSION } from './side.ts';

/** Kafka's `ValueToKey`. */
export const valueToKey: TransformDef = {
  kind: 'transform',
  name: 'ValueToKey',
  classes: ['org.apache.kafka.connect.transforms.ValueToKey'],
  version: KAFKA_VERSION,
  doc: 'Replaces the key by a struct (or map) of fields of the value.',
  config: [
    {
      name: 'fields',
      type: 'LIST',
      importance: 'HIGH',
      doc: 'Fields of the value that make the key, in this order.',
      check: nonEmptyList,
    },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { fields: 'id' },
      given: sample({ value: entries({ id: 7, name: 'Ann' }) }),
      gives: sample({ key: entries({ id: 7 }), value: entries({ id: 7, name: 'Ann' }) }),
    },
  ],
  create: (config) => {
    const names = config['fields'] as readonly string[];
    const replaceNull = config['replace.null.with.default'] as boolean;
    const planOf = perSchema((schema): CopyPlan => {
      const fields = names.map((name) => {
        const field = fieldOf(schema, name);
        if (field === undefined) throw dataFault(`Field does not exist: ${name}`);
        return field;
      });
      return { schema: buildStruct(fields, {}), from: fields.map((field) => field.index) };
    });
    return (record) => {
      if (record.valueSchema === null) {
        const map = requireMap(record.value, 'copying fields from value to key');
        const key = new Map<Value, Value>();
        for (const name of names) key.set(name, map.get(name) ?? null);
        return record.withKey(null, key);
      }
      const struct = requireStruct(record.value, 'copying fields from value to key');
      const key = copyCells(planOf(record.valueSchema), struct, replaceNull);
      return record.withKey(key.schema, key);
    };
  },
};
