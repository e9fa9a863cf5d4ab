// One join: which kind it is, whether it is allowed, and what its key is (joins.md §1, §2, §5).
import { type Expr, moveColumns, sameExpr } from '../plan/expr.ts';
import type { JoinNode, PlanNode, RepartitionNode, TopicShape } from '../plan/nodes.ts';
import { partitionsOf } from '../plan/partitions.ts';
import type { JoinNode as JoinSyntax } from '../syntax/ast.ts';
import { sameType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import { type Binding, fragment, pasteName, reject } from './environment.ts';
import type { FromResult, NextId } from './from-result.ts';
import { bindCriteria, type Criteria, checkWindows, isColumn, joinKind } from './join-rules.ts';
import type { Scope } from './scope.ts';

interface JoinOptions {
  readonly nextId: NextId;
}

/** Joins one more source to what stands left of it. */
export function bindJoin(
  binding: Binding,
  left: FromResult,
  right: FromResult,
  syntax: JoinSyntax,
  options: JoinOptions,
): FromResult {
  for (const source of [...left.sources, ...right.sources]) {
    if (source.valueFormat.format === 'KAFKA') {
      reject(
        binding,
        'QUERY-7',
        syntax.span,
        `${source.name} has the value format KAFKA, which cannot be joined.`,
        'Convert it first: CREATE STREAM … WITH (VALUE_FORMAT = …) AS SELECT.',
      );
    }
  }
  const scope = joinScope(left.scope, right.scope);
  const criteria = bindCriteria(binding, scope, left, right, syntax);
  const kind = joinKind(binding, left, right, criteria, syntax);
  checkWindows(binding, left.node, right.node, syntax);
  if (!sameType(criteria.left.type!, criteria.right.type!)) {
    reject(
      binding,
      'JOIN-20',
      syntax.on.span,
      `The sides of ON are ${typeText(criteria.left.type!)} and ${typeText(criteria.right.type!)}: ${fragment(binding, syntax.on.span)}.`,
      'Cast one side so that the types are equal.',
    );
  }
  if (kind === 'foreignKey') return foreignKey(left, right, criteria, syntax, scope, options);
  const nodes = rekeyed(binding, left, right, criteria, syntax, options, kind);
  return keyed(left, right, criteria, syntax, scope, options, kind, nodes);
}

function joinScope(left: Scope, right: Scope): Scope {
  const offset = left.columns.length;
  // Whatever key the left join had, it has no name of its own any more.
  const own = left.columns.map((column) => (column.source === null ? { ...column, name: '' } : column));
  return {
    sources: [...left.sources, ...right.sources.map((source) => ({ ...source, first: source.first + offset }))],
    columns: [...own, ...right.columns],
    selectAliases: new Map(),
  };
}

/** Keys with different windows are written differently, which only formats with a registry put right by themselves. */
function windowsDiffer(binding: Binding, left: PlanNode, right: PlanNode): boolean {
  if (left.window === null || right.window === null) return false;
  const isSame = left.window.kind === right.window.kind && left.window.sizeMs === right.window.sizeMs;
  const format = binding.env.format(keyFormatOf(left));
  return !isSame && format?.usesRegistry !== true;
}

/** Both inputs with the join expression as their key: stream sides are repartitioned where it is not yet. */
function rekeyed(
  binding: Binding,
  left: FromResult,
  right: FromResult,
  criteria: Criteria,
  syntax: JoinSyntax,
  options: JoinOptions,
  kind: JoinNode['join'],
): { readonly left: PlanNode; readonly right: PlanNode } {
  const leftIsKey = isKey(left, criteria.left);
  const rightIsKey = isKey(right, criteria.right);
  const moves = (!leftIsKey && left.node.window !== null) || (!rightIsKey && right.node.window !== null);
  if (moves || windowsDiffer(binding, left.node, right.node)) {
    reject(
      binding,
      'JOIN-25',
      syntax.on.span,
      'A windowed source can only be joined on its key: it cannot be repartitioned.',
    );
  }
  const counts = [partitionsOf(left.node), partitionsOf(right.node)] as const;
  if (leftIsKey && rightIsKey && counts[0] !== counts[1]) {
    reject(
      binding,
      'JOIN-22',
      syntax.span,
      `${pasteName(left.scope.sources[0]!.alias)} has ${counts[0]} partitions, ${pasteName(right.scope.sources[0]!.alias)} has ${counts[1]}: rows of one key would not meet.`,
      `Repartition one first: CREATE STREAM … WITH (PARTITIONS = ${counts[1]}) AS SELECT … PARTITION BY ….`,
    );
  }
  const formatsDiffer = keyFormatOf(left.node) !== keyFormatOf(right.node);
  // Keys that are written differently land in different partitions, unless there is one only.
  const mustMove = formatsDiffer && Math.max(counts[0], counts[1]) > 1;
  const partitions = !leftIsKey && rightIsKey ? counts[1] : counts[0];
  const moveRight = !rightIsKey || (mustMove && kind === 'streamStream' && leftIsKey);
  const moveLeft = !leftIsKey || (mustMove && !moveRight && left.node.shape === 'stream');
  return {
    left: moveLeft
      ? repartition(left.node, [criteria.left], partitions, peerOf(right.node, moveRight), options.nextId)
      : left.node,
    right: moveRight
      ? repartition(right.node, [criteria.right], partitions, peerOf(left.node, moveLeft), options.nextId)
      : right.node,
  };
}

function isKey(from: FromResult, expr: Expr): boolean {
  if (from.viable !== null) return from.equivalents.some((each) => sameExpr(each, expr));
  return from.node.key.length === 1 && isColumn(expr, from.node.key[0]!);
}

function keyFormatOf(node: PlanNode): string {
  switch (node.kind) {
    case 'source':
      return node.topic.keyFormat.format;
    case 'repartition':
      return node.peer?.keyFormat.format ?? keyFormatOf(node.input);
    case 'join':
      return keyFormatOf(node.left);
    default:
      return keyFormatOf(node.input);
  }
}

/** The topic whose keys the moved side must be written like. */
function peerOf(node: PlanNode, peerMoves: boolean): TopicShape | null {
  if (peerMoves) return null;
  return node.kind === 'source' ? node.topic : node.kind === 'join' ? peerOf(node.left, false) : null;
}

/** A repartition node over `input`. */
export function repartition(
  input: PlanNode,
  by: readonly Expr[],
  partitions: number,
  peer: TopicShape | null,
  nextId: NextId,
  names: readonly string[] = by.map(() => ''),
): RepartitionNode {
  const first = input.columns.length;
  return {
    kind: 'repartition',
    id: nextId('repartition'),
    shape: input.shape,
    columns: [
      ...input.columns,
      ...by.map((expr, index) => ({ source: null, name: names[index]!, type: expr.type!, kind: 'key' as const })),
    ],
    key: by.map((_, index) => first + index),
    window: null,
    input,
    by,
    partitions,
    peer,
  };
}

function keyed(
  left: FromResult,
  right: FromResult,
  criteria: Criteria,
  syntax: JoinSyntax,
  scope: Scope,
  options: JoinOptions,
  kind: JoinNode['join'],
  nodes: { readonly left: PlanNode; readonly right: PlanNode },
): FromResult {
  const offset = left.node.columns.length;
  const equivalents: Expr[] = [];
  if (syntax.type !== 'full') {
    const isOld = left.equivalents.some((each) => sameExpr(each, criteria.left));
    equivalents.push(...(isOld ? left.equivalents : [criteria.left]));
    equivalents.push(moveColumns(criteria.right, (index) => index + offset));
  }
  const viable = equivalents.flatMap((expr) =>
    expr.op === 'column' && scope.columns[expr.index]!.source !== null ? [expr.index] : [],
  );
  const synthetic = viable.length === 0 ? syntheticName(scope) : null;
  // The columns a repartition adds are left out: above the join, left and right columns stand as in the scope.
  const columns = [
    ...scope.columns,
    { source: null, name: synthetic ?? '', type: criteria.type, kind: 'key' as const },
  ];
  const node: JoinNode = {
    kind: 'join',
    id: options.nextId('join'),
    join: kind,
    mode: syntax.type,
    shape: kind === 'tableTable' ? 'table' : 'stream',
    columns,
    key: [columns.length - 1],
    window: left.node.window,
    left: nodes.left,
    right: nodes.right,
    leftCount: offset,
    leftKey: criteria.left,
    rightKey: criteria.right,
    within:
      syntax.within === null
        ? null
        : { beforeMs: syntax.within.beforeMs, afterMs: syntax.within.afterMs, graceMs: syntax.within.graceMs },
    waitMs: null,
  };
  return {
    node,
    scope: { ...scope, columns },
    sources: [...left.sources, ...right.sources],
    viable,
    equivalents,
    synthetic,
  };
}

function foreignKey(
  left: FromResult,
  right: FromResult,
  criteria: Criteria,
  syntax: JoinSyntax,
  scope: Scope,
  options: JoinOptions,
): FromResult {
  const columns = scope.columns;
  const node: JoinNode = {
    kind: 'join',
    id: options.nextId('join'),
    join: 'foreignKey',
    mode: syntax.type,
    shape: 'table',
    columns,
    key: left.node.key,
    window: null,
    left: left.node,
    right: right.node,
    leftCount: left.node.columns.length,
    leftKey: criteria.left,
    rightKey: criteria.right,
    within: null,
    waitMs: null,
  };
  return { node, scope, sources: [...left.sources, ...right.sources], viable: null, equivalents: [], synthetic: null };
}

/** ROWKEY, or the first ROWKEY_n that no source has. */
function syntheticName(scope: Scope): string {
  const names = new Set(scope.columns.map(({ name }) => name));
  if (!names.has('ROWKEY')) return 'ROWKEY';
  for (let index = 1; ; index++) if (!names.has(`ROWKEY_${index}`)) return `ROWKEY_${index}`;
}
