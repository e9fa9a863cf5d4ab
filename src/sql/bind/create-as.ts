// CREATE … AS SELECT and INSERT INTO … SELECT: a query and where its rows go.
import type { PersistentQuery, Source } from '../catalog/catalog.ts';
import type { JoinNode, PlanNode, ProjectNode, SinkSpec } from '../plan/nodes.ts';
import { optimize } from '../plan/optimize/index.ts';
import type { CreateAsStatement, InsertSelectStatement, Span } from '../syntax/ast.ts';
import { widens } from '../types/coerce.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type Change, noChange } from './change.ts';
import { withChanges } from './changes.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';
import { topicShape } from './from.ts';
import { bindQuery, type PlannedQuery } from './query.ts';
import { refuseExisting, replacementRules } from './replace.ts';
import { suggestion } from './scope.ts';
import { planSink, schemaText, timestampOf } from './sink.ts';
import { converted } from './types.ts';
import { upgradeRules } from './upgrade.ts';
import { readWith, type WithClause } from './with.ts';

/** Binds CREATE STREAM or TABLE … AS SELECT. */
export function bindCreateAs(binding: Binding, statement: CreateAsStatement): Change {
  const { env } = binding;
  const name = statement.name.text;
  const clause = readWith(binding, statement.properties, 'sink');
  const existing = env.catalog.sources.get(name);
  if (existing !== undefined && statement.ifNotExists) {
    return noChange(`${existing.shape === 'stream' ? 'Stream' : 'Table'} ${pasteName(name)} exists already.`);
  }
  existenceRules(binding, statement, existing);
  if (statement.query.limit !== null) {
    reject(binding, 'QUERY-2', statement.query.span, 'LIMIT cannot stand in CREATE … AS SELECT.', 'Remove it.');
  }
  const planned = bindQuery(binding, statement.query, 'persistent');
  if (planned.shape !== statement.shape) refuseShape(binding, statement.shape, planned, statement.span);
  limitRules(binding, statement.span, existing === undefined);
  const replaced = existing?.createdBy == null ? null : (env.catalog.queries.get(existing.createdBy) ?? null);
  const prefix = statement.shape === 'stream' ? 'CSAS' : 'CTAS';
  const id = replaced?.id ?? `${prefix}_${name}_${env.catalog.nextQuery}`;
  const sink = planSink(binding, name, statement.name.span, clause, planned, id);
  if (existing !== undefined) replacementRules(binding, statement.name.span, existing, sink.source);
  const plan = optimize(withWait(withChanges(binding, clause, planned), clause.joinWaitMs), env);
  if (replaced !== null) upgradeRules(binding, statement.name.span, replaced.plan, plan);
  const query = persistentQuery(binding, { id, kind: 'createAs', sink: name, planned, plan, target: sink.spec });
  return {
    commands: [
      { kind: 'putSource', source: sink.source },
      { kind: 'putQuery', query },
    ],
    topics: sink.topics,
    schemas: sink.schemas,
    deletedTopics: [],
    message: `Query ${id} created; it writes ${statement.shape} ${pasteName(name)}.`,
    queryId: id,
  };
}

function existenceRules(binding: Binding, statement: CreateAsStatement, existing: Source | undefined): void {
  if (statement.orReplace && !isOn(binding.env, 'ksql.create.or.replace.enabled', true)) {
    reject(
      binding,
      'DDL-10',
      statement.span,
      'CREATE OR REPLACE is switched off.',
      'Set ksql.create.or.replace.enabled to true.',
    );
  }
  if (existing === undefined) return;
  if (!statement.orReplace) refuseExisting(binding, statement.name.span, existing);
  if (existing.readOnly) reject(binding, 'DDL-9', statement.name.span, 'A SOURCE stream or table cannot be replaced.');
}

function refuseShape(binding: Binding, wanted: 'stream' | 'table', planned: PlannedQuery, span: Span): never {
  const why =
    planned.shape === 'stream'
      ? 'it neither aggregates nor reads a table only'
      : planned.aggregates.length > 0
        ? 'it aggregates'
        : 'it reads tables only';
  return reject(
    binding,
    'QUERY-1',
    span,
    `The result is a ${planned.shape}, because ${why}; CREATE ${wanted.toUpperCase()} does not fit.`,
    `Write CREATE ${planned.shape.toUpperCase()} … AS SELECT.`,
  );
}

function limitRules(binding: Binding, span: Span, isNew: boolean): void {
  const limit = Number(binding.env.properties['ksql.query.persistent.active.limit'] ?? 2147483647);
  const count = binding.env.catalog.queries.size;
  if (isNew && count >= limit) {
    reject(
      binding,
      'QUERY-9',
      span,
      `${count} persistent queries run; the limit is ${limit}.`,
      'TERMINATE one, or raise ksql.query.persistent.active.limit.',
    );
  }
}

interface QueryParts {
  readonly id: string;
  readonly kind: PersistentQuery['kind'];
  readonly sink: string;
  readonly planned: PlannedQuery;
  readonly plan: PlanNode;
  readonly target: SinkSpec;
}
function persistentQuery(binding: Binding, parts: QueryParts): PersistentQuery {
  return {
    id: parts.id,
    kind: parts.kind,
    text: binding.text,
    sink: parts.sink,
    reads: [...new Set(parts.planned.sources.map(({ name }) => name))],
    plan: parts.plan,
    target: parts.target,
    properties: binding.env.properties,
  };
}

/** JOIN_WAIT_MS concerns the stream–table joins of the query. */
function withWait(node: PlanNode, waitMs: number | null): PlanNode {
  if (waitMs === null || node.kind === 'source') return node;
  if (node.kind === 'join') {
    const joined: JoinNode = { ...node, left: withWait(node.left, waitMs), right: withWait(node.right, waitMs) };
    return node.join === 'streamTable' ? { ...joined, waitMs } : joined;
  }
  return { ...node, input: withWait(node.input, waitMs) };
}

/** Binds INSERT INTO … SELECT. */
export function bindInsertSelect(binding: Binding, statement: InsertSelectStatement): Change {
  const { env } = binding;
  const clause = readWith(binding, statement.properties, 'insert');
  const target = insertTarget(binding, statement);
  const planned = bindQuery(binding, statement.query, 'persistent');
  if (planned.shape === 'table') {
    reject(
      binding,
      'INS-3',
      statement.query.span,
      'The result is a table; only a stream can be inserted.',
      'An aggregation or a table source makes a table.',
    );
  }
  schemaRules(binding, statement, target, planned);
  limitRules(binding, statement.span, true);
  const id = insertId(binding, clause);
  const plan = optimize(withWait(widened(planned, target), clause.joinWaitMs), env);
  const spec: SinkSpec = {
    name: target.name,
    topic: topicShape(target),
    shape: 'stream',
    timestamp: timestampOf(binding, target),
    backfill: 'mark',
  };
  const query = persistentQuery(binding, { id, kind: 'insert', sink: target.name, planned, plan, target: spec });
  const facts = env.topic(target.topic);
  return {
    commands: [{ kind: 'putQuery', query }],
    topics:
      facts === null ? [{ name: target.topic, partitions: 1, replicas: 1, retentionMs: null, cleanup: 'delete' }] : [],
    schemas: [],
    deletedTopics: [],
    message: `Query ${id} created; it inserts into ${pasteName(target.name)}.`,
    queryId: id,
  };
}

function insertTarget(binding: Binding, statement: InsertSelectStatement): Source {
  const target = binding.env.catalog.sources.get(statement.target.text);
  const { span } = statement.target;
  if (target === undefined) {
    return reject(
      binding,
      'NAME-1',
      span,
      `There is no stream ${pasteName(statement.target.text)}.${suggestion(statement.target, [...binding.env.catalog.sources.keys()])}`,
      'SHOW STREAMS lists all.',
    );
  }
  if (target.shape === 'table') {
    reject(
      binding,
      'INS-1',
      span,
      `${pasteName(target.name)} is a table: rows of a query can only be inserted into a stream.`,
    );
  }
  if (target.readOnly)
    reject(binding, 'SRC-2', span, `${pasteName(target.name)} is a SOURCE stream: it can only be read.`);
  if (target.headers.length > 0) {
    reject(
      binding,
      'INS-4',
      span,
      `${pasteName(target.name)} has header columns (${target.headers.map(({ name }) => name).join(', ')}), which cannot be written.`,
    );
  }
  return target;
}

function schemaRules(binding: Binding, statement: InsertSelectStatement, target: Source, planned: PlannedQuery): void {
  const sides = [
    [planned.key, target.key],
    [planned.value, target.value],
  ] as const;
  const fits = sides.every(
    ([result, wanted]) =>
      result.length === wanted.length &&
      result.every(
        (column, index) => column.name === wanted[index]!.name && insertable(column.type, wanted[index]!.type),
      ),
  );
  if (fits) return;
  const text = (key: PlannedQuery['key'], value: PlannedQuery['value']) =>
    [schemaText(key, ' KEY'), schemaText(value)].filter((part) => part !== '').join(', ');
  const wantedNames = [...target.key, ...target.value].map(({ name }) => name);
  const firstWrong = [...planned.key, ...planned.value].find(({ name }) => !wantedNames.includes(name));
  const missing = wantedNames.find(
    (name) => ![...planned.key, ...planned.value].some((column) => column.name === name),
  );
  const hint =
    firstWrong !== undefined && missing !== undefined
      ? ` ${pasteName(firstWrong.name)} is no column of it; ${pasteName(missing)} is missing: write … AS ${pasteName(missing)}.`
      : '';
  reject(
    binding,
    'INS-2',
    statement.query.span,
    `The result does not fit ${pasteName(target.name)}: names, order, types and the split into key and value must be equal.${hint}`,
    `Result: ${text(planned.key, planned.value)}. ${pasteName(target.name)}: ${text(target.key, target.value)}.`,
  );
}

/** Integers go into any decimal and into doubles; what does not fit there fails on its row. */
function insertable(from: SqlType, to: SqlType): boolean {
  return widens(from, to) || (to.base === 'DECIMAL' && (from.base === 'INTEGER' || from.base === 'BIGINT'));
}

function insertId(binding: Binding, clause: WithClause): string {
  const { catalog } = binding.env;
  const given = clause.queryId?.toUpperCase() ?? null;
  if (given === null) return `INSERTQUERY_${catalog.nextQuery}`;
  const span = clause.spanOf('QUERY_ID');
  if (!/^[A-Z0-9_]+$/.test(given))
    reject(binding, 'WITH-13', span, `QUERY_ID '${given}' may only hold letters, digits and _.`);
  if (/^(INSERTQUERY|CTAS|CSAS|CST)_/.test(given)) {
    reject(
      binding,
      'WITH-13',
      span,
      `QUERY_ID '${given}' begins like the names that are given by themselves.`,
      'INSERTQUERY_, CTAS_, CSAS_ and CST_ are taken.',
    );
  }
  if (catalog.queries.has(given)) reject(binding, 'WITH-13', span, `There is a query ${given} already.`);
  return given;
}

/** The result with the target's types. */
function widened(planned: PlannedQuery, target: Source): ProjectNode {
  const { plan } = planned;
  return {
    ...plan,
    columns: plan.columns.map((column, index) => ({
      ...column,
      type: [...target.key, ...target.value][index]!.type,
    })),
    keys: plan.keys.map((expr, index) => converted(expr, target.key[index]!.type)),
    values: plan.values.map((expr, index) => converted(expr, target.value[index]!.type)),
  };
}
