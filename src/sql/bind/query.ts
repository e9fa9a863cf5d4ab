// SELECT → plan: FROM, WHERE, PARTITION BY, table functions, GROUP BY, HAVING, projection, in this order.
//
// Law: each clause is bound over the columns of the node below it. After PARTITION BY and GROUP BY the select items are rewritten to
// the columns of the new node, so that "is this item the key" is a question of column indexes (keys.ts).
import type { Source } from '../catalog/catalog.ts';
import { type Expr, rewrite, sameExpr } from '../plan/expr.ts';
import type { FilterNode, FlatMapNode, NamedType, PlanNode, ProjectNode, WindowInfo } from '../plan/nodes.ts';
import { partitionsOf } from '../plan/partitions.ts';
import type { ExpressionNode, QueryNode } from '../syntax/ast.ts';
import { type Aggregation, bindAggregation } from './aggregation.ts';
import { bindCondition, bindList, refuseMapKey } from './clauses.ts';
import type { BoundAggregate, BoundTableCall } from './context.ts';
import { type Binding, fragment, isOn, pasteName, reject } from './environment.ts';
import { contextFor } from './expression.ts';
import { bindFrom, idsOfStatement } from './from.ts';
import type { FromResult, NextId } from './from-result.ts';
import { repartition } from './join.ts';
import { type KeyRule, projected } from './keys.ts';
import { bindSelect, Namer } from './select.ts';

/** `persistent`: result goes to a sink, so its key must be projected. `push`: rows go to a client. */
export type QueryMode = 'persistent' | 'push';

export interface PlannedQuery {
  readonly plan: ProjectNode;
  readonly shape: 'stream' | 'table';
  readonly key: readonly NamedType[];
  readonly value: readonly NamedType[];
  readonly window: WindowInfo | null;
  /** In order of the text; formats and partitions of a sink are taken from the first. */
  readonly sources: readonly Source[];
  readonly limit: number | null;
  /** Tables that are aggregated or joined: their result exists only where this query runs. */
  readonly aggregates: readonly BoundAggregate[];
}

/** Binds and plans a query. */
export function bindQuery(binding: Binding, query: QueryNode, mode: QueryMode): PlannedQuery {
  const nextId = idsOfStatement();
  const from = bindFrom(binding, query, nextId);
  clauseRules(binding, query, from, mode);
  let node = bindWhere(binding, query, from, nextId);
  const partition = bindPartitionBy(binding, query, from, node, nextId);
  if (partition !== null) node = partition.node;
  const aggregates: BoundAggregate[] = [];
  const tables: BoundTableCall[] = [];
  const context = contextFor(binding, from.scope, 'SELECT', {
    aggregates,
    tables,
    makesWindow: query.window !== null && query.groupBy !== null,
  });
  let items = bindSelect(context, query, from, {
    withBounds: mode === 'push',
    order: partition === null ? null : partition.starOrder,
    columns: node.columns,
  });
  if (partition !== null) items = items.map((item) => ({ ...item, expr: partition.rewrite(item.expr) }));
  if (tables.length > 0) {
    if (aggregates.length > 0 || query.groupBy !== null) {
      reject(
        binding,
        'UDTF-3',
        tables[0]!.span,
        `The table function ${tables[0]!.name} cannot stand in one SELECT with aggregates.`,
        'Split it into two statements.',
      );
    }
    const flat = flatMap(binding, node, tables, nextId);
    node = flat;
    const first = flat.columns.length - tables.length;
    items = items.map((item) => ({ ...item, expr: tableCells(item.expr, first) }));
  }
  const aggregation = bindAggregation(binding, { query, from, node, items, aggregates, mode, nextId });
  if (aggregation !== null) {
    node = aggregation.node;
    items = aggregation.items;
  }
  const rule = keyRule(binding, query, from, partition, aggregation);
  const result = projected(binding, { query, node, items, mode, rule, from, id: nextId('project') });
  return {
    ...result,
    shape: node.shape,
    window: node.window,
    sources: from.sources,
    limit: query.limit,
    aggregates,
  };
}

/** Conditions that concern the clauses as such (errors.md §3.10). */
function clauseRules(binding: Binding, query: QueryNode, from: FromResult, mode: QueryMode): void {
  const windowed = query.window !== null;
  if (windowed && query.groupBy === null) {
    reject(
      binding,
      'QUERY-3',
      query.window!.span,
      'WINDOW needs GROUP BY.',
      'Add GROUP BY, or remove the WINDOW clause.',
    );
  }
  if (query.emit === 'FINAL') {
    if (!isOn(binding.env, 'ksql.suppress.enabled', true)) {
      reject(binding, 'QUERY-5', query.span, 'EMIT FINAL is switched off.', 'Set ksql.suppress.enabled to true.');
    }
    if (query.groupBy === null || !windowed) {
      reject(
        binding,
        'QUERY-4',
        query.span,
        `EMIT FINAL needs a windowed aggregation; ${query.groupBy === null ? 'GROUP BY' : 'WINDOW'} is missing.`,
        'Use EMIT CHANGES.',
      );
    }
  }
  for (const [index, source] of from.sources.entries()) {
    if (mode === 'persistent' && source.shape === 'table' && source.window !== null) {
      reject(
        binding,
        'QUERY-6',
        from.sources.length === 1 ? query.from.span : (query.joins[index - 1]?.span ?? query.from.span),
        `${source.name} is a windowed table: no query can be built on it.`,
        'Declare a stream over its topic with WINDOW_TYPE and query that.',
      );
    }
  }
}

function bindWhere(binding: Binding, query: QueryNode, from: FromResult, nextId: NextId): PlanNode {
  if (query.where === null) return from.node;
  const where = bindCondition(binding, query.where, contextFor(binding, from.scope, 'WHERE'));
  const node: FilterNode = {
    kind: 'filter',
    id: nextId('filter'),
    shape: from.node.shape,
    columns: from.node.columns,
    key: from.node.key,
    window: from.node.window,
    input: from.node,
    where,
  };
  return node;
}

interface Partitioning {
  readonly node: PlanNode;
  readonly by: readonly Expr[];
  readonly moved: boolean;
  rewrite(expr: Expr): Expr;
  readonly starOrder: ((indexes: readonly number[]) => readonly number[]) | null;
}

function bindPartitionBy(
  binding: Binding,
  query: QueryNode,
  from: FromResult,
  node: PlanNode,
  nextId: NextId,
): Partitioning | null {
  const list = query.partitionBy;
  if (list === null) return null;
  if (node.shape === 'table') {
    reject(
      binding,
      'PART-1',
      list.span,
      'PARTITION BY only goes with streams: a table is keyed by its primary key.',
      'Use GROUP BY to build a table with another key.',
    );
  }
  if (node.window !== null) {
    reject(binding, 'PART-5', list.span, 'A windowed stream cannot be partitioned by something else than its key.');
  }
  const by = bindList(binding, list, from, 'PARTITION BY', { empty: 'PART-2', twice: 'PART-3' });
  const nulls = by.filter(({ type }) => type === null);
  if (nulls.length > 0 && by.length > 1) {
    reject(
      binding,
      'PART-4',
      list.span,
      'NULL cannot stand beside other expressions in PARTITION BY.',
      'PARTITION BY NULL alone removes the key.',
    );
  }
  const exprs = nulls.length > 0 ? [] : by;
  if (nulls.length === 0 && keysEqual(from, node, exprs)) {
    return { node, by: exprs, moved: false, rewrite: (expr) => expr, starOrder: null };
  }
  for (const [index, expr] of exprs.entries()) refuseMapKey(binding, expr.type!, list.items[index]!);
  const namer = new Namer(from);
  const names = exprs.map((expr, index) => partitionName(list.items[index]!, expr, from, namer));
  const moved = repartition(node, exprs, partitionsOf(node), null, nextId, names);
  const first = node.columns.length;
  return {
    node: moved,
    by: exprs,
    moved: true,
    rewrite: (expr) =>
      rewriteTop(expr, (part) => {
        const at = exprs.findIndex((each) => sameExpr(each, part));
        return at < 0 ? null : { op: 'column', index: first + at, type: part.type };
      }),
    starOrder: (indexes) => {
      const plain = exprs.flatMap((expr) => (expr.op === 'column' ? [expr.index] : []));
      const rest = indexes.filter((index) => !plain.includes(index));
      const isKey = (index: number) => node.columns[index]!.kind === 'key';
      // Key columns that are so no longer stand behind the values of their source.
      const moved = from.scope.sources.flatMap(({ first: start, count }) => {
        const own = rest.filter((index) => index >= start && index < start + count);
        return [...own.filter((index) => !isKey(index)), ...own.filter(isKey)];
      });
      const others = rest.filter((index) => !moved.includes(index));
      return [...exprs.map((_, index) => first + index), ...others, ...moved];
    },
  };
}

/** Only the item as a whole becomes the key; inside of larger expressions the input's columns serve as well. */
function rewriteTop(expr: Expr, change: (expr: Expr) => Expr | null): Expr {
  return change(expr) ?? expr;
}

function partitionName(node: ExpressionNode, expr: Expr, from: FromResult, namer: Namer): string {
  if (node.kind === 'column' && expr.op === 'column') {
    const column = from.scope.columns[expr.index]!;
    return from.sources.length > 1 && column.source !== null ? `${column.source}_${column.name}` : column.name;
  }
  if (node.kind === 'dereference') return namer.fieldName(node.field.text);
  return namer.generated();
}

function keysEqual(from: FromResult, node: PlanNode, by: readonly Expr[]): boolean {
  if (from.viable !== null) {
    const [only] = by;
    return (
      by.length === 1 && only!.op === 'column' && (from.viable.includes(only!.index) || only!.index === node.key[0])
    );
  }
  return (
    by.length === node.key.length && by.every((expr, index) => expr.op === 'column' && expr.index === node.key[index])
  );
}

function flatMap(binding: Binding, input: PlanNode, calls: readonly BoundTableCall[], nextId: NextId): FlatMapNode {
  if (input.shape === 'table') {
    reject(
      binding,
      'UDTF-1',
      calls[0]!.span,
      `The table function ${calls[0]!.name} needs a stream; the source is a table.`,
    );
  }
  return {
    kind: 'flatMap',
    id: nextId('flatMap'),
    shape: 'stream',
    columns: [
      ...input.columns,
      ...calls.map(({ returns }) => ({ source: null, name: '', type: returns, kind: 'value' as const })),
    ],
    key: input.key,
    window: input.window,
    input,
    calls: calls.map(({ name, variant, call, args }) => ({ name, variant, call, args })),
  };
}

function tableCells(expr: Expr, first: number): Expr {
  return rewrite(expr, (part) =>
    part.op === 'tableCell' ? { op: 'column', index: first + part.index, type: part.type } : null,
  );
}

function keyRule(
  binding: Binding,
  query: QueryNode,
  from: FromResult,
  partition: Partitioning | null,
  aggregation: Aggregation | null,
): KeyRule {
  const isJoin = from.sources.length > 1;
  const shown = (index: number, withSource: boolean): string => {
    const column = from.scope.columns[index];
    if (column === undefined) return '?';
    const plain = pasteName(column.name);
    return withSource && column.source !== null ? `${pasteName(column.source)}.${plain}` : plain;
  };
  if (aggregation !== null) {
    const texts = query.groupBy?.items.map((item) => fragment(binding, item.span)) ?? [];
    return { missing: 'KEY-2', twice: 'KEY-8', keys: aggregation.node.key, texts, viable: null, clause: 'GROUP BY' };
  }
  if (partition?.moved) {
    const texts = query.partitionBy!.items.map((item) => fragment(binding, item.span));
    return { missing: 'KEY-3', twice: 'KEY-7', keys: partition.node.key, texts, viable: null, clause: 'PARTITION BY' };
  }
  if (isJoin && from.viable !== null) {
    const keys = from.node.key;
    const texts =
      from.synthetic === null ? from.viable.map((index) => shown(index, true)) : [pasteName(from.synthetic)];
    return {
      missing: from.synthetic === null ? 'KEY-4' : 'KEY-5',
      twice: 'KEY-7',
      keys,
      texts,
      viable: from.viable,
      clause: 'JOIN',
    };
  }
  return {
    missing: isJoin ? 'KEY-6' : 'KEY-1',
    twice: 'KEY-7',
    keys: from.node.key,
    texts: from.node.key.map((index) => shown(index, isJoin)),
    viable: null,
    clause: isJoin ? 'JOIN' : 'FROM',
  };
}
