// CREATE OR REPLACE … AS SELECT: which plans may follow one another with their state kept (E-REPL-4, -5).
import { exprKey } from '../plan/expr.ts';
import { inputsOf, type PlanNode } from '../plan/nodes.ts';
import type { Span } from '../syntax/ast.ts';
import { type Binding, reject } from './environment.ts';

/** Filters and projections may come, go and change. All else must be there as it was; some steps cannot be kept at all. */
export function upgradeRules(binding: Binding, span: Span, old: PlanNode, next: PlanNode): void {
  const before = fixedSteps(old);
  const after = fixedSteps(next);
  for (const { node } of [...before, ...after]) {
    const what = neverUpgraded(node);
    if (what !== null)
      reject(binding, 'REPL-4', span, `A query with ${what} cannot be replaced.`, 'DROP it and create it anew.');
  }
  const longest = Math.max(before.length, after.length);
  for (let index = 0; index < longest; index++) {
    const [left, right] = [before[index], after[index]];
    if (left?.text === right?.text) continue;
    reject(
      binding,
      'REPL-5',
      span,
      `The query cannot be replaced: the step ${(right ?? left)!.node.kind} differs.`,
      'Only WHERE and the SELECT list may change; DROP it and create it anew.',
    );
  }
}

function neverUpgraded(node: PlanNode): string | null {
  if (node.kind === 'join') return 'a join';
  if (node.kind === 'flatMap') return 'a table function';
  if (node.kind !== 'aggregate') return null;
  if (node.window !== null) return 'a windowed aggregation';
  return node.input.shape === 'table' ? 'an aggregation of a table' : null;
}

function fixedSteps(node: PlanNode): readonly { readonly node: PlanNode; readonly text: string }[] {
  const below = inputsOf(node).flatMap(fixedSteps);
  switch (node.kind) {
    case 'filter':
    case 'project':
    case 'changes':
      return below;
    case 'source':
      return [{ node, text: `source ${node.source} ${node.topic.topic}` }];
    case 'repartition':
      return [...below, { node, text: `repartition ${node.by.map(exprKey).join()}` }];
    case 'aggregate':
      return [
        ...below,
        { node, text: `aggregate ${node.calls.map((call) => call.name + call.args.map(exprKey).join()).join()}` },
      ];
    default:
      return [...below, { node, text: node.kind }];
  }
}
