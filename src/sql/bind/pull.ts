// Pull queries: what may be asked of state that stands, and the plan of asking (pull-and-push-queries.md §3, §4).
import type { Value } from '../../core/data/schema.ts';
import { readersOf, type Source, writersOf } from '../catalog/catalog.ts';
import { evaluateConstant } from '../compile/constant.ts';
import { type Expr, someExpr, walk } from '../plan/expr.ts';
import type { SourceNode } from '../plan/nodes.ts';
import { conjuncts } from '../plan/optimize/push-filter.ts';
import type { QueryNode, Span } from '../syntax/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import { bindCondition } from './clauses.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';
import { contextFor } from './expression.ts';
import { bindFrom, idsOfStatement } from './from.ts';
import type { FromResult } from './from-result.ts';
import { pullWhereRules } from './pull-where.ts';
import { bindSelect, type SelectItem } from './select.ts';
import { strictValue } from './strict.ts';

/** A pull query over a table or a stream, ready to be evaluated over rows of the source. */
export interface PullPlan {
  readonly source: Source;
  /** Tables: the query that holds the rows. Null for streams. */
  readonly queryId: string | null;
  /** Columns that the expressions address. */
  readonly node: SourceNode;
  readonly where: Expr | null;
  readonly select: readonly Expr[];
  readonly columns: readonly {
    readonly name: string;
    readonly type: SqlType;
    readonly isKey: boolean;
    /** Header column: its role as CREATE writes it. */
    readonly role: string | null;
  }[];
  /** Key rows to look up, in order; null: all rows must be looked at. */
  readonly keys: readonly (readonly Value[])[] | null;
  readonly limit: number | null;
}

const PUSH_HINT = 'Append EMIT CHANGES to make it a push query.';

/** Binds a SELECT without EMIT. */
export function bindPull(binding: Binding, query: QueryNode): PullPlan {
  const { env } = binding;
  if (!isOn(env, 'ksql.pull.queries.enable', true)) {
    reject(binding, 'PULL-16', query.span, 'Pull queries are switched off.', 'Set ksql.pull.queries.enable to true.');
  }
  clauseRules(binding, query);
  const from = bindFrom(binding, query, idsOfStatement());
  const source = from.sources[0]!;
  const queryId = source.shape === 'table' ? materializedBy(binding, query, source) : null;
  if (source.shape === 'stream' && !isOn(env, 'ksql.query.pull.stream.enabled', true)) {
    reject(
      binding,
      'PULL-16',
      query.span,
      'Pull queries on streams are switched off.',
      'Set ksql.query.pull.stream.enabled to true.',
    );
  }
  const node = from.node as SourceNode;
  const items = selectItems(binding, query, from);
  const where =
    query.where === null ? null : bindCondition(binding, query.where, contextFor(binding, from.scope, 'WHERE'));
  systemRules(binding, query, node, items, where);
  if (source.shape === 'table') pullWhereRules(binding, query, node, source, where);
  return {
    source,
    queryId,
    node,
    where,
    select: items.map(({ expr }) => expr),
    columns: items.map(({ name, expr }) => ({
      name,
      type: expr.type!,
      role: source.shape === 'table' ? headerRole(node, expr) : null,
      isKey:
        source.shape === 'table' && expr.op === 'column' && ['key', 'window'].includes(node.columns[expr.index]!.kind),
    })),
    keys: source.shape === 'table' && where !== null ? lookUps(binding, node, where) : null,
    limit: query.limit,
  };
}

function headerRole(node: SourceNode, expr: Expr): string | null {
  const found = expr.op === 'column' ? node.headers.find(({ column }) => column === expr.index) : undefined;
  if (found === undefined) return null;
  return found.header === null ? 'HEADERS' : `HEADER('${found.header}')`;
}

function clauseRules(binding: Binding, query: QueryNode): void {
  const refuse = (what: string, span: Span): never =>
    reject(binding, 'PULL-2', span, `A pull query cannot have ${what}.`, PUSH_HINT);
  if (query.joins.length > 0) refuse('JOIN', query.joins[0]!.span);
  if (query.window !== null) refuse('a WINDOW clause', query.window.span);
  if (query.groupBy !== null) refuse('GROUP BY', query.groupBy.span);
  if (query.partitionBy !== null) refuse('PARTITION BY', query.partitionBy.span);
  if (query.having !== null) refuse('HAVING', query.having.span);
  if (query.limit !== null) {
    if (!isOn(binding.env, 'ksql.query.pull.limit.clause.enabled', true)) {
      reject(
        binding,
        'PULL-6',
        query.span,
        'LIMIT in pull queries is switched off.',
        'Set ksql.query.pull.limit.clause.enabled to true.',
      );
    }
    if (query.limit < 0) reject(binding, 'PULL-7', query.span, `LIMIT ${query.limit} is negative.`, 'Use 0 or more.');
  }
}

/** The one query whose state is this table. */
function materializedBy(binding: Binding, query: QueryNode, source: Source): string {
  const { catalog } = binding.env;
  if (source.readOnly) {
    const keeper = readersOf(catalog, source.name).find(({ kind }) => kind === 'sourceTable');
    if (keeper !== undefined) return keeper.id;
  }
  const writers = writersOf(catalog, source.name);
  if (source.createdBy === null && writers.length === 0) {
    const name = pasteName(source.name);
    reject(
      binding,
      'PULL-1',
      query.from.span,
      `The rows of table ${name} are not kept here: it is only declared over its topic.`,
      `Make a copy that can be queried: CREATE TABLE ${pasteName(`QUERYABLE_${source.name}`)} AS SELECT * FROM ${name};`,
    );
  }
  if (writers.length !== 1) {
    reject(
      binding,
      'PULL-9',
      query.from.span,
      `Table ${pasteName(source.name)} is written by ${writers.length === 0 ? 'no query' : writers.map(({ id }) => id).join(', ')}; exactly one is needed.`,
    );
  }
  return writers[0]!.id;
}

function selectItems(binding: Binding, query: QueryNode, from: FromResult): readonly SelectItem[] {
  const hasStar = query.select.some(({ kind }) => kind === 'star');
  if (hasStar && query.select.length > 1 && from.sources[0]!.shape === 'table') {
    reject(binding, 'PULL-8', query.span, '* cannot stand beside other items in a pull query.', 'Name the columns.');
  }
  const context = contextFor(binding, from.scope, 'pull query');
  const items = bindSelect(context, query, from, { withBounds: true, order: null, columns: from.node.columns });
  const names = new Set<string>();
  for (const { name, span } of items) {
    if (names.has(name))
      reject(binding, 'PROJ-3', span, `Two result columns are called ${pasteName(name)}.`, 'Give one an alias.');
    names.add(name);
  }
  return items;
}

function systemRules(
  binding: Binding,
  query: QueryNode,
  node: SourceNode,
  items: readonly SelectItem[],
  where: Expr | null,
): void {
  const refused = (expr: Expr): string | null => {
    let found: string | null = null;
    walk(expr, (part) => {
      if (part.op !== 'column') return;
      const { kind, name } = node.columns[part.index]!;
      if (kind === 'system' && name !== 'ROWTIME') found = name;
    });
    return found;
  };
  for (const item of items) {
    const name = refused(item.expr);
    if (name !== null)
      reject(binding, 'PULL-4', item.span, `${name} cannot stand in the SELECT of a pull query.`, PUSH_HINT);
  }
  const name = where === null ? null : refused(where);
  if (name !== null)
    reject(binding, 'PULL-4', query.where!.span, `${name} cannot stand in the WHERE of a pull query.`, PUSH_HINT);
}

/** Key rows that WHERE fixes by = or IN with constants, if it fixes all key columns; null: it does not. */
function lookUps(binding: Binding, node: SourceNode, where: Expr): readonly (readonly Value[])[] | null {
  const fixed = new Map<number, readonly Value[]>();
  for (const part of conjuncts(where)) {
    const found = keyValues(binding, node, part);
    if (found !== null && !fixed.has(found.column)) fixed.set(found.column, found.values);
  }
  let rows: readonly (readonly Value[])[] = [[]];
  for (const column of node.key) {
    const values = fixed.get(column);
    if (values === undefined) return null;
    rows = rows.flatMap((row) => values.map((value) => [...row, value]));
  }
  return rows;
}

function keyValues(
  binding: Binding,
  node: SourceNode,
  part: Expr,
): { readonly column: number; readonly values: readonly Value[] } | null {
  if (part.op === 'compare' && part.operator === '=') {
    for (const [side, other] of [
      [part.left, part.right],
      [part.right, part.left],
    ] as const) {
      const column = keyColumn(node, side);
      const values = column === null ? null : constants(binding, [other], node.columns[column]!.type);
      if (column !== null && values !== null) return { column, values };
    }
  }
  if (part.op !== 'in') return null;
  const column = keyColumn(node, part.of);
  const values = column === null ? null : constants(binding, part.items, node.columns[column]!.type);
  return column === null || values === null ? null : { column, values };
}

function keyColumn(node: SourceNode, expr: Expr): number | null {
  return expr.op === 'column' && node.key.includes(expr.index) ? expr.index : null;
}

function constants(binding: Binding, exprs: readonly Expr[], type: SqlType): readonly Value[] | null {
  const values: Value[] = [];
  for (const expr of exprs) {
    if (someExpr(expr, ({ op }) => op === 'column')) return null;
    const { value, failure } = evaluateConstant(expr, binding.env.functions, {
      nowMs: () => binding.env.nowMs(),
      random: Math.random,
      properties: binding.env.properties,
    });
    if (failure !== null || value === null || expr.type === null) return null;
    const strict = strictValue(value, expr.type, type);
    if (!strict.ok) return null;
    if (!values.includes(strict.value)) values.push(strict.value);
  }
  return values;
}
