// CHANGES_KEY: rows pass an operator that knows the last value of their key.
import type { ChangesNode } from '../../sql/plan/nodes.ts';
import { Changes } from '../operators/changes.ts';
import { type Consume, indented, keyRowText, nullable, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';

/** Writes the operator; it goes on with whole result rows. */
export function generateChanges(generation: Generation, node: ChangesNode, consume: Consume): void {
  const { part } = generation;
  const { unit } = part;
  const store = part.addStore({
    name: node.id,
    changelog: `${generation.topicPrefix}-${node.id}-changelog`,
    ofSource: null,
    evictable: false,
  });
  const [changes, next] = [unit.name('changes'), unit.name('announce')];
  const keyAt = node.columns.length;
  const body = unit.frame(() =>
    consume({
      cells: (index, path) => throughPath(nullable(`row[${index}]`), path),
      exists: 'true',
      old: null,
      key: node.key.map((index) => `row[${index}]`),
      keyIsNull: `row[${keyAt}] === null`,
      keyRow: `row[${keyAt}]`,
      window: null,
      time: 'time',
      exit: 'return;',
      requireRow: () => undefined,
    }),
  );
  const type = unit.constant(Changes, 'Changes');
  const watched = unit.constant(node.watched, 'watched');
  const tick = unit.name('tick');
  part.setup.push(
    `function ${next}(row, time, heads) {\n  headers = heads; silent = false;\n${indented(body)}\n}`,
    `const ${changes} = new ${type}(${store}, ${watched}, ${node.quietMs}, ${next});`,
  );
  if (node.quietMs !== null) {
    part.setup.push(`function ${tick}(streamMs, wallMs) { return ${changes}.tick(wallMs); }`);
    part.ticks.push({ name: tick });
  }
  generation.generate(
    node.input,
    (flow) => {
      const by = node.by.map((index) => flow.cells(index, []).text);
      const row = node.columns.map((_, index) => flow.cells(index, []).text);
      const key = flow.keyIsNull === 'false' ? keyRowText(flow) : `(${flow.keyIsNull} ? null : ${keyRowText(flow)})`;
      const silent = [
        node.backfill === 'set' ? 'silent' : null,
        node.operation === null ? null : `${flow.cells(node.operation, []).text} === 'r'`,
      ].filter((each) => each !== null);
      const call = `${changes}.accept([${by.join(', ')}], [${[...row, key].join(', ')}], ${flow.time}, ${silent.join(' || ') || 'false'}, headers);`;
      // Deletes do not touch the state.
      const conditions = [
        flow.exists === 'true' ? null : flow.exists,
        node.backfill === 'ignore' ? '!silent' : null,
      ].filter((each) => each !== null);
      return conditions.length === 0 ? call : `if (${conditions.join(' && ')}) ${call}`;
    },
    false,
  );
}
