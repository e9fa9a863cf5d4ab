// The loop over a chunk of one source.
import type { Code } from '../../sql/compile/code.ts';
import type { SourceNode } from '../../sql/plan/nodes.ts';
import { allHeaders, lastHeader } from '../header-cells.ts';
import { type Consume, type Flow, indented, nullable, plain, throughPath } from './flow.ts';
import type { Generation } from './generation.ts';
import { serdeRef } from './serde-ref.ts';
import { headersKept, storedCell, valuePathsOf } from './stored-source.ts';
import { extractTimeText } from './timestamp.ts';

/** Writes the loop; its body is what the consumer answers. */
export function generateSource(generation: Generation, node: SourceNode, consume: Consume, needsOld: boolean): void {
  const { part } = generation;
  const reader = new SourceCells(generation, node);
  const index = part.sources.length;
  const isTable = node.shape === 'table';
  // The place among the part's sources must be known before the body is made: a join below adds others.
  const def = {
    topic: node.topic.topic,
    shape: node.shape,
    key: serdeRef(node.topic, 'key'),
    value: serdeRef(node.topic, 'value'),
    wantedKey: reader.keyPaths,
    wantedValue: reader.valuePaths,
    wantedHeaders: headersKept(node).map(({ header }) => header),
    needsHeaders: true,
    needsOffsets: false,
    internal: false,
  };
  part.sources.push({ def, run: '' });
  const store =
    isTable && needsOld ? part.addStore({ name: node.id, changelog: '', ofSource: index, evictable: false }) : null;
  const run = part.unit.frame(() => {
    const body = consume(reader.flow(store !== null));
    return loop(reader, body, isTable, store, timeText(generation, node, reader));
  });
  part.sources[index] = { def: { ...def, needsOffsets: reader.usesOffsets }, run: indented(run) };
}

function loop(reader: SourceCells, body: string, isTable: boolean, store: string | null, time: string): string {
  const lines = [
    'const { keys, rows, timesMs, headers: heads, silent: quiet, partitions, offsets } = chunk;',
    'rows: for (let i = 0, count = chunk.length; i < count; i++) {',
    '  const key = keys[i], row = rows[i];',
  ];
  if (isTable) lines.push('  if (key === null) continue rows;');
  if (reader.mustExist) lines.push('  if (row === null) continue rows;');
  lines.push('  headers = heads === undefined ? null : heads[i];', '  silent = quiet !== undefined && quiet[i];');
  lines.push(indented(time));
  if (store !== null) lines.push(`  const old = ${store}.get(key);`, `  ${store}.put(key, row, time);`);
  for (const line of reader.declarations()) lines.push(`  ${line}`);
  lines.push(indented(body), '}');
  return lines.join('\n');
}

/** Declares `time`: the record's, or the one of the TIMESTAMP column. */
function timeText(generation: Generation, node: SourceNode, reader: SourceCells): string {
  if (node.timestamp === null) return 'const time = timesMs[i];';
  const cell = reader.inline(node.timestamp.column);
  const type = node.columns[node.timestamp.column]!.type;
  return extractTimeText(generation, { ...node.timestamp, type }, cell, 'row === null ? timesMs[i]', 'continue rows;');
}

/** Cells of a source row: each is read once, into a local, if it is used. */
class SourceCells {
  readonly keyPaths: (readonly number[])[] = [];
  readonly valuePaths: readonly (readonly number[])[];
  mustExist = false;
  usesOffsets = false;
  readonly #generation: Generation;
  readonly #node: SourceNode;
  readonly #used = new Map<string, { readonly name: string; readonly make: () => string }>();
  readonly #keyCount: number;

  constructor(generation: Generation, node: SourceNode) {
    this.#generation = generation;
    this.#node = node;
    this.#keyCount = node.topic.key.length;
    this.valuePaths = valuePathsOf(node);
    for (let index = 0; index < this.#keyCount; index++) this.keyPaths.push([index]);
  }

  flow(hasOld: boolean): Flow {
    const node = this.#node;
    const bounds = node.columns.findIndex(({ kind }) => kind === 'window');
    const isRequired = () => this.mustExist;
    const lazy = (index: number) => this.#cell('row', index, []).text;
    return {
      cells: (index, path) => this.#cell('row', index, path),
      // Asked for after `requireRow`, so it is looked up late.
      get exists() {
        return isRequired() ? 'true' : 'row !== null';
      },
      old: hasOld ? { cells: (index, path) => this.#cell('old', index, path), exists: 'old !== null' } : null,
      get key() {
        return node.key.map(lazy);
      },
      keyIsNull: node.key.length === 0 || node.shape === 'stream' ? 'key === null' : 'false',
      keyRow: 'key',
      get window() {
        return bounds < 0 ? null : { start: lazy(bounds), end: lazy(bounds + 1) };
      },
      time: 'time',
      exit: 'continue rows;',
      requireRow: () => {
        this.mustExist = true;
      },
    };
  }

  /** The cell's text where it stands, for code before the declarations. */
  inline(index: number): Code {
    return this.#make('row', index, []);
  }

  declarations(): readonly string[] {
    return [...this.#used.values()].map(({ name, make }) => `const ${name} = ${make()};`);
  }

  #cell(row: 'row' | 'old', index: number, path: readonly number[]): Code {
    const kind = this.#node.columns[index]!.kind;
    if (kind === 'system' && this.#node.columns[index]!.name === 'ROWTIME') return plain('time');
    const id = `${kind === 'value' || kind === 'header' ? row : 'row'} ${index} ${path.join('.')}`;
    let used = this.#used.get(id);
    if (used === undefined) {
      used = {
        name: this.#generation.part.unit.name(row === 'old' ? 'o' : 'c'),
        make: () => this.#make(row, index, path).text,
      };
      this.#used.set(id, used);
    }
    return kind === 'system' ? plain(used.name) : nullable(used.name);
  }

  #make(row: 'row' | 'old', index: number, path: readonly number[]): Code {
    const column = this.#node.columns[index]!;
    switch (column.kind) {
      case 'key':
        return throughPath(nullable(this.#keyText(index)), path);
      case 'value':
        return this.#stored(row, index, path);
      case 'header': {
        if (this.#node.shape === 'table') return this.#stored(row, index, path);
        const { header } = this.#node.headers.find((each) => each.column === index)!;
        const unit = this.#generation.part.unit;
        const code =
          header === null
            ? plain(`${unit.constant(allHeaders, 'allHeaders')}(headers)`)
            : nullable(`${unit.constant(lastHeader, 'lastHeader')}(headers, ${JSON.stringify(header)})`);
        return throughPath(code, path);
      }
      case 'window':
        return nullable(this.#keyText(this.#keyCount + (column.name === 'WINDOWSTART' ? 0 : 1)));
      default:
        this.usesOffsets = true;
        return plain(column.name === 'ROWPARTITION' ? 'partitions[i]' : 'offsets[i]');
    }
  }

  #keyText(place: number): string {
    return this.#node.shape === 'table' ? `key[${place}]` : `(key === null ? null : key[${place}])`;
  }

  #stored(row: 'row' | 'old', index: number, path: readonly number[]): Code {
    const code = storedCell(row, this.#node, this.valuePaths, index, path);
    const present = row === 'row' && this.mustExist;
    return present ? code : nullable(`(${row} === null ? null : ${code.text})`);
  }
}
