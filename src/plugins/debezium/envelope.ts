// What Debezium's change events have in common: the envelope, and how settings name parts of it.

import { type Field, fieldOf, type Schema } from '../../core/data/schema.ts';
import { schemaBasics } from '../cells.ts';
import { configFault, dataFault } from '../faults.ts';

/** Version reported by the plugins of this folder: the Debezium level they follow. */
export const DEBEZIUM_VERSION = '3.6.3.Final';

/** True for the schema of a change event. */
export function isEnvelope(schema: Schema | null): schema is Schema {
  return schema?.kind === 'struct' && schema.name?.endsWith('.Envelope') === true;
}

/** A part of an envelope that is added to a row or to the headers: `op`, `source.ts_ms`, `table:t`. */
export interface FieldReference {
  /** Struct of the envelope that holds it; null: the envelope itself. */
  readonly struct: string | null;
  readonly field: string;
  /** Name it gets, prefix included. */
  readonly name: string;
}

const OF_ENVELOPE = new Set(['op', 'ts_ms', 'ts_us', 'ts_ns']);
const OF_TRANSACTION = new Set(['id', 'total_order', 'data_collection_order']);

/** The references of a list setting. */
export function fieldReferences(entries: readonly string[], prefix: string): readonly FieldReference[] {
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => fieldReference(entry, prefix));
}

function fieldReference(entry: string, prefix: string): FieldReference {
  const [path, alias, ...rest] = entry.split(':');
  if (path === undefined || path === '' || rest.length > 0) {
    throw configFault(
      `Unexpected field name: ${entry}`,
      'Write field, struct.field, or either with :new_name behind it.',
    );
  }
  const parts = path.split('.');
  const named = parts.length > 1;
  const field = named ? parts[1]! : parts[0]!;
  const struct = named ? parts[0]! : structHolding(field);
  const plain = named ? `${struct}_${field}` : field;
  return { struct, field, name: prefix + (alias === undefined || alias === '' ? plain : alias) };
}

/** Where a field that is named without its struct is looked for first. */
function structHolding(field: string): string | null {
  if (OF_ENVELOPE.has(field)) return null;
  if (OF_TRANSACTION.has(field)) return 'transaction';
  return field === 'updateDescription' ? 'updateDescription' : 'source';
}

/** Where a reference points to in one envelope schema. */
export interface Addition {
  readonly name: string;
  /** The referenced schema made optional. */
  readonly schema: Schema;
  /** Index in the envelope of the struct that holds the field; −1: the envelope itself. */
  readonly structIndex: number;
  readonly fieldIndex: number;
  readonly field: Field;
}

/** The references that this envelope has; those it has not are left out. Throws when a struct is missing. */
export function additionsOf(envelope: Schema, references: readonly FieldReference[]): readonly Addition[] {
  const additions: Addition[] = [];
  for (const { struct, field: fieldName, name } of references) {
    const holder = struct === null ? undefined : fieldOf(envelope, struct);
    if (struct !== null && holder === undefined) {
      throw dataFault(`The change event has no struct "${struct}", of which "${fieldName}" is to be added.`);
    }
    const inner = holder === undefined ? undefined : fieldOf(holder.schema, fieldName);
    const field = inner ?? fieldOf(envelope, fieldName);
    if (field === undefined) continue;
    additions.push({
      name,
      schema: optionalCopy(field.schema),
      structIndex: inner === undefined ? -1 : holder!.index,
      fieldIndex: field.index,
      field,
    });
  }
  return additions;
}

/** The schema made optional, without its default. A struct loses its fields: the reference copies it so, and then refuses values. */
export function optionalCopy(schema: Schema): Schema {
  const copy: { -readonly [K in keyof Schema]?: Schema[K] } = {
    kind: schema.kind,
    ...schemaBasics(schema),
    optional: true,
  };
  if (schema.items !== undefined) copy.items = schema.items;
  if (schema.keys !== undefined) copy.keys = schema.keys;
  if (schema.kind === 'struct') copy.fields = [];
  return copy as Schema;
}
