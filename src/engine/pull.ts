// Evaluating a pull query: filter and projection over rows that stand in a table's state or in a stream's topic.
import type { Row, Value } from '../core/data/schema.ts';
import type { PullPlan } from '../sql/bind/pull.ts';
import { ExpressionCompiler } from '../sql/compile/expression.ts';
import { Failures, Unit } from '../sql/compile/unit.ts';
import type { FunctionContext, Functions } from '../sql/functions/registry.ts';
import type { FilterNode, ProjectNode } from '../sql/plan/nodes.ts';
import { optimize } from '../sql/plan/optimize/index.ts';
import { nullable, plain, throughPath } from './pipeline/flow.ts';

/** Result cells of a source row; null when WHERE hides it. `key` has the window bounds at its end. */
export type PullRow = (key: Row, value: Row, timeMs: number) => Value[] | null;

/** The code of a pull query over whole key and value rows of its source. */
export function pullFunction(plan: PullPlan, functions: Functions, context: FunctionContext): PullRow {
  const unit = new Unit();
  const compiler = new ExpressionCompiler(unit, functions, context);
  const keyCount = plan.node.topic.key.length;
  const cells = (index: number, path: readonly number[]) => {
    const { kind, name } = plan.node.columns[index]!;
    if (kind === 'key') return throughPath(nullable(`key[${index}]`), path);
    if (kind === 'window') return plain(`key[${keyCount + (name === 'WINDOWSTART' ? 0 : 1)}]`);
    // The header columns come behind the value's, here and in a stored row.
    if (kind === 'value' || kind === 'header') return throughPath(nullable(`value[${index - keyCount}]`), path);
    return name === 'ROWTIME' ? plain('time') : nullable('null');
  };
  const body = unit.frame(() => {
    const test = plan.where === null ? '' : `if (!${compiler.test(plan.where, cells, 'WHERE')}) return null;\n`;
    const values = plan.select.map((expr, index) => compiler.value(expr, cells, plan.columns[index]!.name).text);
    return `${test}return [${values.join(', ')}];`;
  });
  return unit.build<PullRow>(`return (key, value, time) => {\n${body}\n};`, 'pull', { failures: new Failures() });
}

/** A pull query on a stream, as the plan of a transient query that ends. */
export function streamPlan(pull: PullPlan): ProjectNode {
  const { node, where } = pull;
  const base = { shape: 'stream' as const, window: node.window };
  const filter = (condition: NonNullable<typeof where>): FilterNode => ({
    kind: 'filter',
    id: 'filter',
    ...base,
    columns: node.columns,
    key: node.key,
    input: node,
    where: condition,
  });
  return optimize({
    kind: 'project',
    id: 'project',
    ...base,
    columns: pull.columns.map(({ name, type }) => ({ source: null, name, type, kind: 'value' as const })),
    key: [],
    input: where === null ? node : filter(where),
    keys: [],
    values: pull.select,
  }) as ProjectNode;
}
