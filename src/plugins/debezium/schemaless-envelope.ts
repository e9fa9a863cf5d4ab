// Unwraps change events that carry no schema (JSON with schemas off): maps instead of structs. The reference passes them on
// unchanged; users expect otherwise, so it is an option.

import type { ConnectRecord, Header } from '../../connect/records.ts';
import type { Value } from '../../core/data/schema.ts';
import type { FieldReference } from './envelope.ts';
import { settleUnavailable, type UnavailableMode } from './unavailable-values.ts';

interface SchemalessOptions {
  readonly mode: string;
  readonly fields: readonly FieldReference[];
  readonly headers: readonly FieldReference[];
  readonly unavailable: UnavailableMode;
}

/** The row of a schemaless change event; a value that is none passes unchanged. Deletes follow the same modes as with schema. */
export function unwrapSchemaless(
  record: ConnectRecord,
  options: SchemalessOptions,
  rewrites: boolean,
): ConnectRecord | null {
  const envelope = record.value;
  if (!(envelope instanceof Map) || !isSchemalessEnvelope(envelope)) return record;
  const op = envelope.get('op');
  if (op === 't' || op === 'm') return null;
  const after = envelope.get('after') ?? null;
  const isDelete = after === null;
  if (isDelete && options.mode === 'drop') return null;
  const headers = [...record.headers];
  addParts(envelope, options.headers, (name, value) =>
    headers.push({ key: name, schema: null, value } satisfies Header),
  );
  const row = isDelete ? envelope.get('before') : after;
  if ((isDelete && !rewrites) || !(row instanceof Map))
    return record.withParts(record.keySchema, record.key, null, null, headers);
  const value = new Map(row);
  if (!isDelete) settleUnavailable(value, envelope.get('before') ?? null, options.unavailable);
  if (rewrites) value.set('__deleted', isDelete ? 'true' : 'false');
  addParts(envelope, options.fields, (name, part) => value.set(name, part));
  return record.withParts(record.keySchema, record.key, null, value, headers);
}

/** True for a value without schema that is a change event by its members. */
export function isSchemalessEnvelope(value: Value): boolean {
  return value instanceof Map && value.has('op') && value.get('source') instanceof Map;
}

function addParts(
  envelope: Map<Value, Value>,
  references: readonly FieldReference[],
  add: (name: string, value: Value) => void,
): void {
  for (const { struct, field, name } of references) {
    const holder = struct === null ? envelope : envelope.get(struct);
    if (holder instanceof Map && holder.has(field)) add(name, holder.get(field)!);
    else if (envelope.has(field)) add(name, envelope.get(field)!);
    else if (holder === null) add(name, null);
  }
}
