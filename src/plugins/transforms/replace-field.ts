// Filters and renames fields.

import type { TransformDef } from '../../connect/plugins.ts';
import { pairs, splitPair } from '../../core/config/checks.ts';
import type { Schema, Value } from '../../core/data/schema.ts';
import {
  buildStruct,
  type CopyPlan,
  copyCells,
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  schemaBasics,
} from '../cells.ts';
import { perSchema } from '../per-schema.ts';
import { entries, sample } from '../sample.ts';
import { actsOnKey, KAFKA_VERSION, replacedOn, schemaOn, sidedClasses, valueOn } from './side.ts';

/** Kafka's `ReplaceField`. */
export const replaceField: TransformDef = {
  kind: 'transform',
  name: 'ReplaceField',
  classes: sidedClasses('ReplaceField'),
  version: KAFKA_VERSION,
  doc: 'Removes and renames fields.',
  config: [
    { name: 'exclude', type: 'LIST', fallback: [], importance: 'MEDIUM', doc: 'Fields to remove; wins over include.' },
    { name: 'blacklist', type: 'LIST', fallback: null, importance: 'LOW', doc: 'Old name of exclude.' },
    {
      name: 'include',
      type: 'LIST',
      fallback: [],
      importance: 'MEDIUM',
      doc: 'Fields to keep; empty keeps all. Names before renaming.',
    },
    { name: 'whitelist', type: 'LIST', fallback: null, importance: 'LOW', doc: 'Old name of include.' },
    {
      name: 'renames',
      type: 'LIST',
      fallback: [],
      importance: 'MEDIUM',
      doc: 'New names, as old:new, ….',
      check: pairs,
    },
    REPLACE_NULL_WITH_DEFAULT,
  ],
  examples: [
    {
      config: { exclude: 'note', renames: 'id:order_id' },
      given: sample({ value: entries({ id: 7, note: 'x', name: 'Ann' }) }),
      gives: sample({ value: entries({ order_id: 7, name: 'Ann' }) }),
    },
  ],
  create: (config, className, raw) => {
    const onKey = actsOnKey(className);
    const replaceNull = config['replace.null.with.default'] as boolean;
    const listed = (name: string, oldName: string) =>
      new Set((name in raw ? config[name] : (config[oldName] ?? config[name])) as readonly string[]);
    const exclude = listed('exclude', 'blacklist');
    const include = listed('include', 'whitelist');
    const renames = new Map((config['renames'] as readonly string[]).map((entry) => splitPair(entry)!));
    const keeps = (name: string) => !exclude.has(name) && (include.size === 0 || include.has(name));
    const planOf = perSchema((schema) => planRest(schema, keeps, renames));
    return (record) => {
      const value = valueOn(record, onKey);
      if (value === null) return record;
      const schema = schemaOn(record, onKey);
      if (schema !== null) {
        const rest = copyCells(planOf(schema), requireStruct(value, 'field replacement'), replaceNull);
        return replacedOn(record, onKey, rest.schema, rest);
      }
      const rest = new Map<Value, Value>();
      for (const [name, item] of requireMap(value, 'field replacement')) {
        if (keeps(name as string)) rest.set(renames.get(name as string) ?? name, item);
      }
      return replacedOn(record, onKey, null, rest);
    };
  },
};

function planRest(schema: Schema, keeps: (name: string) => boolean, renames: ReadonlyMap<string, string>): CopyPlan {
  const kept = (schema.fields ?? []).filter((field) => keeps(field.name));
  return {
    schema: buildStruct(
      kept.map((field) => ({ name: renames.get(field.name) ?? field.name, schema: field.schema })),
      schemaBasics(schema),
    ),
    from: kept.map((field) => field.index),
  };
}
