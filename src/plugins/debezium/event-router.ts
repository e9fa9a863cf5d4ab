// The outbox pattern: rows of an outbox table become events on topics of their own.

import type { Transform, TransformDef, Warn } from '../../connect/plugins.ts';
import { ConnectRecord, type Header } from '../../connect/records.ts';
import { toBigInt } from '../../core/data/long.ts';
import {
  type Field,
  fieldOf,
  type Long,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { cellOrDefault } from '../cells.ts';
import { dataFault } from '../faults.ts';
import { sample } from '../sample.ts';
import { topicRenamer } from '../transforms/regex-router.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import {
  EVENT_ROUTER_CONFIG,
  knownPlacement,
  type Placement,
  type RouterOptions,
  routerOptions,
} from './event-router-config.ts';
import { expandJson } from './expand-json.ts';
import { changeEvent, INT32, OPTIONAL_TEXT } from './sample-event.ts';

/** Debezium's outbox `EventRouter`. */
export const eventRouter: TransformDef = {
  kind: 'transform',
  name: 'EventRouter',
  classes: ['io.debezium.transforms.outbox.EventRouter'],
  version: DEBEZIUM_VERSION,
  doc: 'Turns rows inserted into an outbox table into events: topic, key, payload and headers come from columns.',
  config: EVENT_ROUTER_CONFIG,
  examples: [
    {
      config: { 'route.by.field': 'name', 'table.field.event.payload': 'name', 'table.field.event.key': 'id' },
      given: changeEvent('c', null, [7, 'created']),
      gives: sample({
        topic: 'outbox.event.created',
        keySchema: INT32,
        key: 7,
        valueSchema: OPTIONAL_TEXT,
        value: 'created',
        timestampMs: 1_700_000_000_000,
        headers: [{ key: 'id', schema: INT32, value: 7 }],
      }),
    },
  ],
  create: (config, _className, raw, warn) => router(routerOptions(config, raw), updateWarner(warn)),
};

const MISSING_KEY = primitive('string');

/** Tells of the first dropped update of a topic: an outbox that is updated at all is updated often. */
function updateWarner(warn: Warn | undefined): (topic: string) => void {
  const told = new Set<string>();
  return (topic) => {
    if (warn === undefined || told.has(topic) || told.size >= TOPICS_TOLD_MAX) return;
    told.add(topic);
    warn(
      `An update message was received in the outbox table of topic "${topic}"; it is dropped, and so are others like it.`,
    );
  };
}

const TOPICS_TOLD_MAX = 1000;

function router(options: RouterOptions, dropped: (topic: string) => void): Transform {
  const rename = topicRenamer(options.topicRegex, options.topicReplacement);
  return (record) => {
    const envelope = record.value;
    if (envelope === null) return null;
    if (!isEnvelope(record.valueSchema) || !(envelope instanceof Struct)) return record;
    const op = envelope.get('op');
    if (op === 'u') {
      if (options.invalidOp !== 'fatal') {
        dropped(record.topic);
        return null;
      }
      throw new TributaryError('TRIB_DATA_TRANSFORM', 'fatal', {
        what: 'Unexpected update message received in the outbox table.',
        fix: 'Only insert into the outbox, or set table.op.invalid.behavior to warn.',
      });
    }
    if (op !== 'c' && op !== 'r') return null;
    if (record.origin !== null && record.sourcePartition === null) {
      throw new TributaryError('TRIB_DATA_TRANSFORM', 'fatal', {
        what: 'A sink cannot route outbox rows: it has no say over topics and partitions.',
        fix: 'Use EventRouter where records are written: in a source connector or in DebeziumUnwrap.',
      });
    }
    const row = envelope.get('after');
    if (!(row instanceof Struct)) return null;
    return eventOf(record, envelope, row, options, rename);
  };
}

function eventOf(
  record: ConnectRecord,
  envelope: Struct,
  row: Struct,
  options: RouterOptions,
  rename: (topic: string) => string | null,
): ConnectRecord {
  const id = column(row, options.idField);
  const payload = column(row, options.payloadField);
  const route = text(row, options.routeBy);
  const key = fieldOf(row.schema, options.keyField);
  const headers: Header[] = [...record.headers, { key: 'id', schema: id.schema, value: cellOf(row, id) }];
  const value = eventValue(row, payload, route, headers, options);
  return new ConnectRecord({
    topic: rename(route) ?? route,
    partition: partitionOf(row, options.placements, options.ignoreMissing),
    keySchema: key === undefined ? MISSING_KEY : key.schema,
    key: key === undefined ? null : cellOf(row, key),
    valueSchema: value.schema,
    value: value.value,
    timestampMs: timestampOf(row, envelope, options.timestampField),
    headers,
    origin: record.origin,
    sourcePartition: record.sourcePartition,
    sourceOffset: record.sourceOffset,
  });
}

/** Payload, or a struct of it and the columns placed in the envelope. Adds the columns placed in headers. */
function eventValue(
  row: Struct,
  payload: Field,
  route: string,
  headers: Header[],
  options: RouterOptions,
): { readonly schema: Schema | null; readonly value: Value } {
  let schema: Schema | null = payload.schema;
  let value = cellOf(row, payload);
  if (options.expand && typeof value === 'string') {
    const expanded = expandJson(value, options.payloadField, options.expandRules);
    if (expanded !== null) ({ schema, value } = expanded);
  }
  const inEnvelope: { name: string; schema: Schema; value: Value }[] = [];
  let hasEnvelope = false;
  for (const { column: name, placement: given, alias } of options.placements) {
    const placement = knownPlacement(given);
    hasEnvelope ||= placement === 'envelope';
    const field = placed(row, name, options.ignoreMissing);
    if (field === null || placement === 'partition') continue;
    if (placement === 'header') headers.push({ key: alias, schema: field.schema, value: cellOf(row, field) });
    else inEnvelope.push({ name: alias, schema: field.schema, value: cellOf(row, field) });
  }
  const isEmpty = value === null || (typeof value === 'string' && value.trim() === '');
  if (options.tombstoneOnEmpty && isEmpty) return { schema: null, value: null };
  if (!hasEnvelope) return { schema, value };
  const version = options.versionField === null ? null : number(row, options.versionField);
  const wrapped = structOf(
    [{ name: 'payload', schema: schema ?? primitive('string', { optional: true }) }, ...inEnvelope],
    { name: eventName(row.schema.name, route), ...(version === null ? {} : { version }) },
  );
  return { schema: wrapped, value: new Struct(wrapped, [value, ...inEnvelope.map((part) => part.value)]) };
}

/** `srv.public.outbox.Value` and `Order` → `srv.public.outbox.Order.Value`. */
function eventName(rowName: string | undefined, route: string): string {
  if (rowName === undefined) return route;
  const dot = rowName.lastIndexOf('.');
  return dot < 0 ? `${rowName}.${route}` : `${rowName.slice(0, dot)}.${route}${rowName.slice(dot)}`;
}

function partitionOf(row: Struct, placements: readonly Placement[], ignoreMissing: boolean): number | null {
  let partition: number | null = null;
  for (const { column: name, placement } of placements) {
    if (placement !== 'partition') continue;
    const field = placed(row, name, ignoreMissing);
    if (field === null) continue;
    partition = number(row, name);
  }
  return partition;
}

function placed(row: Struct, name: string, ignoreMissing: boolean): Field | null {
  const field = fieldOf(row.schema, name);
  if (field !== undefined) return field;
  if (ignoreMissing) return null;
  throw dataFault(`${name} is not a valid field name`, 'Set table.field.additional.missing to ignore to leave it out.');
}

const INSTANT_UNITS: Readonly<Record<string, bigint>> = {
  'io.debezium.time.Timestamp': 1n,
  'io.debezium.time.MicroTimestamp': 1000n,
  'io.debezium.time.NanoTimestamp': 1_000_000n,
};

function timestampOf(row: Struct, envelope: Struct, name: string | null): number | null {
  if (name !== null) {
    const field = column(row, name);
    const perMs = field.schema.kind === 'int64' ? INSTANT_UNITS[field.schema.name ?? ''] : undefined;
    if (perMs === undefined)
      throw dataFault(`Field type unsupported as event timestamp: ${field.schema.name ?? field.schema.kind}`);
    const value = cellOf(row, field);
    if (value !== null) return Number(toBigInt(value as Long) / perMs);
  }
  const eventMs = envelope.get('ts_ms') ?? null;
  return eventMs === null ? null : Number(eventMs);
}

function column(row: Struct, name: string): Field {
  const field = fieldOf(row.schema, name);
  if (field === undefined) throw dataFault(`Unable to find field ${name} in event`);
  return field;
}

function cellOf(row: Struct, field: Field): Value {
  return cellOrDefault(row, field, true);
}

function text(row: Struct, name: string): string {
  const field = column(row, name);
  const value = cellOf(row, field);
  if (field.schema.kind !== 'string' || typeof value !== 'string')
    throw dataFault(`Field '${name}' is not of type STRING`);
  return value;
}

function number(row: Struct, name: string): number | null {
  const field = column(row, name);
  if (field.schema.kind !== 'int32') throw dataFault(`Field '${name}' is not of type INT32`);
  return cellOf(row, field) as number | null;
}
