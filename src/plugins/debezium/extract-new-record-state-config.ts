// Settings of ExtractNewRecordState.

import type { ConfigDef, ParsedConfig, RawConfig } from '../../core/config/define.ts';
import { type FieldReference, fieldReferences } from './envelope.ts';
import { type UnavailableMode, unavailableMode } from './unavailable-values.ts';

const MODES = ['drop', 'tombstone', 'rewrite', 'rewrite-with-tombstone', 'delete-to-tombstone'] as const;
type DeleteMode = (typeof MODES)[number];

const common = { importance: 'LOW', order: 1 } as const;
export const UNWRAP_CONFIG: ConfigDef = [
  {
    ...common,
    name: 'delete.tombstone.handling.mode',
    type: 'STRING',
    fallback: 'tombstone',
    importance: 'MEDIUM',
    width: 'MEDIUM',
    displayName: 'Handle delete and tombstone records',
    doc: 'What becomes of a delete and of the tombstone after it. drop: both are dropped. tombstone (default): the delete becomes a null value, the tombstone is dropped. rewrite: the delete becomes the old row with __deleted "true", the tombstone is dropped. rewrite-with-tombstone: the same, but the tombstone is kept. delete-to-tombstone: the delete becomes a tombstone.',
    choices: MODES,
  },
  {
    ...common,
    name: 'route.by.field',
    type: 'STRING',
    fallback: '',
    width: 'LONG',
    displayName: 'Route by field name',
    doc: 'A text column whose value becomes the topic of the record.',
  },
  {
    ...common,
    name: 'add.fields.prefix',
    type: 'STRING',
    fallback: '__',
    width: 'SHORT',
    displayName: 'Field prefix to be added to each field.',
    doc: 'Put before the name of each added field.',
  },
  {
    ...common,
    name: 'add.fields',
    type: 'LIST',
    fallback: [],
    width: 'LONG',
    displayName: 'Adds the specified field(s) to the message if they exist.',
    doc: 'Parts of the change event to add to the row: op, ts_ms, table, source.ts_ms, transaction.id, lsn:position. A bare name is looked for in source, then in the event; a name after a colon replaces the derived one.',
  },
  {
    ...common,
    name: 'add.headers.prefix',
    type: 'STRING',
    fallback: '__',
    width: 'SHORT',
    displayName: 'Header prefix to be added to each header.',
    doc: 'Put before the name of each added header.',
  },
  {
    ...common,
    name: 'add.headers',
    type: 'LIST',
    fallback: [],
    width: 'LONG',
    displayName: 'Adds the specified fields to the header if they exist.',
    doc: 'Parts of the change event to add as headers, named as in add.fields.',
  },
  {
    ...common,
    name: 'drop.fields.header.name',
    type: 'STRING',
    fallback: null,
    width: 'SHORT',
    displayName: 'Specifies a header that contains a list of field names to be removed',
    doc: 'A header that holds a list of names: these fields are removed from the row.',
  },
  {
    ...common,
    name: 'drop.fields.from.key',
    type: 'BOOLEAN',
    fallback: false,
    width: 'SHORT',
    displayName: 'Specifies whether the fields to be dropped should also be omitted from the key',
    doc: 'Whether the fields named by that header are removed from the key too.',
  },
  {
    ...common,
    name: 'drop.fields.keep.schema.compatible',
    type: 'BOOLEAN',
    fallback: true,
    width: 'SHORT',
    displayName: "Specifies if fields are dropped, will the event's schemas be compatible",
    doc: 'Whether only optional fields may be removed, so that readers of the old schema can read the new one.',
  },
];

/** The settings as the transform uses them. */
export interface UnwrapOptions {
  readonly mode: DeleteMode;
  readonly routeBy: string;
  readonly fields: readonly FieldReference[];
  readonly headers: readonly FieldReference[];
  readonly dropHeader: string | null;
  readonly dropFromKey: boolean;
  readonly dropOnlyOptional: boolean;
  readonly replaceNull: boolean;
  readonly schemaless: boolean;
  /** What becomes of columns that the event does not carry. */
  readonly unavailable: UnavailableMode;
}

/** The options of parsed settings. */
export function unwrapOptions(parsed: ParsedConfig, raw: RawConfig): UnwrapOptions {
  return {
    mode: parsed['delete.tombstone.handling.mode'] as DeleteMode,
    routeBy: (parsed['route.by.field'] ?? '') as string,
    fields: fieldReferences(parsed['add.fields'] as readonly string[], (parsed['add.fields.prefix'] ?? '') as string),
    headers: fieldReferences(
      parsed['add.headers'] as readonly string[],
      (parsed['add.headers.prefix'] ?? '') as string,
    ),
    dropHeader: parsed['drop.fields.header.name'] as string | null,
    dropFromKey: parsed['drop.fields.from.key'] as boolean,
    dropOnlyOptional: parsed['drop.fields.keep.schema.compatible'] as boolean,
    // Not in the definition of the reference, yet read by it: what is no boolean counts as the default.
    replaceNull: (raw['replace.null.with.default'] ?? 'true').trim().toLowerCase() !== 'false',
    schemaless: (raw['schemaless.envelopes'] ?? 'false').trim().toLowerCase() === 'true',
    unavailable: unavailableMode(raw['unavailable.values']),
  };
}
