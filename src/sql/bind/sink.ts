// The sink of a query: its topic, formats and schema, given or inherited (properties.md §2, §3).
import type { Source } from '../catalog/catalog.ts';
import type { NamedType, SideFormat, SinkSpec } from '../plan/nodes.ts';
import type { Span } from '../syntax/ast.ts';
import { type Column, sameType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import type { SchemaRequest, TopicRequest } from './change.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';
import { inferColumns } from './inference.ts';
import type { PlannedQuery } from './query.ts';
import {
  checkColumns,
  formatNamed,
  keyIsBare,
  registrationOf,
  type Side,
  statedProperties,
  valueWrapping,
} from './side.ts';
import { retentionRule } from './source-topic.ts';
import { checkTimestamp } from './timestamp.ts';
import type { WithClause } from './with.ts';

export interface Sink {
  readonly source: Source;
  readonly spec: SinkSpec;
  readonly topics: readonly TopicRequest[];
  readonly schemas: readonly SchemaRequest[];
}

/** Sink of CREATE … AS SELECT. */
export function planSink(
  binding: Binding,
  name: string,
  span: Span,
  clause: WithClause,
  planned: PlannedQuery,
  queryId: string,
): Sink {
  const { env } = binding;
  const leftmost = planned.sources[0]!;
  const prefix = env.properties['ksql.output.topic.name.prefix'] ?? '';
  const topic = clause.topic ?? `${prefix}${name}`;
  const keyFormat = keySide(binding, span, clause, planned, leftmost, name, topic);
  const value = valueSide(binding, span, clause, planned, leftmost, topic);
  if (clause.timestamp !== null) checkTimestamp(binding, clause, [...planned.key, ...planned.value]);
  const shape = {
    topic,
    key: planned.key,
    value: planned.value,
    keyFormat,
    valueFormat: value.format,
    window: planned.window,
  };
  const source: Source = {
    name,
    shape: planned.shape,
    key: planned.key,
    value: planned.value,
    headers: [],
    topic,
    keyFormat,
    valueFormat: value.format,
    wrapSingleValue: value.wrap,
    window: planned.window,
    timestamp: clause.timestamp === null ? null : { column: clause.timestamp, format: clause.timestampFormat },
    readOnly: false,
    createdBy: queryId,
    text: binding.text,
  };
  const spec: SinkSpec = {
    name,
    topic: shape,
    shape: planned.shape,
    timestamp: timestampOf(binding, source),
    backfill: planned.shape === 'table' || clause.backfill === 'announce' ? 'announce' : 'drop',
  };
  return { source, spec, topics: topicOf(binding, clause, leftmost, source), schemas: schemasOf(binding, source) };
}

/** The timestamp column of a sink, as an index over key then value columns. */
export function timestampOf(binding: Binding, source: Source): SinkSpec['timestamp'] {
  if (source.timestamp === null) return null;
  const { column, format } = source.timestamp;
  return {
    column: [...source.key, ...source.value].findIndex(({ name }) => name === column),
    format,
    throwOnInvalid: isOn(binding.env, 'ksql.timestamp.throw.on.invalid', false),
  };
}

function keySide(
  binding: Binding,
  span: Span,
  clause: WithClause,
  planned: PlannedQuery,
  leftmost: Source,
  name: string,
  topic: string,
): SideFormat {
  const { env } = binding;
  if (planned.key.length === 0) {
    if (
      clause.keyFormat !== null &&
      clause.keyFormat.toUpperCase() !== 'NONE' &&
      clause.spanOf('KEY_FORMAT') !== null
    ) {
      reject(
        binding,
        'KEY-10',
        clause.spanOf('KEY_FORMAT'),
        `KEY_FORMAT is given, but ${pasteName(name)} has no key columns.`,
        'Leave KEY_FORMAT out.',
      );
    }
    return { format: 'NONE', unwrapped: false, properties: {} };
  }
  const inherited = leftmost.keyFormat.format;
  const fallback =
    inherited === 'NONE' ? (env.properties['ksql.persistence.default.format.key'] ?? 'KAFKA') : inherited;
  const at = clause.spanOf('KEY_FORMAT') ?? clause.spanOf('FORMAT') ?? span;
  const format = formatNamed(binding, 'key', clause.keyFormat ?? fallback, at);
  checkColumns(binding, 'key', format, planned.key, at);
  const stated = statedProperties(binding, 'key', format, clause);
  const properties: Record<string, string> = { ...inheritedProperties(format.name, leftmost.keyFormat), ...stated };
  if (format.usesRegistry) properties['SOURCE_NAME'] = name;
  const of = { format: format.name, unwrapped: keyIsBare(format, planned.key.length), properties };
  if (clause.keySchemaId !== null) checkSchemaId(binding, 'key', clause, format, planned.key, topic);
  return of;
}

function valueSide(
  binding: Binding,
  span: Span,
  clause: WithClause,
  planned: PlannedQuery,
  leftmost: Source,
  topic: string,
): { readonly format: SideFormat; readonly wrap: boolean | null } {
  const at = clause.spanOf('VALUE_FORMAT') ?? clause.spanOf('FORMAT') ?? span;
  const format = formatNamed(binding, 'value', clause.valueFormat ?? leftmost.valueFormat.format, at);
  checkColumns(binding, 'value', format, planned.value, at);
  const wrapping = valueWrapping(binding, format, planned.value.length, clause);
  const properties = {
    ...inheritedProperties(format.name, leftmost.valueFormat),
    ...statedProperties(binding, 'value', format, clause),
  };
  if (clause.valueSchemaId !== null) checkSchemaId(binding, 'value', clause, format, planned.value, topic);
  return { wrap: wrapping.wrap, format: { format: format.name, unwrapped: wrapping.unwrapped, properties } };
}

function inheritedProperties(format: string, from: SideFormat): Record<string, string> {
  if (format !== from.format) return {};
  const names =
    format === 'DELIMITED'
      ? ['DELIMITER']
      : format.startsWith('PROTOBUF')
        ? ['NULLABLE_REPRESENTATION', 'FULL_SCHEMA_NAME']
        : [];
  return Object.fromEntries(
    names.flatMap((name) => (from.properties[name] === undefined ? [] : [[name, from.properties[name]!]])),
  );
}

/** The result must fit the schema of the given id (E-SR-7). */
function checkSchemaId(
  binding: Binding,
  side: Side,
  clause: WithClause,
  format: ReturnType<typeof formatNamed>,
  columns: readonly NamedType[],
  topic: string,
): void {
  const found = inferColumns(binding, side, format, clause, topic).columns;
  const faults: string[] = [];
  columns.forEach((column, index) => {
    const other = found[index];
    if (other?.name !== column.name) faults.push(`${pasteName(column.name)} is absent or moved`);
    else if (!sameType(other.type, column.type)) {
      faults.push(`${pasteName(column.name)} is ${typeText(column.type)}, there ${typeText(other.type)}`);
    }
  });
  if (faults.length > 0) {
    reject(
      binding,
      'SR-7',
      clause.spanOf(side === 'key' ? 'KEY_SCHEMA_ID' : 'VALUE_SCHEMA_ID'),
      `The ${side} columns do not fit the given schema: ${faults.join('; ')}.`,
      `The schema has ${schemaText(found)}; the result has ${schemaText(columns)}.`,
    );
  }
}

/** Columns as messages print them: `` `A` INTEGER, `B` STRING``. */
export function schemaText(columns: readonly Column[], role = ''): string {
  return columns.map(({ name, type }) => `\`${name}\` ${typeText(type)}${role}`).join(', ');
}

function topicOf(binding: Binding, clause: WithClause, leftmost: Source, source: Source): readonly TopicRequest[] {
  const { env } = binding;
  const inherited = env.topic(leftmost.topic);
  const partitions = clause.partitions ?? inherited?.partitions ?? 1;
  const facts = env.topic(source.topic);
  retentionRule(binding, clause, source);
  if (facts !== null) {
    // A topic that stands already keeps its partitions, unless the statement says another number.
    if (clause.partitions !== null && facts.partitions !== clause.partitions) {
      reject(
        binding,
        'TOPIC-2',
        clause.spanOf('PARTITIONS'),
        `Topic ${source.topic} exists with ${facts.partitions} partitions, not ${clause.partitions}.`,
        `Write PARTITIONS=${facts.partitions}, or use another topic.`,
      );
    }
    return [];
  }
  return [
    {
      name: source.topic,
      partitions,
      replicas: Math.max(1, clause.replicas ?? 1),
      retentionMs: clause.retentionMs,
      cleanup: source.shape === 'stream' ? 'delete' : source.window === null ? 'compact' : 'compact,delete',
    },
  ];
}

function schemasOf(binding: Binding, source: Source): readonly SchemaRequest[] {
  const requests: SchemaRequest[] = [];
  for (const side of ['key', 'value'] as const) {
    const of = side === 'key' ? source.keyFormat : source.valueFormat;
    const format = binding.env.format(of.format)!;
    const schema = registrationOf(format, source.topic, side, of, side === 'key' ? source.key : source.value);
    if (schema !== null)
      requests.push({ subject: `${source.topic}-${side}`, format: format.name, schema, onlyIfAbsent: false });
  }
  return requests;
}
