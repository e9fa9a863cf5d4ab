// NDJSON: one object a line. Numbers keep all their digits; a key that is left out is NULL, as BigQuery writes it.

import { parseJson } from '../../formats/json-text.ts';
import { isJsonObject, type JsonObject } from '../../formats/json-value.ts';
import { type Cell, damaged, type RowBatch, type RowSource } from './row-source.ts';

const BATCH_ROWS = 2_000;
const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Opens an NDJSON file. */
export function openNdjson(chunks: AsyncIterable<Buffer>, path: string): RowSource {
  return { columns: null, read: (wanted) => read(chunks, path, wanted) };
}

async function* read(chunks: AsyncIterable<Buffer>, path: string, wanted: readonly string[]): AsyncIterable<RowBatch> {
  const picker = new Picker(wanted);
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let batch = emptyBatch();
  const take = (text: Buffer): void => {
    const at = line++;
    // Blank lines, such as one at the end, are no rows.
    if (text.length === 0 || (text.length === 1 && text[0] === 13)) return;
    batch.lines.push(at);
    batch.rows.push(rowOf(text, picker, batch));
  };
  for await (const chunk of chunks) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      take(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
      if (batch.rows.length < BATCH_ROWS) continue;
      yield batch;
      batch = emptyBatch();
    }
    rest = bytes;
    if (rest.length > LINE_BYTES_MAX) throw damaged(path, line, 'The line does not end: this is no NDJSON.');
  }
  if (rest.length > 0) take(rest);
  if (batch.rows.length > 0) yield batch;
}

function emptyBatch(): RowBatch {
  return { rows: [], lines: [], faults: new Map() };
}

function rowOf(text: Buffer, picker: Picker, batch: RowBatch): readonly Cell[] | null {
  try {
    const value = parseJson(text.toString('utf8'));
    if (isJsonObject(value)) return picker.cells(value);
    batch.faults.set(batch.rows.length, 'the line is no JSON object');
  } catch (error) {
    batch.faults.set(batch.rows.length, error instanceof Error ? error.message : String(error));
  }
  return null;
}

/** Picks the wanted members, without regard to case when the exact name is not there. */
class Picker {
  readonly #wanted: readonly string[];
  readonly #lower: readonly string[];

  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
    this.#lower = wanted.map((name) => name.toLowerCase());
  }

  cells(row: JsonObject): Cell[] {
    const cells: Cell[] = new Array(this.#wanted.length);
    for (let i = 0; i < cells.length; i++) {
      const value = row[this.#wanted[i]!];
      cells[i] = value === undefined ? this.#anyCase(row, i) : (value as Cell);
    }
    return cells;
  }

  #anyCase(row: JsonObject, index: number): Cell {
    const wanted = this.#lower[index]!;
    for (const name in row) {
      if (name.length === wanted.length && name.toLowerCase() === wanted) return row[name] as Cell;
    }
    return null;
  }
}
