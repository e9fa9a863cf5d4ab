// The result row of a table query out of its state: what pull queries read.
//
// An aggregation keeps accumulators and a table chain keeps source rows; HAVING, filters and the projection are run again on them
// when somebody asks. The code is the same as in the row's loop, over one entry instead of a chunk.
import type { Row } from '../../core/data/schema.ts';
import { ExpressionCompiler } from '../../sql/compile/expression.ts';
import { Failures, type Unit } from '../../sql/compile/unit.ts';
import type { AggregateNode, PlanNode, ProjectNode, SourceNode } from '../../sql/plan/nodes.ts';
import { resultCells } from './aggregate-cells.ts';
import { nullable, plain, throughPath } from './flow.ts';
import { Fold } from './fold.ts';
import type { Generation } from './generation.ts';
import { Part } from './part.ts';
import { storedCell, valuePathsOf } from './stored-source.ts';

export type ResultOf = (key: Row, state: Row, timeMs: number) => { readonly key: Row; readonly value: Row } | null;

/** The node whose state is the result's, below filters and projections; null when it is none of them. */
export function stateNode(plan: PlanNode): AggregateNode | SourceNode | null {
  if (plan.kind === 'aggregate') return plan;
  if (plan.kind === 'source') return plan.shape === 'table' ? plan : null;
  return plan.kind === 'filter' || plan.kind === 'project' ? stateNode(plan.input) : null;
}

/** Code from a stored entry to the result row. */
export function resultFunction(generation: Generation, plan: ProjectNode, base: AggregateNode | SourceNode): ResultOf {
  const part = new Part('result');
  const unit: Unit = part.unit;
  const compiler = new ExpressionCompiler(unit, generation.functions, generation.context);
  const inner: Generation = {
    ...generation,
    functions: generation.functions,
    context: generation.context,
    queryId: generation.queryId,
    topicPrefix: generation.topicPrefix,
    part,
    compiler,
    generate: refuse,
    gatherKeys: refuse,
    inNewPart: refuse,
  };
  const keyTexts = base.key.map((_, index) => `key[${index}]`);
  const bounds = [`key[${keyTexts.length}]`, `key[${keyTexts.length + 1}]`];
  const cells =
    base.kind === 'aggregate'
      ? resultCells(base, new Fold(inner, base), keyTexts, bounds, 'state')
      : sourceCells(base, bounds);
  const filters: string[] = [];
  for (let node: PlanNode = plan.input; node !== base && node.kind === 'filter'; node = node.input) {
    filters.push(`if (!${compiler.test(node.where, cells, 'HAVING')}) return null;`);
  }
  const values = plan.values.map(
    (expr, index) => compiler.value(expr, cells, plan.columns[plan.keys.length + index]!.name).text,
  );
  const keys = plan.keys.map((expr) => compiler.value(expr, cells, 'key').text);
  if (plan.window !== null) keys.push(...bounds);
  const body = unit.frame(
    () => `${filters.reverse().join('\n')}\nreturn { key: [${keys.join(', ')}], value: [${values.join(', ')}] };`,
  );
  return unit.build<ResultOf>(`return (key, state, time) => {\n${body}\n};`, `${generation.queryId}/result`, {
    failures: new Failures(),
  });
}

function sourceCells(base: SourceNode, bounds: readonly string[]) {
  const paths = valuePathsOf(base);
  return (index: number, path: readonly number[]) => {
    const column = base.columns[index]!;
    if (column.kind === 'key') return throughPath(nullable(`key[${index}]`), path);
    if (column.kind === 'window') return plain(bounds[column.name === 'WINDOWSTART' ? 0 : 1]!);
    if (column.kind === 'system') return column.name === 'ROWTIME' ? plain('time') : nullable('null');
    return storedCell('state', base, paths, index, path);
  };
}

function refuse(): never {
  throw new Error('result code has no inputs');
}
