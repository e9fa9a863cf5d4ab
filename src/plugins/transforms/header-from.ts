// Moves or copies fields of the key or value to headers.

import type { TransformDef } from '../../connect/plugins.ts';
import type { Header } from '../../connect/records.ts';
import { nonEmptyList } from '../../core/config/checks.ts';
import { type Field, fieldOf, type Schema } from '../../core/data/schema.ts';
import {
  buildStruct,
  type CopyPlan,
  cellOrDefault,
  copyCells,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  schemaBasics,
} from '../cells.ts';
import { configFault, dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `HeaderFrom`. */
export const headerFrom: TransformDef = {
  kind: 'transform',
  name: 'HeaderFrom',
  classes: sidedClasses('HeaderFrom'),
  version: KAFKA_VERSION,
  doc: 'Moves or copies fields to headers of the record.',
  config: [
    {
      name: 'fields',
      type: 'LIST',
      importance: 'HIGH',
      doc: 'Fields whose values become headers.',
      check: nonEmptyList,
    },
    {
      name: 'headers',
      type: 'LIST',
      importance: 'HIGH',
      doc: 'Names of the headers, in the order of the fields.',
      check: nonEmptyList,
    },
    {
      name: 'operation',
      type: 'STRING',
      importance: 'HIGH',
      doc: 'move: the fields are removed. copy: they stay.',
      choices: ['move', 'copy'],
    },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { fields: 'tenant', headers: 'x-tenant', operation: 'move' },
      given: sample({ value: entries({ id: 7, tenant: 'kr' }) }),
      gives: sample({ value: entries({ id: 7 }), headers: [{ key: 'x-tenant', schema: null, value: 'kr' }] }),
    },
  ],
  create: (config, className) => {
    const onKey = actsOnKey(className);
    const fields = config['fields'] as readonly string[];
    const names = config['headers'] as readonly string[];
    const moves = config['operation'] === 'move';
    const replaceNull = config['replace.null.with.default'] as boolean;
    if (fields.length !== names.length) {
      throw configFault("'fields' config must have the same number of elements as 'headers' config.");
    }
    const planOf = perSchema((schema) => planHeaders(schema, fields));
    return (record) => {
      const value = valueOn(record, onKey);
      const schema = schemaOn(record, onKey);
      const headers: Header[] = record.headers.slice();
      if (schema === null) {
        const map = requireMap(value, 'header from');
        for (let i = 0; i < fields.length; i++) {
          headers.push({ key: names[i]!, schema: null, value: map.get(fields[i]!) ?? null });
        }
        const rest = moves ? new Map([...map].filter(([key]) => !fields.includes(key as string))) : map;
        return replacedOn(record, onKey, null, rest).withHeaders(headers);
      }
      const struct = requireStruct(value, 'header from');
      const plan = planOf(schema);
      for (let i = 0; i < names.length; i++) {
        const field = plan.fields[i]!;
        headers.push({ key: names[i]!, schema: field.schema, value: cellOrDefault(struct, field, replaceNull) });
      }
      if (!replaceNull) refuseNulls(headers, record.headers.length);
      if (!moves) return record.withHeaders(headers);
      const rest = copyCells(plan.rest, struct, replaceNull);
      return replacedOn(record, onKey, rest.schema, rest).withHeaders(headers);
    };
  },
};

function planHeaders(
  schema: Schema,
  names: readonly string[],
): { readonly fields: readonly Field[]; readonly rest: CopyPlan } {
  const fields = names.map((name) => {
    const field = fieldOf(schema, name);
    if (field === undefined) throw dataFault(`Field does not exist: ${name}`);
    return field;
  });
  const rest = (schema.fields ?? []).filter((field) => !names.includes(field.name));
  return { fields, rest: { schema: buildStruct(rest, schemaBasics(schema)), from: rest.map((field) => field.index) } };
}

/** A header's value must fit its schema too. */
function refuseNulls(headers: readonly Header[], from: number): void {
  for (let i = from; i < headers.length; i++) {
    const { key, schema, value } = headers[i]!;
    if (value === null && schema !== null && !schema.optional) {
      throw dataFault(
        `Invalid value: null used for required field: "${key}", schema type: ${schema.kind.toUpperCase()}`,
      );
    }
  }
}
