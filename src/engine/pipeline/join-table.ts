// Joins with tables: stream–table, table–table by key, table–table by foreign key (joins.md §3.2 to §3.4).
import type { Cells } from '../../sql/compile/code.ts';
import type { JoinNode } from '../../sql/plan/nodes.ts';
import { ForeignKeyJoin } from '../operators/foreign-key-join.ts';
import { WaitingRows } from '../operators/waiting-rows.ts';
import { type Consume, type Flow, indented, nullable, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';
import { Slots } from './slots.ts';
import { sameFlow } from './stateless.ts';
import { TableSide } from './table-side.ts';

/** Columns of a join: left ones, right ones, the key. */
function joinedCells(node: JoinNode, left: Cells, right: Cells, key: string): Cells {
  return (index, path) => {
    // The key of a foreign-key join is the left row's own, there even when the row is gone.
    const own = node.join === 'foreignKey' ? node.key.indexOf(index) : -1;
    if (own >= 0) return throughPath(nullable(`${key}[${own}]`), path);
    if (index < node.leftCount) return left(index, path);
    if (node.join !== 'foreignKey' && index === node.columns.length - 1) return throughPath(nullable(key), path);
    return right(index - node.leftCount, path);
  };
}

/** A stream row looks up the table's row of its key; the table's changes make no output of their own. */
export function generateStreamTable(generation: Generation, node: JoinNode, consume: Consume): void {
  const gathers =
    node.waitMs === null &&
    generation.gatherKeys(node.left, generation.part.stores.length, (flow) => {
      flow.requireRow();
      const key = generation.compiler.value(node.leftKey, flow.cells, 'JOIN ON').text;
      return `[${[key, ...windowBounds(node, flow)].join(', ')}]`;
    });
  const table = new TableSide(generation, node.right, `${node.id}-table`, { evictable: gathers });
  if (node.waitMs !== null) return generateWaiting(generation, node, table, consume);
  generation.generate(
    node.left,
    (flow) => {
      const { unit } = generation.part;
      flow.requireRow();
      const key = unit.name('k');
      const [keyRow, row] = [unit.name('g'), unit.name('r')];
      const lines = [...lookUp(generation, node, flow, table, key, keyRow, row)];
      if (node.mode === 'inner') lines.push(`if (${row} === null) ${flow.exit}`);
      lines.push(consume(joinedFlow(node, flow, table.cells(row, keyRow), key)));
      return lines.join('\n');
    },
    false,
  );
  fillTable(generation, node, table, []);
}

function lookUp(
  generation: Generation,
  node: JoinNode,
  flow: Flow,
  table: TableSide,
  key: string,
  keyRow: string,
  row: string,
): readonly string[] {
  const code = generation.compiler.value(node.leftKey, flow.cells, 'JOIN ON');
  const bounds = windowBounds(node, flow);
  return [
    `const ${key} = ${code.text};`,
    `const ${keyRow} = [${[key, ...bounds].join(', ')}];`,
    `const ${row} = ${key} === null ? null : ${table.store}.get(${keyRow});`,
  ];
}

/** Windowed sides meet on equal starts (and ends, for sessions); the table's windows have their own size. */
function windowBounds(node: JoinNode, flow: Flow): readonly string[] {
  if (flow.window === null) return [];
  const sizeMs = node.right.window?.sizeMs ?? null;
  return [flow.window.start, sizeMs === null ? flow.window.end : `${flow.window.start} + ${sizeMs}`];
}

function joinedFlow(node: JoinNode, flow: Flow, right: Cells, key: string): Flow {
  return {
    ...sameFlow(flow),
    cells: joinedCells(node, flow.cells, right, key),
    exists: 'true',
    old: null,
    key: [key],
    keyIsNull: `${key} === null`,
    keyRow: null,
    requireRow: () => undefined,
  };
}

function fillTable(generation: Generation, node: JoinNode, table: TableSide, after: readonly string[]): void {
  table.bindSource();
  generation.generate(
    node.right,
    (flow) => {
      const key = generation.part.unit.name('g');
      return [
        `const ${key} = ${table.keyText(flow)};`,
        `${table.store}.put(${key}, ${table.rowText(flow)}, ${flow.time});`,
        ...after.map((line) => line.replace('$key', key).replace('$exists', flow.exists).replace('$time', flow.time)),
      ].join('\n');
    },
    false,
  );
}

/** As above, but a row without table row waits for it. */
function generateWaiting(generation: Generation, node: JoinNode, table: TableSide, consume: Consume): void {
  const { part } = generation;
  const { unit } = part;
  const store = part.addStore({
    name: `${node.id}-waiting`,
    changelog: `${generation.topicPrefix}-${node.id}-waiting-changelog`,
    ofSource: null,
    evictable: false,
  });
  const [waiting, goOn] = [unit.name('waiting'), unit.name('goOn')];
  const kept = new Slots();
  const key = 'cells[0]';
  const stored: Cells = (index, path) => nullable(`cells[${2 + kept.slot(index, path)}]`);
  const body = unit.frame(() =>
    consume({
      cells: joinedCells(node, stored, table.cells('row', 'keyRow'), key),
      exists: 'true',
      old: null,
      key: [key],
      keyIsNull: `${key} === null`,
      keyRow: null,
      window: null,
      time: 'time',
      exit: 'return;',
      requireRow: () => undefined,
    }),
  );
  const type = unit.constant(WaitingRows, 'WaitingRows');
  const inner = node.mode === 'inner' ? '  if (row === null) return;\n' : '';
  part.setup.push(
    `function ${goOn}(cells, time, isSilent, heads) {\n  headers = heads; silent = isSilent;\n  const keyRow = [cells[0]];\n  const row = cells[0] === null ? null : ${table.store}.get(keyRow);\n${inner}${indented(body)}\n}`,
    `const ${waiting} = new ${type}(${store}, ${node.waitMs}, ${goOn}, (key) => ${table.store}.get(key) !== null);`,
  );
  const tick = unit.name('tick');
  part.setup.push(`function ${tick}(streamMs, wallMs) { return ${waiting}.tick(wallMs); }`);
  part.ticks.push({ name: tick });
  generation.generate(
    node.left,
    (flow) => {
      flow.requireRow();
      const [k, keyRow, row, cells] = [unit.name('k'), unit.name('g'), unit.name('r'), unit.name('cells')];
      const texts = kept.kept.map(([column, path]) => flow.cells(column, path).text);
      return [
        ...lookUp(generation, node, flow, table, k, keyRow, row),
        `const ${cells} = [${[k, 'null', ...texts].join(', ')}];`,
        `if (${k} !== null && (${row} === null || ${waiting}.has(${keyRow}))) ${waiting}.wait(${keyRow}, ${cells}, ${flow.time}, silent);`,
        `else ${goOn}(${cells}, ${flow.time}, silent, headers);`,
      ].join('\n');
    },
    false,
  );
  fillTable(generation, node, table, [`if ($exists) ${waiting}.release($key, $time);`]);
}

/** Both tables are kept; each change compares the joined row before and after. */
export function generateTableTable(generation: Generation, node: JoinNode, consume: Consume): void {
  const left = new TableSide(generation, node.left, `${node.id}-left`, { evictable: false });
  const right = new TableSide(generation, node.right, `${node.id}-right`, { evictable: false });
  const { unit } = generation.part;
  const next = unit.name('joined');
  const exists = (l: string, r: string) => {
    if (node.mode === 'inner') return `${l} !== null && ${r} !== null`;
    if (node.mode === 'full') return `(${l} !== null || ${r} !== null)`;
    return node.mode === 'left' ? `${l} !== null` : `${r} !== null`;
  };
  const windowed = node.window !== null;
  const body = unit.frame(() =>
    consume({
      cells: joinedCells(node, left.cells('l', 'key'), right.cells('r', 'key'), 'key[0]'),
      exists: 'is',
      old: { cells: joinedCells(node, left.cells('lo', 'key'), right.cells('ro', 'key'), 'key[0]'), exists: 'was' },
      key: ['key[0]'],
      keyIsNull: 'false',
      keyRow: 'key',
      window: windowed ? { start: 'key[1]', end: 'key[2]' } : null,
      time: 'at',
      exit: 'return;',
      requireRow: () => undefined,
    }),
  );
  generation.part.setup.push(
    [
      `function ${next}(key, l, r, lo, ro, at) {`,
      `  const is = ${exists('l', 'r')}, was = ${exists('lo', 'ro')};`,
      '  if (!is && !was) return;',
      indented(body),
      '}',
    ].join('\n'),
  );
  for (const [own, other, isLeft] of [
    [left, right, true],
    [right, left, false],
  ] as const) {
    own.bindSource();
    generation.generate(
      own.node,
      (flow) => {
        const [key, row, old, there] = [unit.name('g'), unit.name('row'), unit.name('old'), unit.name('there')];
        const args = isLeft ? [row, there, old, there] : [there, row, there, old];
        return [
          `const ${key} = ${own.keyText(flow)};`,
          `const ${row} = ${own.rowText(flow)};`,
          `const ${old} = ${own.store}.get(${key}), ${there} = ${other.store}.get(${key});`,
          `${own.store}.put(${key}, ${row}, ${flow.time});`,
          `${next}(${key}, ${args.join(', ')}, Math.max(${flow.time}, ${other.store}.timeOf(${key})));`,
        ].join('\n');
      },
      false,
    );
  }
}

/** Left rows refer to right rows by an expression of theirs. */
export function generateForeignKey(generation: Generation, node: JoinNode, consume: Consume): void {
  const left = new TableSide(generation, node.left, `${node.id}-left`, { evictable: false, first: 1 });
  const right = new TableSide(generation, node.right, `${node.id}-right`, { evictable: false });
  const { unit } = generation.part;
  const [join, next] = [unit.name('join'), unit.name('joined')];
  const body = unit.frame(() =>
    consume({
      cells: joinedCells(node, left.cells('l', 'key'), right.cells('r', 'rightKey'), 'key'),
      exists: 'is',
      old: null,
      key: node.key.map((_, index) => `key[${index}]`),
      keyIsNull: 'false',
      keyRow: 'key',
      window: null,
      time: 'at',
      exit: 'return;',
      requireRow: () => undefined,
    }),
  );
  const type = unit.constant(ForeignKeyJoin, 'ForeignKeyJoin');
  generation.part.setup.push(
    `function ${next}(key, l, r, is, at) {\n  const rightKey = l === null ? null : [l[0]];\n${indented(body)}\n}`,
    `const ${join} = new ${type}(${left.store}, ${right.store}, ${node.mode === 'inner'}, ${next});`,
  );
  generation.generate(
    node.left,
    (flow) => {
      const foreign = generation.compiler.value(node.leftKey, flow.cells, 'JOIN ON').text;
      return `${join}.left(${left.keyText(flow)}, ${left.rowText(flow, [foreign])}, ${flow.time});`;
    },
    false,
  );
  right.bindSource();
  generation.generate(
    node.right,
    (flow) => `${join}.right(${right.keyText(flow)}, ${right.rowText(flow)}, ${flow.time});`,
    false,
  );
}
