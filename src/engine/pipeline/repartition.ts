// Another key. Within one partition nothing else happens; else rows go through a topic of the query's own and come back in another
// part, in the task that holds their new key.
//
// Law: time, headers and the mark of back-fills go with the row. Of the columns only those are written that code above asks for.
import type { Row } from '../../core/data/schema.ts';
import type { Cells, Code } from '../../sql/compile/code.ts';
import type { RepartitionNode } from '../../sql/plan/nodes.ts';
import { keyIdentity } from '../key-identity.ts';
import { type Consume, type Flow, indented, nullable, plain, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';
import { rowRef, serdeRef } from './serde-ref.ts';
import { Slots } from './slots.ts';
import { sameFlow } from './stateless.ts';

/** Writes either form. */
export function generateRepartition(generation: Generation, node: RepartitionNode, consume: Consume): void {
  if (node.partitions === null) inPlace(generation, node, consume);
  else throughTopic(generation, node, consume);
}

function inPlace(generation: Generation, node: RepartitionNode, consume: Consume): void {
  generation.generate(
    node.input,
    (flow) => {
      const { unit } = generation.part;
      const first = node.input.columns.length;
      const lines: string[] = [];
      const by = keyCodes(generation, node, flow.cells).map((code) => {
        if (/^\w+$/.test(code.text)) return code;
        const name = unit.name('k');
        lines.push(`const ${name} = ${code.text};`);
        return { ...code, text: name };
      });
      const old = flow.old;
      const body = consume({
        ...sameFlow(flow),
        cells: (index, path) => (index < first ? flow.cells(index, path) : throughPath(by[index - first]!, path)),
        old: old === null ? null : { cells: rekeyedCells(generation, node, old.cells), exists: old.exists },
        key: by.map(({ text }) => text),
        keyIsNull: keyIsNull(by),
        keyRow: null,
        window: null,
      });
      return [...lines, body].join('\n');
    },
    node.shape === 'table',
  );
}

function keyCodes(generation: Generation, node: RepartitionNode, cells: Cells): readonly Code[] {
  return node.by.map((expr) => generation.compiler.value(expr, cells, 'key'));
}

function keyIsNull(by: readonly Code[]): string {
  if (by.length === 0) return 'true';
  return by.length === 1 && by[0]!.nullable ? `${by[0]!.text} === null` : 'false';
}

function rekeyedCells(generation: Generation, node: RepartitionNode, cells: Cells): Cells {
  const first = node.input.columns.length;
  return (index, path) =>
    index < first
      ? cells(index, path)
      : throughPath(generation.compiler.value(node.by[index - first]!, cells, 'key'), path);
}

function throughTopic(generation: Generation, node: RepartitionNode, consume: Consume): void {
  const isTable = node.shape === 'table';
  const topic = `${generation.topicPrefix}-${node.id}-repartition`;
  const key = node.peer === null ? rowRef() : { ...serdeRef(node.peer, 'key'), window: null };
  const slots = new Slots();
  const { part } = generation;
  const index = part.sources.length;
  const wantedKey = node.by.map((_, at) => [at]);
  const def = {
    topic,
    shape: 'stream' as const,
    key,
    value: rowRef(),
    wantedKey,
    wantedValue: [] as number[][],
    wantedHeaders: [],
    needsHeaders: true,
    needsOffsets: false,
    internal: true,
  };
  part.sources.push({ def, run: '' });
  const run = part.unit.frame(() => innerLoop(consume(innerFlow(node, slots))));
  part.sources[index] = { def: { ...def, wantedValue: slots.kept.map((_, at) => [at]) }, run: indented(run) };
  generation.inNewPart(node.id, () => {
    const sink = generation.part.addSink({ topic, internal: true, key, value: rowRef(), partitions: node.partitions });
    generation.generate(
      node.input,
      (flow) =>
        isTable ? emitChange(generation, node, flow, slots, sink) : emitRow(generation, node, flow, slots, sink),
      isTable,
    );
  });
}

function innerLoop(body: string): string {
  return [
    'const { keys, rows, timesMs, headers: heads, silent: quiet } = chunk;',
    'rows: for (let i = 0, count = chunk.length; i < count; i++) {',
    '  const key = keys[i], row = rows[i], time = timesMs[i];',
    '  headers = heads === undefined ? null : heads[i];',
    '  silent = quiet !== undefined && quiet[i];',
    indented(body),
    '}',
  ].join('\n');
}

/** Cells of a row that came through the topic. Tables: `[is, was, new0, old0, new1, old1, …]`, so that both rows arrive together. */
function innerFlow(node: RepartitionNode, slots: Slots): Flow {
  const first = node.input.columns.length;
  const isTable = node.shape === 'table';
  const keyCell = (at: number) => (node.by.length === 1 ? `(key === null ? null : key[0])` : `key[${at}]`);
  const stored =
    (isOld: boolean): Cells =>
    (index, path) => {
      if (index >= first && !isOld) return throughPath(nullable(keyCell(index - first)), path);
      if (node.columns[index]!.kind === 'system' && node.columns[index]!.name === 'ROWTIME') return plain('time');
      const slot = slots.slot(index, path);
      if (!isTable) return nullable(`(row === null ? null : row[${slot}])`);
      return nullable(`row[${2 + 2 * slot + (isOld ? 1 : 0)}]`);
    };
  return {
    cells: stored(false),
    exists: isTable ? 'row[0] === true' : 'row !== null',
    old: isTable ? { cells: stored(true), exists: 'row[1] === true' } : null,
    key: node.by.map((_, at) => keyCell(at)),
    keyIsNull: node.by.length === 0 ? 'true' : 'key === null',
    keyRow: 'key',
    window: null,
    time: 'time',
    exit: 'continue rows;',
    requireRow: () => undefined,
  };
}

function emitRow(generation: Generation, node: RepartitionNode, flow: Flow, slots: Slots, sink: number): string {
  const by = keyCodes(generation, node, flow.cells);
  const cellsOf = rekeyedCells(generation, node, flow.cells);
  const cells = slots.kept.map(([column, path]) => cellsOf(column, path).text);
  const nothing = keyIsNull(by);
  const keyText = nothing === 'true' ? 'null' : `[${by.map(({ text }) => text).join(', ')}]`;
  const names = keyText.includes('(') && nothing !== 'true' ? generation.part.unit.name('k') : null;
  const key = names ?? keyText;
  const lines = names === null ? [] : [`const ${names} = ${keyText};`];
  const test =
    by.length === 1 && nothing !== 'true' ? `${names === null ? by[0]!.text : `${names}[0]`} === null ? null : ` : '';
  const row = flow.exists === 'true' ? `[${cells.join(', ')}]` : `${flow.exists} ? [${cells.join(', ')}] : null`;
  lines.push(`output.emit(${sink}, ${test}${key}, ${row}, ${flow.time}, headers, silent);`);
  return lines.join('\n');
}

/** A table's change goes to the old group and to the new one; to one of them only when they are the same. */
function emitChange(generation: Generation, node: RepartitionNode, flow: Flow, slots: Slots, sink: number): string {
  const { unit } = generation.part;
  const old = flow.old!;
  const [is, was, now, before] = [unit.name('is'), unit.name('was'), unit.name('now'), unit.name('before')];
  const row = (cells: Cells, exists: string) =>
    slots.kept.map(([column, path]) => `${exists} ? ${cells(column, path).text} : null`);
  const news = row(rekeyedCells(generation, node, flow.cells), is);
  const olds = row(rekeyedCells(generation, node, old.cells), was);
  const pairs = (withNew: boolean, withOld: boolean) =>
    news.flatMap((text, at) => [withNew ? text : 'null', withOld ? olds[at]! : 'null']);
  const keyOf = (cells: Cells) =>
    `[${keyCodes(generation, node, cells)
      .map(({ text }) => text)
      .join(', ')}]`;
  const same = unit.constant(sameKey, 'sameKey');
  const emit = (key: string, is1: boolean, was1: boolean) =>
    `output.emit(${sink}, ${key}, [${[String(is1), String(was1), ...pairs(is1, was1)].join(', ')}], ${flow.time}, headers, silent);`;
  return [
    `const ${is} = ${flow.exists}, ${was} = ${old.exists};`,
    `const ${now} = ${is} ? ${keyOf(flow.cells)} : null;`,
    `const ${before} = ${was} ? ${keyOf(old.cells)} : null;`,
    `if (${is} && ${was} && ${same}(${now}, ${before})) {`,
    `  ${emit(now, true, true)}`,
    '} else {',
    `  if (${was}) ${emit(before, false, true)}`,
    `  if (${is}) ${emit(now, true, false)}`,
    '}',
  ].join('\n');
}

/** Two key rows are the same key. */
export function sameKey(left: Row, right: Row): boolean {
  return keyIdentity(left) === keyIdentity(right);
}
