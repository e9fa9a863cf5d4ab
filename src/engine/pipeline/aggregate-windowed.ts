// GROUP BY with windows: the row's loop hands group, arguments and time to an operator, which calls back for each changed window.
import type { AggregateNode, WindowSpec } from '../../sql/plan/nodes.ts';
import { SessionWindows } from '../operators/session-windows.ts';
import { TimeWindows } from '../operators/time-windows.ts';
import { groupTexts, resultCells } from './aggregate-cells.ts';
import { type Consume, indented } from './flow.ts';
import { Fold } from './fold.ts';
import type { Generation } from './generation.ts';

/** Writes the aggregation. */
export function generateWindowed(
  generation: Generation,
  node: AggregateNode,
  spec: WindowSpec,
  consume: Consume,
): void {
  const { unit } = generation.part;
  const store = generation.part.addStore({
    name: node.id,
    changelog: `${generation.topicPrefix}-${node.id}-changelog`,
    ofSource: null,
    evictable: false,
  });
  const [operator, next] = [unit.name('windows'), unit.name('changed')];
  generation.generate(
    node.input,
    (flow) => {
      flow.requireRow();
      const fold = new Fold(generation, node);
      const names = node.group.map((_, index) => `key[${index}]`);
      const bounds = [`key[${names.length}]`, `key[${names.length + 1}]`];
      const cells = (state: string) => resultCells(node, fold, names, bounds, state);
      const body = unit.frame(() =>
        consume({
          cells: cells('after'),
          exists: 'after !== null',
          old: { cells: cells('before'), exists: 'before !== null' },
          key: names,
          keyIsNull: 'false',
          keyRow: 'key',
          window: { start: bounds[0]!, end: bounds[1]! },
          time: 'at',
          exit: 'return;',
          requireRow: () => undefined,
        }),
      );
      const kind = unit.constant(spec.kind === 'session' ? SessionWindows : TimeWindows, 'Windows');
      const options = unit.constant({ ...spec, isFinal: node.final, groupLength: node.group.length }, 'options');
      const codes = unit.constant(fold.codes, 'aggregates');
      generation.part.setup.push(
        `const ${operator} = new ${kind}(${store}, ${options}, ${codes}, ${next});`,
        `function ${next}(key, before, after, at) {\n${indented(body)}\n}`,
      );
      const group = groupTexts(generation, node, flow.cells);
      const args = node.calls.map((_, index) => `[${fold.arguments(index, flow.cells).join(', ')}]`);
      return [
        ...group.lines,
        ...(group.nullTest === '' ? [] : [`if (${group.nullTest}) ${flow.exit}`]),
        `${operator}.add([${group.names.join(', ')}], [${args.join(', ')}], ${flow.time});`,
      ].join('\n');
    },
    false,
  );
}
