// What all aggregations share: grouping cells, and the columns they offer.
import type { Cells } from '../../sql/compile/code.ts';
import type { AggregateNode } from '../../sql/plan/nodes.ts';
import { nullable, plain, throughPath } from './flow.ts';
import type { Fold } from './fold.ts';
import type { Generation } from './generation.ts';

/** Grouping cells as locals, and the test that one of them is null. */
export function groupTexts(generation: Generation, node: AggregateNode, cells: Cells) {
  const { unit } = generation.part;
  const lines: string[] = [];
  const tests: string[] = [];
  const names = node.group.map((expr) => {
    const code = generation.compiler.value(expr, cells, 'GROUP BY');
    let name = code.text;
    if (!/^\w+$/.test(name)) {
      name = unit.name('k');
      lines.push(`const ${name} = ${code.text};`);
    }
    if (code.nullable) tests.push(`${name} === null`);
    return name;
  });
  return { lines, names, nullTest: tests.join(' || ') };
}

/** Columns of the aggregation: group, bounds, results. */
export function resultCells(
  node: AggregateNode,
  fold: Fold,
  group: readonly string[],
  bounds: readonly string[],
  state: string,
): Cells {
  const first = group.length + (node.columns.some(({ kind }) => kind === 'window') ? 2 : 0);
  return (index, path) => {
    if (index < group.length) return throughPath(nullable(group[index]!), path);
    if (index < first) return plain(bounds[index - group.length]!);
    return throughPath(nullable(fold.result(index - first, state)), path);
  };
}
