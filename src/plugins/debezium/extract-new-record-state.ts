// Unwraps change events: the value becomes the row after the change (before it, for rewritten deletes).
//
// All that depends on the schema (which cells to copy, where the added fields are, the new schema) is planned once per
// envelope schema; a record costs one array of cells, one struct and one record.
//
// Odd facts of the reference, kept: `rewrite` modes and dropped fields replace nulls by defaults, the plain copy does not and
// refuses a null in a required column even when it has a default; `__deleted` is text.

import type { Transform, TransformDef, Warn } from '../../connect/plugins.ts';
import { ConnectRecord, type Header } from '../../connect/records.ts';
import { fieldOf, primitive, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { buildStruct, type CopyPlan, cellOrDefault, copyCells, nullOf, schemaBasics } from '../cells.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { structSample } from '../sample.ts';
import { type Addition, additionsOf, DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import { UNWRAP_CONFIG, type UnwrapOptions, unwrapOptions } from './extract-new-record-state-config.ts';
import { changeEvent, INT32, OPTIONAL_TEXT } from './sample-event.ts';
import { isSchemalessEnvelope, unwrapSchemaless } from './schemaless-envelope.ts';
import { AvailableRows, columnsToWatch } from './unavailable-values.ts';

const DELETED_FIELD = '__deleted';
const DELETED_SCHEMA = primitive('string', { optional: true });
const OP_OF_TOMBSTONE = primitive('string');

/** Debezium's `ExtractNewRecordState`. */
export const extractNewRecordState: TransformDef = {
  kind: 'transform',
  name: 'ExtractNewRecordState',
  classes: ['io.debezium.transforms.ExtractNewRecordState'],
  version: DEBEZIUM_VERSION,
  doc: 'Replaces a change event by the row itself. Two settings beyond the reference: "schemaless.envelopes" (true: events without a schema are unwrapped too; otherwise they pass unchanged, and the log says so) and "unavailable.values", for columns that an update of Postgres or Oracle does not carry: merge (default) takes them from the row before or leaves them out, drop leaves them out, keep writes the placeholder.',
  config: UNWRAP_CONFIG,
  examples: [
    {
      config: { 'add.fields': 'op,table' },
      given: changeEvent('u', [7, 'old'], [7, 'new']),
      gives: structSample(
        {
          id: [INT32, 7],
          name: [OPTIONAL_TEXT, 'new'],
          __op: [OPTIONAL_TEXT, 'u'],
          __table: [OPTIONAL_TEXT, 'orders'],
        },
        'shop.orders.Value',
        { topic: 'shop.orders' },
      ),
    },
    { config: { 'delete.tombstone.handling.mode': 'drop' }, given: changeEvent('d', [7, 'old'], null), gives: null },
  ],
  create: (parsed, _className, raw, warn) => unwrapper(unwrapOptions(parsed, raw), idleWarner(warn)),
};

/** What is known of one envelope schema. */
interface EnvelopePlan {
  readonly opIndex: number;
  readonly beforeIndex: number;
  readonly afterIndex: number;
  /** Schema of a delete whose value becomes null. */
  readonly afterSchema: Schema | null;
  readonly row: RowPlan | null;
  /** The plan of a row that lacks columns. */
  rowOf(schema: Schema): RowPlan;
  readonly oldRow: RowPlan | null;
  readonly headers: readonly Addition[];
  /** Null: no placeholder can occur. */
  readonly available: AvailableRows | null;
}
/** How a row is rebuilt: its own cells, then `__deleted` in rewrite modes, then the additions. */
interface RowPlan {
  readonly schema: Schema;
  readonly columnCount: number;
  readonly additions: readonly Addition[];
  readonly routeIndex: number;
}

/** Tells once a topic that its records are no change events; those that accompany change events are none either, and fine. */
function idleWarner(warn: Warn | undefined): (record: ConnectRecord) => ConnectRecord {
  const told = new Set<string>();
  return (record) => {
    const { topic, valueSchema, value } = record;
    if (warn === undefined || told.has(topic) || told.size >= TOPICS_TOLD_MAX) return record;
    if (valueSchema?.name !== undefined && COMPANIONS.test(valueSchema.name)) return record;
    told.add(topic);
    const hint = isSchemalessEnvelope(value)
      ? 'they look like change events without schema: set schemaless.envelopes to true'
      : 'the rows may be flat already: remove the transform, or guard it with a predicate';
    warn(
      `Records of topic "${topic}" are not change events, so ExtractNewRecordState leaves them as they are; ${hint}.`,
    );
    return record;
  };
}

const TOPICS_TOLD_MAX = 1000;
const COMPANIONS = /\.(?:Heartbeat|SchemaChangeValue|TransactionMetadataValue|Notification)$/;

function unwrapper(options: UnwrapOptions, idle: (record: ConnectRecord) => ConnectRecord): Transform {
  const rewrites = options.mode === 'rewrite' || options.mode === 'rewrite-with-tombstone';
  const planOf = perSchema((schema) => (isEnvelope(schema) ? planEnvelope(schema, options, rewrites) : null));
  const dropFields = options.dropHeader === null ? null : fieldDropper(options, options.dropHeader);

  return (record) => {
    const envelope = record.value;
    if (envelope === null) return tombstone(record, options);
    const schema = record.valueSchema;
    if (schema === null) {
      const out = options.schemaless ? unwrapSchemaless(record, options, rewrites) : record;
      return out === record ? idle(record) : out;
    }
    const plan = planOf(schema);
    if (plan === null || !(envelope instanceof Struct)) return idle(record);
    const op = cellAt(envelope, plan.opIndex);
    if (op === 't' || op === 'm') return null;
    const after = cellAt(envelope, plan.afterIndex);
    const out =
      after === null
        ? deleted(record, envelope, plan, options, rewrites)
        : changed(record, envelope, plan, options, rewrites);
    return dropFields === null || out === null ? out : dropFields(out);
  };
}

function cellAt(struct: Struct, index: number): Value {
  return index < 0 ? null : (struct.cells[index] ?? null);
}

/** A record that stands for a create, update or read. */
function changed(
  record: ConnectRecord,
  envelope: Struct,
  plan: EnvelopePlan,
  options: UnwrapOptions,
  rewrites: boolean,
): ConnectRecord {
  const given = envelope.cells[plan.afterIndex] as Struct;
  const row = plan.available === null ? given : plan.available.of(given, cellAt(envelope, plan.beforeIndex));
  const value = rebuild(
    row,
    row.schema === given.schema ? plan.row! : plan.rowOf(row.schema),
    envelope,
    rewrites ? 'false' : null,
    rewrites && options.replaceNull,
  );
  const topic = options.routeBy === '' ? record.topic : routed(record.topic, given, plan.row, options, rewrites);
  return unwrapped(record, topic, value.schema, value, headersOf(record, envelope, plan));
}

/** A record that stands for a delete. */
function deleted(
  record: ConnectRecord,
  envelope: Struct,
  plan: EnvelopePlan,
  options: UnwrapOptions,
  rewrites: boolean,
): ConnectRecord | null {
  if (options.mode === 'drop') return null;
  const row = cellAt(envelope, plan.beforeIndex);
  const headers = headersOf(record, envelope, plan);
  const topic = options.routeBy === '' ? record.topic : routed(record.topic, row, plan.oldRow, options, rewrites);
  if (!rewrites || row === null) {
    return unwrapped(record, topic, options.mode === 'delete-to-tombstone' ? null : plan.afterSchema, null, headers);
  }
  const value = rebuild(row as Struct, plan.oldRow!, envelope, 'true', options.replaceNull);
  return unwrapped(record, topic, value.schema, value, headers);
}

function headersOf(record: ConnectRecord, envelope: Struct, plan: EnvelopePlan): readonly Header[] {
  return plan.headers.length === 0 ? record.headers : withAddedHeaders(record, envelope, plan.headers);
}

function planEnvelope(envelope: Schema, options: UnwrapOptions, rewrites: boolean): EnvelopePlan {
  const before = fieldOf(envelope, 'before');
  const after = fieldOf(envelope, 'after');
  const additions = additionsOf(envelope, options.fields);
  const source = fieldOf(envelope, 'source')?.schema.name;
  const watched = options.unavailable === 'keep' || after === undefined ? [] : columnsToWatch(after.schema, source);
  const rowPlan = (row: Schema | undefined) =>
    row === undefined || row.kind !== 'struct' ? null : planRow(row, additions, options, rewrites);
  return {
    opIndex: fieldOf(envelope, 'op')?.index ?? -1,
    beforeIndex: before?.index ?? -1,
    afterIndex: after?.index ?? -1,
    afterSchema: after?.schema ?? null,
    row: rowPlan(after?.schema),
    rowOf: perSchema((schema) => planRow(schema, additions, options, rewrites)),
    available: watched.length === 0 ? null : new AvailableRows(watched, options.unavailable),
    oldRow: after?.schema === before?.schema ? rowPlan(after?.schema) : rowPlan(before?.schema),
    headers: additionsOf(envelope, options.headers),
  };
}

function planRow(row: Schema, additions: readonly Addition[], options: UnwrapOptions, rewrites: boolean): RowPlan {
  const columns = row.fields ?? [];
  return {
    schema: buildStruct(
      [...columns, ...(rewrites ? [{ name: DELETED_FIELD, schema: DELETED_SCHEMA }] : []), ...additions],
      schemaBasics(row),
    ),
    columnCount: columns.length,
    additions,
    routeIndex: options.routeBy === '' ? -1 : (fieldOf(row, options.routeBy)?.index ?? -1),
  };
}

function rebuild(row: Struct, plan: RowPlan, envelope: Struct, deleted: string | null, replaceNull: boolean): Struct {
  const { schema, columnCount, additions } = plan;
  const cells = row.cells;
  const copied = new Array<Value>(schema.fields!.length);
  for (let i = 0; i < columnCount; i++) {
    const cell = cells[i];
    copied[i] = cell === null || cell === undefined ? nullOf(schema, i, replaceNull) : cell;
  }
  let at = columnCount;
  if (deleted !== null) copied[at++] = deleted;
  for (let i = 0; i < additions.length; i++) copied[at++] = addedCell(additions[i]!, envelope);
  return new Struct(schema, copied);
}

function addedCell(addition: Addition, envelope: Struct): Value {
  const value = addedValue(addition, envelope);
  if (value !== null && addition.schema.kind === 'struct') {
    throw dataFault(`"${addition.name}" is a struct: Struct schemas do not match.`, 'Add its fields one by one.');
  }
  return value;
}

function addedValue({ structIndex, field }: Addition, envelope: Struct): Value {
  if (structIndex < 0) return cellOrDefault(envelope, field, true);
  const struct = envelope.cells[structIndex];
  return struct instanceof Struct ? cellOrDefault(struct, field, true) : null;
}

function withAddedHeaders(record: ConnectRecord, envelope: Struct, additions: readonly Addition[]): readonly Header[] {
  const headers = record.headers.slice();
  for (let i = 0; i < additions.length; i++) {
    const addition = additions[i]!;
    const value = addedValue(addition, envelope);
    const bare = addition.schema.kind === 'struct' && value !== null ? new Struct(addition.schema, []) : value;
    headers.push({ key: addition.name, schema: addition.schema, value: bare });
  }
  return headers;
}

function tombstone(record: ConnectRecord, options: UnwrapOptions): ConnectRecord | null {
  if (options.mode !== 'rewrite-with-tombstone') return null;
  const op = options.headers.find((reference) => reference.struct === null && reference.field === 'op');
  if (op === undefined) return record;
  return record.withHeaders([...record.headers, { key: op.name, schema: OP_OF_TOMBSTONE, value: 'd' }]);
}

/** The topic that the row's field names. A null is its default only where the row is rewritten: the reference routes by the new row. */
function routed(topic: string, row: Value, plan: RowPlan | null, options: UnwrapOptions, rewrites: boolean): string {
  const field = options.routeBy;
  if (!(row instanceof Struct) || plan === null) return topic;
  const routeField = plan.routeIndex < 0 ? undefined : row.schema.fields![plan.routeIndex];
  if (routeField === undefined) throw dataFault(`${field} is not a valid field name`);
  const value = cellOrDefault(row, routeField, rewrites && options.replaceNull);
  if (routeField.schema.kind !== 'string') throw dataFault(`Field '${field}' is not of type STRING`);
  return value === null || value === '' ? topic : (value as string);
}

function unwrapped(
  record: ConnectRecord,
  topic: string,
  valueSchema: Schema | null,
  value: Value,
  headers: readonly Header[],
): ConnectRecord {
  return new ConnectRecord({
    topic,
    partition: record.partition,
    keySchema: record.keySchema,
    key: record.key,
    valueSchema,
    value,
    timestampMs: record.timestampMs,
    headers,
    origin: record.origin,
    sourcePartition: record.sourcePartition,
    sourceOffset: record.sourceOffset,
  });
}

/** Removes the fields that a header of the record names. */
function fieldDropper(options: UnwrapOptions, headerName: string): (record: ConnectRecord) => ConnectRecord {
  const plans = perSchema(() => new Map<string, CopyPlan>());
  const without = (struct: Struct, names: readonly string[]): Struct => {
    const dropped = options.dropOnlyOptional
      ? names.filter((name) => fieldOf(struct.schema, name)?.schema.optional === true)
      : names;
    if (dropped.length === 0) return struct;
    const known = plans(struct.schema);
    const cacheKey = dropped.join(',');
    let plan = known.get(cacheKey);
    if (plan === undefined) {
      const kept = (struct.schema.fields ?? []).filter((field) => !dropped.includes(field.name));
      plan = { schema: buildStruct(kept, schemaBasics(struct.schema)), from: kept.map((field) => field.index) };
      known.set(cacheKey, plan);
    }
    return copyCells(plan, struct, options.replaceNull);
  };
  return (record) => {
    const names = record.headers.findLast((header) => header.key === headerName)?.value;
    if (!Array.isArray(names) || names.length === 0) return record;
    let out = record;
    if (options.dropFromKey && out.key instanceof Struct) {
      const key = without(out.key, names as string[]);
      if (key !== out.key) out = out.withKey(key.schema, key);
    }
    if (out.value instanceof Struct) {
      const value = without(out.value, names as string[]);
      if (value !== out.value) out = out.withValue(value.schema, value);
    }
    return out;
  };
}
