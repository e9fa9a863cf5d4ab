// CREATE STREAM and CREATE TABLE over a topic (streams-and-tables.md §5–§7).
import type { PersistentQuery, Source } from '../catalog/catalog.ts';
import type { SideFormat } from '../plan/nodes.ts';
import type { CreateSourceStatement, Span } from '../syntax/ast.ts';
import type { Column } from '../types/sql-type.ts';
import type { Change, SchemaRequest } from './change.ts';
import { noChange } from './change.ts';
import { type Declared, declaredColumns } from './declared-columns.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';
import { planSource } from './from.ts';
import { inferColumns } from './inference.ts';
import { refuseExisting, replacementRules } from './replace.ts';
import { SYSTEM_NAMES } from './scope.ts';
import { checkColumns, formatNamed, keyIsBare, registrationOf, statedProperties, valueWrapping } from './side.ts';
import { sourceTopic } from './source-topic.ts';
import { checkTimestamp } from './timestamp.ts';
import { readWith, type WithClause } from './with.ts';

/** Binds the statement. */
export function bindCreateSource(binding: Binding, statement: CreateSourceStatement): Change {
  const { env } = binding;
  const name = statement.name.text;
  const clause = readWith(binding, statement.properties, 'source');
  if (clause.topic === null) {
    reject(
      binding,
      'WITH-3',
      statement.span,
      'WITH lacks KAFKA_TOPIC.',
      "Write WITH (KAFKA_TOPIC='…', VALUE_FORMAT='…').",
    );
  }
  const existing = env.catalog.sources.get(name);
  if (existing !== undefined && statement.ifNotExists) {
    return noChange(`${existing.shape === 'stream' ? 'Stream' : 'Table'} ${pasteName(name)} exists already.`);
  }
  existenceRules(binding, statement, existing);
  const declared = declaredColumns(binding, statement);
  const topic = clause.topic;
  const formats = sideFormats(binding, statement, clause, declared, topic);
  const source = assembled(binding, statement, clause, declared, formats, topic);
  shapeRules(binding, statement, source);
  if (source.timestamp !== null) checkTimestamp(binding, clause, [...source.key, ...source.value]);
  if (existing !== undefined) replacementRules(binding, statement.name.span, existing, source);
  const topics = sourceTopic(binding, clause, source);
  const isMaterialized = statement.readOnly && statement.shape === 'table';
  const query = isMaterialized ? sourceTableQuery(binding, source) : null;
  return {
    commands: [{ kind: 'putSource', source }, ...(query === null ? [] : [{ kind: 'putQuery' as const, query }])],
    topics,
    schemas: registrations(binding, source),
    deletedTopics: [],
    message: `${statement.shape === 'stream' ? 'Stream' : 'Table'} ${pasteName(name)} created.`,
    queryId: query?.id ?? null,
  };
}

function existenceRules(binding: Binding, statement: CreateSourceStatement, existing: Source | undefined): void {
  if (statement.orReplace && !isOn(binding.env, 'ksql.create.or.replace.enabled', true)) {
    reject(
      binding,
      'DDL-10',
      statement.span,
      'CREATE OR REPLACE is switched off.',
      'Set ksql.create.or.replace.enabled to true.',
    );
  }
  if (
    statement.readOnly &&
    statement.shape === 'table' &&
    !isOn(binding.env, 'ksql.source.table.materialization.enabled', true)
  ) {
    reject(
      binding,
      'DDL-10',
      statement.span,
      'CREATE SOURCE TABLE is switched off.',
      'Set ksql.source.table.materialization.enabled to true.',
    );
  }
  if (existing === undefined) return;
  if (!statement.orReplace) refuseExisting(binding, statement.name.span, existing);
  if (statement.readOnly || existing.readOnly) {
    reject(
      binding,
      'DDL-9',
      statement.name.span,
      'A SOURCE stream or table cannot be replaced.',
      `DROP ${pasteName(existing.name)} first.`,
    );
  }
}

interface Sides {
  readonly keyFormat: SideFormat;
  readonly valueFormat: SideFormat;
  readonly key: readonly Column[];
  readonly value: readonly Column[];
  readonly wrap: boolean | null;
}

function sideFormats(
  binding: Binding,
  statement: CreateSourceStatement,
  clause: WithClause,
  declared: Declared,
  topic: string,
): Sides {
  const { env } = binding;
  const valueName = clause.valueFormat ?? env.properties['ksql.persistence.default.format.value'] ?? null;
  if (valueName === null) {
    reject(
      binding,
      'WITH-6',
      statement.span,
      'WITH lacks VALUE_FORMAT, and there is no default.',
      "Write VALUE_FORMAT='JSON' or the like, or set ksql.persistence.default.format.value.",
    );
  }
  const keyDefault = env.properties['ksql.persistence.default.format.key'] ?? 'KAFKA';
  const statedKey = clause.keyFormat ?? keyDefault;
  const keyAsked = formatNamed(binding, 'key', statedKey, clause.spanOf('KEY_FORMAT') ?? clause.spanOf('FORMAT'));
  const valueFormat = formatNamed(
    binding,
    'value',
    valueName,
    clause.spanOf('VALUE_FORMAT') ?? clause.spanOf('FORMAT'),
  );
  const key = keyColumns(binding, statement, clause, declared, topic, keyAsked);
  // A source without key columns has no key format, unless one was stated.
  const keyFormat =
    key.columns.length === 0 && clause.keyFormat === null ? formatNamed(binding, 'key', 'NONE', null) : keyAsked;
  const value = valueColumns(binding, statement, clause, declared, topic, valueFormat);
  const wrapping = valueWrapping(binding, valueFormat, value.columns.length, clause);
  const span = statement.name.span;
  checkColumns(binding, 'key', keyFormat, key.columns, span);
  checkColumns(binding, 'value', valueFormat, value.columns, span);
  return {
    key: key.columns,
    value: value.columns,
    wrap: wrapping.wrap,
    keyFormat: {
      format: keyFormat.name,
      unwrapped: key.inferred ? key.isBare : keyIsBare(keyFormat, key.columns.length),
      properties: {
        ...statedProperties(binding, 'key', keyFormat, clause),
        ...(keyFormat.usesRegistry ? { SOURCE_NAME: statement.name.text } : {}),
      },
    },
    valueFormat: {
      format: valueFormat.name,
      unwrapped: wrapping.unwrapped,
      properties: statedProperties(binding, 'value', valueFormat, clause),
    },
  };
}

type SideColumns = { readonly columns: readonly Column[]; readonly inferred: boolean; readonly isBare: boolean };

function keyColumns(
  binding: Binding,
  statement: CreateSourceStatement,
  clause: WithClause,
  declared: Declared,
  topic: string,
  format: ReturnType<typeof formatNamed>,
): SideColumns {
  const asked = { columns: declared.key, inferred: false, isBare: false };
  if (clause.keySchemaId !== null) {
    if (!format.usesRegistry) statedProperties(binding, 'key', format, clause);
    if (declared.key.length > 0) refuseBoth(binding, 'key', clause);
  } else if (declared.key.length > 0 || !format.usesRegistry) return asked;
  const found = inferColumns(binding, 'key', format, clause, topic);
  refuseTwins(binding, statement.name.span, found.columns, declared);
  return { columns: found.columns, inferred: true, isBare: found.isBare && format.unwrapsSingles };
}

function valueColumns(
  binding: Binding,
  statement: CreateSourceStatement,
  clause: WithClause,
  declared: Declared,
  topic: string,
  format: ReturnType<typeof formatNamed>,
): SideColumns {
  if (clause.valueSchemaId !== null) {
    if (!format.usesRegistry) statedProperties(binding, 'value', format, clause);
    if (declared.value.length > 0) refuseBoth(binding, 'value', clause);
  } else if (declared.value.length > 0 || !format.usesRegistry) {
    if (
      declared.value.length === 0 &&
      declared.key.length === 0 &&
      declared.headers.length === 0 &&
      !format.usesRegistry
    ) {
      const canInfer = binding.env.formatNames.filter((name) => binding.env.format(name)!.usesRegistry);
      reject(
        binding,
        'DDL-5',
        statement.name.span,
        `${pasteName(statement.name.text)} has no columns, and the value format ${format.name} cannot tell them.`,
        `Declare columns, or use a format with a schema registry: ${canInfer.join(', ')}.`,
      );
    }
    return { columns: declared.value, inferred: false, isBare: false };
  }
  const found = inferColumns(binding, 'value', format, clause, topic);
  refuseTwins(binding, statement.name.span, found.columns, { ...declared, value: [] });
  return { columns: found.columns, inferred: true, isBare: found.isBare };
}

function refuseBoth(binding: Binding, side: 'key' | 'value', clause: WithClause): never {
  const property = `${side.toUpperCase()}_SCHEMA_ID`;
  return reject(
    binding,
    'SR-5',
    clause.spanOf(property),
    `${property} is given and ${side} columns are declared.`,
    'Keep one of both.',
  );
}

function refuseTwins(binding: Binding, span: Span, inferred: readonly Column[], declared: Declared): void {
  const taken = new Set([...declared.key, ...declared.headers].map(({ name }) => name));
  for (const { name } of inferred) {
    if (taken.has(name)) reject(binding, 'DDL-7', span, `The column ${pasteName(name)} is declared and inferred.`);
    if (SYSTEM_NAMES.has(name)) {
      reject(
        binding,
        'DDL-1',
        span,
        `The registered schema has a field ${name}, which is a system column.`,
        'Declare the columns you need.',
      );
    }
  }
}

function assembled(
  binding: Binding,
  statement: CreateSourceStatement,
  clause: WithClause,
  declared: Declared,
  sides: Sides,
  topic: string,
): Source {
  return {
    name: statement.name.text,
    shape: statement.shape,
    key: sides.key,
    value: sides.value,
    headers: declared.headers,
    topic,
    keyFormat: sides.keyFormat,
    valueFormat: sides.valueFormat,
    wrapSingleValue: sides.wrap,
    window: clause.window,
    timestamp: clause.timestamp === null ? null : { column: clause.timestamp, format: clause.timestampFormat },
    readOnly: statement.readOnly,
    createdBy: null,
    text: binding.text,
  };
}

function shapeRules(binding: Binding, statement: CreateSourceStatement, source: Source): void {
  if (source.shape === 'table' && source.key.length === 0) {
    reject(
      binding,
      'DDL-4',
      statement.name.span,
      `The table ${pasteName(source.name)} has no PRIMARY KEY.`,
      'Declare it: CREATE TABLE … (ID BIGINT PRIMARY KEY) WITH (…); value columns may still be inferred.',
    );
  }
  if (source.window !== null && source.key.length === 0) {
    reject(
      binding,
      'DDL-6',
      statement.name.span,
      `${pasteName(source.name)} has a window but no key columns.`,
      'Declare the key: a window is part of it.',
    );
  }
}

function registrations(binding: Binding, source: Source): readonly SchemaRequest[] {
  const requests: SchemaRequest[] = [];
  for (const side of ['key', 'value'] as const) {
    const of = side === 'key' ? source.keyFormat : source.valueFormat;
    const format = binding.env.format(of.format)!;
    const columns = side === 'key' ? source.key : source.value;
    const subject = `${source.topic}-${side}`;
    if (!format.usesRegistry || binding.env.schema({ subject }) !== null) continue;
    const schema = registrationOf(format, source.topic, side, of, columns);
    if (schema !== null) requests.push({ subject, format: format.name, schema, onlyIfAbsent: true });
  }
  return requests;
}

/** The query that keeps a SOURCE TABLE's rows for pull queries. */
function sourceTableQuery(binding: Binding, source: Source): PersistentQuery {
  return {
    id: `CST_${source.name}_${binding.env.catalog.nextQuery}`,
    kind: 'sourceTable',
    text: binding.text,
    sink: null,
    reads: [source.name],
    plan: planSource(binding, source, source.name, 'source'),
    target: null,
    properties: binding.env.properties,
  };
}
