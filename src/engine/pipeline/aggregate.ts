// GROUP BY without windows: one state row a group, folded in place; over streams and over tables (with undo).
// Windowed forms are in aggregate-windowed.ts.
import type { Cells } from '../../sql/compile/code.ts';
import type { AggregateNode } from '../../sql/plan/nodes.ts';
import { groupTexts, resultCells } from './aggregate-cells.ts';
import { generateWindowed } from './aggregate-windowed.ts';
import { type Consume, type Flow, indented } from './flow.ts';
import { Fold } from './fold.ts';
import type { Generation } from './generation.ts';
import { sameKey } from './repartition.ts';

/** Writes the aggregation. */
export function generateAggregate(
  generation: Generation,
  node: AggregateNode,
  consume: Consume,
  needsOld: boolean,
): void {
  if (node.spec !== null) generateWindowed(generation, node, node.spec, consume);
  else if (node.input.shape === 'table') overTable(generation, node, consume);
  else overStream(generation, node, consume, needsOld);
}

function addStore(generation: Generation, node: AggregateNode, evictable: boolean): string {
  return generation.part.addStore({
    name: node.id,
    changelog: `${generation.topicPrefix}-${node.id}-changelog`,
    ofSource: null,
    evictable,
  });
}

function overStream(generation: Generation, node: AggregateNode, consume: Consume, needsOld: boolean): void {
  const gathers = generation.gatherKeys(node.input, generation.part.stores.length, (flow) => {
    flow.requireRow();
    const group = node.group.map((expr) => generation.compiler.value(expr, flow.cells, 'GROUP BY').text);
    return `[${[...group, ...(flow.window === null ? [] : [flow.window.start, flow.window.end])].join(', ')}]`;
  });
  const store = addStore(generation, node, gathers);
  generation.generate(
    node.input,
    (flow) => {
      flow.requireRow();
      const { unit } = generation.part;
      const fold = new Fold(generation, node);
      const group = groupTexts(generation, node, flow.cells);
      const [key, before, after, at] = [unit.name('g'), unit.name('s'), unit.name('n'), unit.name('at')];
      const bounds = flow.window === null ? [] : [flow.window.start, flow.window.end];
      const lines = [
        ...group.lines,
        ...(group.nullTest === '' ? [] : [`if (${group.nullTest}) ${flow.exit}`]),
        // A source without windows may still lack a key altogether; its cells are null then, and the test above has seen it.
        `const ${key} = [${[...group.names, ...bounds].join(', ')}];`,
        `const ${before} = ${store}.get(${key});`,
        ...fold.add(before, after, flow.cells),
        `const ${at} = ${before} === null ? ${flow.time} : Math.max(${flow.time}, ${store}.timeOf(${key}));`,
        `${store}.put(${key}, ${after}, ${at});`,
      ];
      const cells = (state: string) => resultCells(node, fold, group.names, bounds, state);
      lines.push(
        consume({
          ...flow,
          cells: cells(after),
          exists: 'true',
          old: needsOld ? { cells: cells(before), exists: `${before} !== null` } : null,
          key: group.names,
          keyIsNull: 'false',
          keyRow: key,
          window: flow.window,
          time: at,
          exit: flow.exit,
          requireRow: () => undefined,
        }),
      );
      return lines.join('\n');
    },
    false,
  );
}

/** Undo of the old row for the old group, then the new row for the new one; together when the group stays (one output). */
function overTable(generation: Generation, node: AggregateNode, consume: Consume): void {
  const store = addStore(generation, node, false);
  const { unit } = generation.part;
  const next = unit.name('changed');
  generation.generate(
    node.input,
    (flow) => {
      const fold = new Fold(generation, node);
      const names = node.group.map((_, index) => `group[${index}]`);
      const cells = (state: string) => resultCells(node, fold, names, [], state);
      const body = generation.part.unit.frame(() =>
        consume({
          cells: cells('after'),
          exists: 'true',
          old: { cells: cells('before'), exists: 'before !== null' },
          key: names,
          keyIsNull: 'false',
          keyRow: 'group',
          window: null,
          time: 'at',
          exit: 'return;',
          requireRow: () => undefined,
        }),
      );
      generation.part.setup.push(`function ${next}(group, before, after, at) {\n${indented(body)}\n}`);
      return tableChange(generation, node, flow, fold, store, next);
    },
    true,
  );
}

function tableChange(
  generation: Generation,
  node: AggregateNode,
  flow: Flow,
  fold: Fold,
  store: string,
  next: string,
): string {
  const { unit } = generation.part;
  const old = flow.old!;
  const side = (cells: Cells, exists: string) => {
    const [is, key] = [unit.name('is'), unit.name('g')];
    const group = node.group.map((expr) => generation.compiler.value(expr, cells, 'GROUP BY').text);
    return {
      is,
      key,
      lines: [
        `const ${key} = ${exists} ? [${group.join(', ')}] : null;`,
        `const ${is} = ${key} !== null && !${key}.includes(null);`,
      ],
    };
  };
  const was = side(old.cells, old.exists);
  const now = side(flow.cells, flow.exists === 'true' ? 'true' : flow.exists);
  const same = unit.constant(sameKey, 'sameKey');
  const step = (key: string, ops: readonly ('undo' | 'add')[]) => {
    const [before, at] = [unit.name('s'), unit.name('at')];
    const lines = [`const ${before} = ${store}.get(${key});`];
    let state = before;
    for (const op of ops) {
      const after = unit.name('n');
      lines.push(...(op === 'undo' ? fold.undo(state, after, old.cells) : fold.add(state, after, flow.cells)));
      state = after;
    }
    lines.push(
      `const ${at} = Math.max(${flow.time}, ${store}.timeOf(${key}));`,
      `${store}.put(${key}, ${state}, ${at});`,
      `${next}(${key}, ${before}, ${state}, ${at});`,
    );
    return indented(lines.join('\n'));
  };
  return [
    ...was.lines,
    ...now.lines,
    `if (${was.is} && ${now.is} && ${same}(${was.key}, ${now.key})) {`,
    step(now.key, ['undo', 'add']),
    '} else {',
    indented(`if (${was.is}) {\n${step(was.key, ['undo'])}\n}`),
    indented(`if (${now.is}) {\n${step(now.key, ['add'])}\n}`),
    '}',
  ].join('\n');
}
