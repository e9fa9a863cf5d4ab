// Adds headers that name the columns an update changed, or left.

import type { TransformDef } from '../../connect/plugins.ts';
import type { Header } from '../../connect/records.ts';
import { sameValue } from '../../core/data/same-schema.ts';
import { arrayOf, fieldOf, primitive, Struct } from '../../core/data/schema.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import { changeEvent } from './sample-event.ts';
import { LOW } from './setting-checks.ts';

/** Debezium's `ExtractChangedRecordState`. */
export const extractChangedRecordState: TransformDef = {
  kind: 'transform',
  name: 'ExtractChangedRecordState',
  classes: ['io.debezium.transforms.ExtractChangedRecordState'],
  version: DEBEZIUM_VERSION,
  doc: 'Adds headers with the names of the columns that an update changed and of those it left. Other events get empty lists.',
  config: [
    {
      ...LOW,
      name: 'header.changed.name',
      type: 'STRING',
      fallback: null,
      width: 'LONG',
      displayName: 'Header change name.',
      doc: 'Name of the header for changed columns; without it there is none.',
    },
    {
      ...LOW,
      name: 'header.unchanged.name',
      type: 'STRING',
      fallback: null,
      width: 'LONG',
      displayName: 'Header unchanged name.',
      doc: 'Name of the header for unchanged columns; without it there is none.',
    },
  ],
  examples: [
    {
      config: { 'header.changed.name': 'changed' },
      given: changeEvent('u', [7, 'old'], [7, 'new']),
      gives: changeEvent('u', [7, 'old'], [7, 'new'], {
        headers: [{ key: 'changed', schema: schemaOf('changed'), value: ['name'] }],
      }),
    },
  ],
  create: (config) => {
    const changedSchema = schemaOf(config['header.changed.name'] as string | null);
    const unchangedSchema = schemaOf(config['header.unchanged.name'] as string | null);
    if (changedSchema === null && unchangedSchema === null) return (record) => record;
    return (record) => {
      const { value } = record;
      if (!isEnvelope(record.valueSchema) || !(value instanceof Struct)) return record;
      const { changed, unchanged } = compare(value);
      const headers: Header[] = record.headers.slice();
      if (changedSchema !== null) headers.push({ key: changedSchema.name!, schema: changedSchema, value: changed });
      if (unchangedSchema !== null)
        headers.push({ key: unchangedSchema.name!, schema: unchangedSchema, value: unchanged });
      return record.withHeaders(headers);
    };
  },
};

function schemaOf(name: string | null) {
  return name === null || name === ''
    ? null
    : arrayOf(primitive('string', { optional: true }), { name, optional: true });
}

function compare(envelope: Struct): { readonly changed: string[]; readonly unchanged: string[] } {
  const changed: string[] = [];
  const unchanged: string[] = [];
  const before = envelope.get('before');
  const after = envelope.get('after');
  if (before instanceof Struct && after instanceof Struct) {
    for (const field of after.schema.fields ?? []) {
      const old = fieldOf(before.schema, field.name);
      const oldCell = old === undefined ? null : (before.cells[old.index] ?? null);
      (sameValue(oldCell, after.cells[field.index] ?? null) ? unchanged : changed).push(field.name);
    }
  }
  return { changed, unchanged };
}
