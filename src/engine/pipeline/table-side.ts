// The table side of a join as a store: the source's own rows where the side is a plain source, else the columns that are used.
import type { Cells } from '../../sql/compile/code.ts';
import type { PlanNode, SourceNode } from '../../sql/plan/nodes.ts';
import { type Flow, keyRowText, nullable, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';
import type { Part } from './part.ts';
import { Slots } from './slots.ts';
import { standsInTopic, storedCell, valuePathsOf } from './stored-source.ts';

export class TableSide {
  readonly store: string;
  readonly node: PlanNode;
  readonly #slots = new Slots();
  readonly #source: SourceNode | null;
  readonly #part: Part;
  readonly #place: number;

  /** `first`: how many cells stand before the columns in a stored row. */
  readonly #first: number;

  constructor(
    generation: Generation,
    node: PlanNode,
    name: string,
    options: { readonly evictable: boolean; readonly first?: number },
  ) {
    this.node = node;
    this.#first = options.first ?? 0;
    this.#part = generation.part;
    // A plain source stands in its topic already: its rows are kept as they are read, without a changelog.
    this.#source = node.kind === 'source' && options.first === undefined && standsInTopic(node) ? node : null;
    this.#place = generation.part.stores.length;
    this.store = generation.part.addStore({
      name,
      changelog: `${generation.topicPrefix}-${name}-changelog`,
      ofSource: null,
      evictable: options.evictable,
    });
  }

  /** Columns of a stored row. `row` and `key` are variables; `row` may be null. */
  cells(row: string, key: string): Cells {
    return (index, path) => {
      const column = this.node.columns[index]!;
      const at = this.node.key.indexOf(index);
      const present = (text: string) => `(${row} === null ? null : ${text})`;
      if (at >= 0) return throughPath(nullable(present(`${key}[${at}]`)), path);
      if (column.kind === 'window') {
        const bound = this.node.key.length + (column.name === 'WINDOWSTART' ? 0 : 1);
        return nullable(present(`${key}[${bound}]`));
      }
      if (column.kind === 'system' && column.name === 'ROWTIME')
        return nullable(present(`${this.store}.timeOf(${key})`));
      if (this.#source !== null) {
        const paths = valuePathsOf(this.#source);
        return nullable(present(storedCell(row, this.#source, paths, index, path).text));
      }
      return nullable(present(`${row}[${this.#first + this.#slots.slot(index, path)}]`));
    };
  }

  /** Text of the row to store for a flow; null text where it has no row. Call after all code that reads the store was made. */
  rowText(flow: Flow, lead: readonly string[] = []): string {
    if (this.#source !== null) return 'row';
    const cells = this.#slots.kept.map(([column, path]) => flow.cells(column, path).text);
    const text = `[${[...lead, ...cells].join(', ')}]`;
    return flow.exists === 'true' ? text : `${flow.exists} ? ${text} : null`;
  }

  /** Call before the code of the side's own source is made. */
  bindSource(): void {
    if (this.#source === null) return;
    const def = this.#part.stores[this.#place]!;
    this.#part.stores[this.#place] = { ...def, changelog: '', ofSource: this.#part.sources.length };
  }

  /** Text of the key row. */
  keyText(flow: Flow): string {
    return keyRowText(flow);
  }
}
