// GROUP BY, WINDOW, HAVING: the aggregation node, and select items rewritten over it (aggregates-and-windows.md).
import { column, type Expr, rewrite, sameExpr } from '../plan/expr.ts';
import type { AggregateNode, FilterNode, PlanColumn, PlanNode, WindowSpec } from '../plan/nodes.ts';
import { partitionsOf } from '../plan/partitions.ts';
import type { ExpressionNode, QueryNode, Span, WindowNode } from '../syntax/ast.ts';
import { BIGINT, INTEGER } from '../types/sql-type.ts';
import { bindCondition, bindList, refuseMapKey } from './clauses.ts';
import type { BoundAggregate } from './context.ts';
import { type Binding, fragment, pasteName, reject } from './environment.ts';
import { contextFor } from './expression.ts';
import type { FromResult, NextId } from './from-result.ts';
import { repartition } from './join.ts';
import type { SelectItem } from './select.ts';

export interface Aggregation {
  readonly node: PlanNode;
  readonly items: readonly SelectItem[];
}
interface Request {
  readonly query: QueryNode;
  readonly from: FromResult;
  readonly node: PlanNode;
  readonly items: readonly SelectItem[];
  /** Those of the select list; HAVING adds its own. */
  readonly aggregates: BoundAggregate[];
  readonly mode: 'persistent' | 'push';
  readonly nextId: NextId;
}

const DAY_MS = 86_400_000;

/** Null when the query neither groups nor aggregates. */
export function bindAggregation(binding: Binding, request: Request): Aggregation | null {
  const { query, from, aggregates } = request;
  if (query.groupBy === null && aggregates.length === 0) {
    if (query.having !== null)
      reject(binding, 'AGG-1', query.having.span, 'HAVING needs GROUP BY and an aggregate.', 'Use WHERE.');
    return null;
  }
  const group = groupExprs(binding, request);
  const having =
    query.having === null
      ? null
      : bindCondition(
          binding,
          query.having,
          contextFor(binding, from.scope, 'HAVING', { aggregates, makesWindow: query.window !== null }),
        );
  aggregationRules(binding, request);
  const node = aggregateNode(binding, request, group);
  const over = rewriter(binding, request, group, node);
  const items = request.items.map((item) => ({ ...item, expr: over(item.expr, item.span, 'AGG-2') }));
  if (having === null) return { node, items };
  const filter: FilterNode = {
    kind: 'filter',
    id: request.nextId('having'),
    shape: 'table',
    columns: node.columns,
    key: node.key,
    window: node.window,
    input: node,
    where: over(having, query.having!.span, 'AGG-3'),
  };
  return { node: filter, items };
}

/** Grouping expressions; one constant when a transient query aggregates everything. */
function groupExprs(binding: Binding, request: Request): readonly Expr[] {
  const { query, from, aggregates, mode } = request;
  if (query.groupBy === null) {
    if (mode === 'persistent') {
      reject(
        binding,
        'AGG-6',
        aggregates[0]!.span,
        `The aggregate ${fragment(binding, aggregates[0]!.span)} needs GROUP BY.`,
        'Group by a column; to count everything group by one that is the same in all rows.',
      );
    }
    return [{ op: 'literal', value: 0, type: INTEGER }];
  }
  const group = bindList(binding, query.groupBy, from, 'GROUP BY', { empty: 'AGG-8', twice: 'AGG-7' });
  for (const [index, expr] of group.entries()) {
    if (expr.type === null) reject(binding, 'TYPE-5', query.groupBy.items[index]!.span, 'NULL cannot be grouped by.');
    refuseMapKey(binding, expr.type, query.groupBy.items[index]!);
  }
  return group;
}

function aggregationRules(binding: Binding, request: Request): void {
  const { query, from, node, aggregates } = request;
  const span = query.groupBy?.span ?? query.span;
  if (aggregates.length === 0) {
    reject(binding, 'AGG-1', span, 'GROUP BY needs an aggregate in SELECT or HAVING.', 'For example COUNT(*).');
  }
  for (const source of from.sources) {
    if (source.valueFormat.format === 'KAFKA') {
      reject(
        binding,
        'QUERY-7',
        span,
        `${source.name} has the value format KAFKA, which cannot be grouped.`,
        'Convert it first: CREATE STREAM … WITH (VALUE_FORMAT = …) AS SELECT.',
      );
    }
  }
  if (node.shape === 'table') {
    if (query.window !== null) {
      reject(
        binding,
        'AGG-10',
        query.window.span,
        'A table cannot be aggregated in windows.',
        'Aggregate the stream it was made from.',
      );
    }
    const stuck = [...new Set(aggregates.filter(({ undoable }) => !undoable).map(({ name }) => name))].sort();
    if (stuck.length > 0) {
      reject(
        binding,
        'AGG-9',
        aggregates.find(({ undoable }) => !undoable)!.span,
        `${stuck.join(', ')} cannot take a row back, so not aggregate a table.`,
        'Aggregate the stream that the table was made from.',
      );
    }
  }
  const leftmost = from.sources[0]!.valueFormat.format;
  if (leftmost === 'DELIMITED') {
    const held = aggregates.filter(({ state }) => ['ARRAY', 'MAP', 'STRUCT'].includes(state.base));
    if (held.length > 0) {
      reject(
        binding,
        'AGG-11',
        held[0]!.span,
        `${held.map(({ name }) => name).join(', ')} keeps a state that DELIMITED, the value format of ${from.sources[0]!.name}, cannot hold.`,
        'Convert the source to JSON or AVRO first.',
      );
    }
  }
}

function aggregateNode(binding: Binding, request: Request, group: readonly Expr[]): AggregateNode {
  const { query, from, node, aggregates, nextId } = request;
  const keyed =
    query.groupBy !== null &&
    group.length === node.key.length &&
    group.every((expr, index) =>
      from.viable === null
        ? expr.op === 'column' && expr.index === node.key[index]
        : expr.op === 'column' && (from.viable.includes(expr.index) || expr.index === node.key[index]),
    );
  if (!keyed && node.window !== null) {
    reject(
      binding,
      'QUERY-8',
      query.groupBy!.span,
      'A windowed source can only be grouped by its key.',
      `Its key: ${node.key.map((index) => pasteName(node.columns[index]!.name)).join(', ')}.`,
    );
  }
  // Rows of one group must meet in one partition: re-key them first, unless they are keyed so already.
  const input = keyed ? node : repartition(node, group, partitionsOf(node), null, nextId);
  const first = node.columns.length;
  const groupColumns = keyed
    ? node.key.map((index) => column(index, node.columns[index]!.type))
    : group.map((expr, index) => column(first + index, expr.type!));
  const spec = query.window === null ? null : windowSpec(binding, query.window, query.emit === 'FINAL');
  const columns: PlanColumn[] = group.map((expr) => ({
    source: null,
    name: '',
    type: expr.type!,
    kind: 'key' as const,
  }));
  const isWindowed = spec !== null || node.window !== null;
  if (isWindowed) {
    columns.push({ source: null, name: 'WINDOWSTART', type: BIGINT, kind: 'window' });
    columns.push({ source: null, name: 'WINDOWEND', type: BIGINT, kind: 'window' });
  }
  for (const call of aggregates) columns.push({ source: null, name: '', type: call.returns, kind: 'value' });
  return {
    kind: 'aggregate',
    id: nextId('aggregate'),
    shape: 'table',
    columns,
    key: group.map((_, index) => index),
    window:
      spec === null
        ? node.window
        : spec.kind === 'session'
          ? { kind: 'SESSION', sizeMs: null }
          : { kind: spec.kind === 'tumbling' ? 'TUMBLING' : 'HOPPING', sizeMs: spec.sizeMs },
    input,
    group: groupColumns,
    calls: aggregates.map(({ name, variant, call, args }) => ({ name, variant, call, args })),
    spec,
    final: query.emit === 'FINAL',
    keyed,
  };
}

function windowSpec(binding: Binding, window: WindowNode, isFinal: boolean): WindowSpec {
  const { sizeMs } = window;
  if (sizeMs <= 0)
    reject(binding, 'WIN-5', window.span, `A window of ${sizeMs} ms holds nothing.`, 'Give a size above 0.');
  const advanceMs = window.advanceMs ?? sizeMs;
  if (window.type === 'hopping' && (advanceMs <= 0 || advanceMs > sizeMs)) {
    reject(
      binding,
      'WIN-3',
      window.span,
      `ADVANCE BY must be above 0 and at most SIZE: ${advanceMs} ms and ${sizeMs} ms are given.`,
    );
  }
  const graceMs = window.graceMs ?? (isFinal ? 0 : Math.max(0, DAY_MS - sizeMs));
  if (window.retentionMs !== null && window.retentionMs < sizeMs + graceMs) {
    reject(
      binding,
      'WIN-4',
      window.span,
      `RETENTION (${window.retentionMs} ms) must be at least SIZE plus GRACE PERIOD (${sizeMs} + ${graceMs} ms).`,
      'Raise RETENTION, or give a shorter GRACE PERIOD.',
    );
  }
  return { kind: window.type, sizeMs, advanceMs, graceMs, retentionMs: window.retentionMs ?? sizeMs + graceMs };
}

/** Rewrites an item from source columns to columns of the aggregation; what is not grouped is refused. */
function rewriter(
  binding: Binding,
  request: Request,
  group: readonly Expr[],
  node: AggregateNode,
): (expr: Expr, span: Span, id: string) => Expr {
  const bounds = node.columns.findIndex(({ kind }) => kind === 'window');
  const firstCall = group.length + (bounds < 0 ? 0 : 2);
  const scope = request.from.scope;
  const isGrouped = (expr: Expr): Expr | null => {
    const at = group.findIndex((each) => sameExpr(each, expr));
    return at < 0 ? null : column(at, expr.type!);
  };
  const moved = (part: Expr): Expr | null => {
    const grouped = isGrouped(part);
    if (grouped !== null) return grouped;
    if (part.op === 'aggregate') return column(firstCall + part.index, part.type!);
    if (part.op === 'windowBound') return column(bounds + (part.bound === 'start' ? 0 : 1), BIGINT);
    const own = part.op === 'column' ? scope.columns[part.index]! : null;
    if (own?.kind !== 'window' || bounds < 0 || request.query.window !== null) return null;
    return column(bounds + (own.name === 'WINDOWSTART' ? 0 : 1), BIGINT);
  };
  return (expr, span, id) =>
    rewrite(expr, (part) => {
      const found = moved(part);
      if (found !== null || part.op !== 'column') return found;
      return refuseUngrouped(binding, request, expr, span, id, pasteName(scope.columns[part.index]!.name));
    });
}

function refuseUngrouped(binding: Binding, request: Request, expr: Expr, span: Span, id: string, name: string): never {
  const isHaving = id === 'AGG-3';
  return reject(
    binding,
    isAsValue(expr) ? 'AGG-12' : id,
    span,
    `${fragment(binding, span)} uses ${name}, which is not grouped, ${isHaving ? 'in HAVING' : 'outside of an aggregate'}.`,
    isHaving
      ? 'Filter rows before grouping with WHERE.'
      : `Add it to GROUP BY (now ${groupText(binding, request)}) or put it into an aggregate.`,
  );
}

function isAsValue(expr: Expr): boolean {
  return expr.op === 'call' && expr.name === 'AS_VALUE';
}
function groupText(binding: Binding, request: Request): string {
  const items: readonly ExpressionNode[] = request.query.groupBy?.items ?? [];
  return items.map((item) => fragment(binding, item.span)).join(', ') || 'empty';
}
