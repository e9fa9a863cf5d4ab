// Conditions go as near to their source as they can: below a stream–table or stream–stream join when they only look at the left
// stream, below a repartition always. What is dropped early is neither moved, nor looked up, nor buffered.
//
// Law: a row is kept only if every conjunct of WHERE is true, so conjuncts may be tested apart and in any place where their columns
// are the same. For a left stream they are, except under RIGHT and FULL joins, which make rows without a left side.
import { type Expr, walk } from '../expr.ts';
import type { FilterNode, JoinNode, PlanNode } from '../nodes.ts';

/** Moves filters down. */
export function pushFilters(node: PlanNode): PlanNode {
  if (node.kind === 'source') return node;
  if (node.kind === 'join') return { ...node, left: pushFilters(node.left), right: pushFilters(node.right) };
  if (node.kind !== 'filter') return { ...node, input: pushFilters(node.input) };
  return pushInto(node, conjuncts(node.where));
}

function pushInto(filter: FilterNode, parts: readonly Expr[]): PlanNode {
  const { input } = filter;
  if (input.kind !== 'join' || !isPushable(input)) return { ...filter, input: pushFilters(input) };
  const [down, stay]: [Expr[], Expr[]] = [[], []];
  for (const part of parts) (usesOnlyLeft(part, input) ? down : stay).push(part);
  if (down.length === 0) return { ...filter, input: pushFilters(input) };
  const join: JoinNode = {
    ...input,
    left: pushFilters(belowLeft(input.left, down, filter)),
    right: pushFilters(input.right),
  };
  return stay.length === 0 ? join : { ...filter, input: join, where: conjunction(stay) };
}

/** Stream joins only: in a table join a failing row must still withdraw what was there before. */
function isPushable(join: JoinNode): boolean {
  return join.shape === 'stream' && (join.mode === 'inner' || join.mode === 'left');
}

function belowLeft(left: PlanNode, parts: readonly Expr[], filter: FilterNode): PlanNode {
  if (left.kind === 'repartition') return { ...left, input: belowLeft(left.input, parts, filter) };
  return {
    kind: 'filter',
    id: `${filter.id}-left`,
    shape: left.shape,
    columns: left.columns,
    key: left.key,
    window: left.window,
    input: left,
    where: conjunction(parts),
  };
}

function usesOnlyLeft(expr: Expr, join: JoinNode): boolean {
  let only = true;
  walk(expr, (part) => {
    if (part.op === 'column' && part.index >= join.leftCount) only = false;
  });
  return only;
}

/** The conditions that must all be true. */
export function conjuncts(expr: Expr): readonly Expr[] {
  return expr.op === 'and' ? [...conjuncts(expr.left), ...conjuncts(expr.right)] : [expr];
}
function conjunction(parts: readonly Expr[]): Expr {
  return parts.reduce((left, right) => ({ op: 'and', left, right, type: left.type }));
}
