// Stream–stream join (joins.md §3.1): both sides hand their rows to one operator, which calls back for each pair.
import type { Cells } from '../../sql/compile/code.ts';
import type { JoinNode, PlanNode } from '../../sql/plan/nodes.ts';
import { StreamJoin } from '../operators/stream-join.ts';
import { type Consume, type Flow, indented, nullable, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';
import { Slots } from './slots.ts';

/** Writes the join. */
export function generateStreamStream(generation: Generation, node: JoinNode, consume: Consume): void {
  const { part } = generation;
  const { unit } = part;
  const addStore = (side: string) =>
    part.addStore({
      name: `${node.id}-${side}`,
      changelog: `${generation.topicPrefix}-${node.id}-${side}-changelog`,
      ofSource: null,
      evictable: false,
    });
  const stores = [addStore('left'), addStore('right')] as const;
  const slots = [new Slots(), new Slots()] as const;
  const [join, next] = [unit.name('join'), unit.name('joined')];
  const stored =
    (row: string, at: string, side: 0 | 1, of: PlanNode): Cells =>
    (index, path) => {
      const column = of.columns[index]!;
      if (column.kind === 'system' && column.name === 'ROWTIME') return nullable(`(${row} === null ? null : ${at})`);
      return nullable(`(${row} === null ? null : ${row}[${slots[side].slot(index, path)}])`);
    };
  const left = stored('l', 'lt', 0, node.left);
  const right = stored('r', 'rt', 1, node.right);
  // A windowed key stands behind the join key, as the left side has it.
  const windowed = node.window !== null;
  const body = unit.frame(() =>
    consume({
      cells: (index, path) => {
        if (index < node.leftCount) return left(index, path);
        if (index === node.columns.length - 1) return throughPath(nullable('key[0]'), path);
        return right(index - node.leftCount, path);
      },
      exists: 'true',
      old: null,
      key: ['key[0]'],
      keyIsNull: 'key[0] === null',
      keyRow: null,
      window: windowed
        ? { start: 'key[1]', end: node.window!.sizeMs === null ? 'key[2]' : `key[1] + ${node.window!.sizeMs}` }
        : null,
      time: 'at',
      exit: 'return;',
      requireRow: () => undefined,
    }),
  );
  const within = node.within!;
  const options = {
    ...within,
    leftOuter: node.mode === 'left' || node.mode === 'full',
    rightOuter: node.mode === 'right' || node.mode === 'full',
  };
  const type = unit.constant(StreamJoin, 'StreamJoin');
  part.setup.push(
    `function ${next}(key, l, r, lt, rt, at) {\n${indented(body)}\n}`,
    `const ${join} = new ${type}(${stores[0]}, ${stores[1]}, ${unit.constant(options, 'options')}, ${next});`,
  );
  for (const side of [0, 1] as const) generateSide(generation, node, side, slots[side], join);
}

function generateSide(generation: Generation, node: JoinNode, side: 0 | 1, slots: Slots, join: string): void {
  generation.generate(
    side === 0 ? node.left : node.right,
    (flow) => {
      flow.requireRow();
      const { unit } = generation.part;
      const [key, row] = [unit.name('g'), unit.name('row')];
      const on = generation.compiler.value(side === 0 ? node.leftKey : node.rightKey, flow.cells, 'JOIN ON');
      const cells = slots.kept.map(([column, path]) => flow.cells(column, path).text);
      return [
        `const ${key} = [${[on.text, ...bounds(node, flow)].join(', ')}];`,
        `const ${row} = [${cells.join(', ')}];`,
        `if (${key}[0] === null) ${join}.unmatched(${side}, ${key}, ${row}, ${flow.time});`,
        `else ${join}.${side === 0 ? 'left' : 'right'}(${key}, ${row}, ${flow.time});`,
      ].join('\n');
    },
    false,
  );
}

/** Time windows meet on equal starts, whatever their sizes; sessions on equal bounds. */
function bounds(node: JoinNode, flow: Flow): readonly string[] {
  if (flow.window === null) return [];
  return node.window!.sizeMs === null ? [flow.window.start, flow.window.end] : [flow.window.start];
}
