// Filter, projection and table functions: no state, all in the row's loop.
import type { Cells } from '../../sql/compile/code.ts';
import type { FilterNode, FlatMapNode, ProjectNode } from '../../sql/plan/nodes.ts';
import { type Consume, type Flow, indented, nullable, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';

/**
 * Stream: rows for which the condition is true. Table: a row that fails withdraws (tombstone) what was there before, if that had
 * passed; so the condition is tested on the old row too.
 */
export function generateFilter(generation: Generation, node: FilterNode, consume: Consume): void {
  const isTable = node.shape === 'table';
  const name = node.id.startsWith('having') ? 'HAVING' : 'WHERE';
  generation.generate(
    node.input,
    (flow) => {
      if (!isTable) {
        flow.requireRow();
        const test = generation.compiler.test(node.where, flow.cells, name);
        const body = consume({ ...sameFlow(flow), exists: 'true' });
        return `if (!${test}) ${flow.exit}\n${body}`;
      }
      const unit = generation.part.unit;
      const [passes, passed] = [unit.name('passes'), unit.name('passed')];
      const now = generation.compiler.test(node.where, flow.cells, name);
      const lines = [`const ${passes} = ${and(flow.exists, now)};`];
      if (flow.old === null) throw new Error('a table filter is told the old row');
      const before = generation.compiler.test(node.where, flow.old.cells, name);
      lines.push(`const ${passed} = ${and(flow.old.exists, before)};`);
      lines.push(`if (!${passes} && !${passed}) ${flow.exit}`);
      lines.push(consume({ ...sameFlow(flow), exists: passes, old: { cells: flow.old.cells, exists: passed } }));
      return lines.join('\n');
    },
    isTable,
  );
}

function and(condition: string, test: string): string {
  return condition === 'true' ? test : `${condition} && ${test}`;
}

/** The flow's fields as plain data, getters read now. */
export function sameFlow(flow: Flow): Flow {
  return {
    cells: flow.cells,
    exists: flow.exists,
    old: flow.old,
    key: flow.key,
    keyIsNull: flow.keyIsNull,
    keyRow: flow.keyRow,
    window: flow.window,
    time: flow.time,
    exit: flow.exit,
    requireRow: () => flow.requireRow(),
  };
}

/** Every column is computed once, into a local; a failing one is null. */
export function generateProject(generation: Generation, node: ProjectNode, consume: Consume, needsOld: boolean): void {
  generation.generate(
    node.input,
    (flow) => {
      const { unit } = generation.part;
      const keyCount = node.keys.length;
      const lines: string[] = [];
      const exists = flow.exists;
      const values = node.values.map((expr, index) => {
        const name = unit.name('v');
        const code = generation.compiler.value(expr, flow.cells, node.columns[keyCount + index]!.name);
        // Key and window bounds are there for a deleted row too (push queries show them).
        const isKey = expr.op === 'column' && ['key', 'window'].includes(node.input.columns[expr.index]!.kind);
        lines.push(`const ${name} = ${exists === 'true' || isKey ? code.text : `${exists} ? ${code.text} : null`};`);
        return { ...code, text: name, nullable: code.nullable || exists !== 'true' };
      });
      const keys = node.keys.map((expr) => generation.compiler.value(expr, flow.cells, 'key'));
      const cells: Cells = (index, path) =>
        throughPath(index < keyCount ? keys[index]! : values[index - keyCount]!, path);
      const old = flow.old;
      const oldCells: Cells = (index, path) => {
        const expr = index < keyCount ? node.keys[index]! : node.values[index - keyCount]!;
        return throughPath(generation.compiler.value(expr, old!.cells, node.columns[index]!.name), path);
      };
      const keyTexts = keys.map(({ text }) => text);
      const isSameKey =
        keyTexts.length === flow.key.length && keyTexts.every((text, index) => text === flow.key[index]);
      const body = consume({
        ...sameFlow(flow),
        cells,
        exists,
        old: old === null ? null : { cells: oldCells, exists: old.exists },
        key: keyTexts,
        keyRow: isSameKey ? flow.keyRow : null,
      });
      return [...lines, body].join('\n');
    },
    needsOld,
  );
}

/** Table functions side by side: as many rows as the longest result has cells, shorter ones filled with null. */
export function generateFlatMap(generation: Generation, node: FlatMapNode, consume: Consume): void {
  generation.generate(
    node.input,
    (flow) => {
      flow.requireRow();
      const { unit } = generation.part;
      const first = node.input.columns.length;
      const lines: string[] = [];
      const names = node.calls.map((call) => {
        const name = unit.name('many');
        const args = call.args.map((arg) => generation.compiler.value(arg, flow.cells, call.name).text);
        const target = unit.guarded(unit.constant(generation.functions.bindTable(call), 'rowsOf'), args.length);
        lines.push(`const ${name} = ${target}(${args.join(', ')}) ?? [];`);
        return name;
      });
      const [at, count, label] = [unit.name('at'), unit.name('count'), unit.name('each')];
      const longest =
        names.length === 1 ? `${names[0]}.length` : `Math.max(${names.map((n) => `${n}.length`).join(', ')})`;
      const cells: Cells = (index, path) =>
        index < first
          ? flow.cells(index, path)
          : throughPath(nullable(`(${names[index - first]}[${at}] ?? null)`), path);
      const body = consume({ ...sameFlow(flow), cells, exists: 'true', exit: `continue ${label};` });
      lines.push(
        `${label}: for (let ${at} = 0, ${count} = ${longest}; ${at} < ${count}; ${at}++) {`,
        indented(body),
        '}',
      );
      return lines.join('\n');
    },
    false,
  );
}
