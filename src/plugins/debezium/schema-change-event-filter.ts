// Drops schema change events of the given kinds.

import type { TransformDef } from '../../connect/plugins.ts';
import { Struct, type Value } from '../../core/data/schema.ts';
import { configFault } from '../faults.ts';
import { sample } from '../sample.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { required } from './setting-checks.ts';

const KINDS = ['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'DATABASE'];

/** Debezium's `SchemaChangeEventFilter`. */
export const schemaChangeEventFilter: TransformDef = {
  kind: 'transform',
  name: 'SchemaChangeEventFilter',
  classes: ['io.debezium.transforms.SchemaChangeEventFilter'],
  version: DEBEZIUM_VERSION,
  doc: 'Drops schema change events by kind; other records pass.',
  config: [
    {
      name: 'schema.change.event.exclude.list',
      type: 'STRING',
      fallback: null,
      importance: 'HIGH',
      order: 1,
      width: 'SHORT',
      displayName: 'Schema change event exclude list',
      doc: `Kinds to drop: ${KINDS.join(', ')}.`,
      check: required,
    },
  ],
  examples: [
    {
      config: { 'schema.change.event.exclude.list': 'DROP' },
      given: sample({ topic: 'shop', value: 'not a schema change' }),
      gives: sample({ topic: 'shop', value: 'not a schema change' }),
    },
  ],
  create: (config) => {
    const excluded = (config['schema.change.event.exclude.list'] as string).split(',').map((kind) => kind.trim());
    const unknown = excluded.find((kind) => !KINDS.includes(kind));
    if (unknown !== undefined) {
      throw configFault(`"${unknown}" is no kind of schema change.`, `Use any of: ${KINDS.join(', ')}.`);
    }
    return (record) => {
      const { value, valueSchema } = record;
      if (!(value instanceof Struct) || valueSchema?.name?.endsWith('.SchemaChangeValue') !== true) return record;
      const changes = value.get('tableChanges') ?? null;
      if (changes === null) return null;
      return excluded.includes(kindOf(changes)) ? null : record;
    };
  },
};

/** An event without table changes is about a database. */
function kindOf(changes: Value): string {
  const first = Array.isArray(changes) ? changes[0] : undefined;
  return first instanceof Struct ? String(first.get('type')) : 'DATABASE';
}
