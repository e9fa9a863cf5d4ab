// CSV by RFC 4180: cells may be quoted, quotes in them are doubled, and a quoted cell may hold line ends.
//
// Law: an empty cell is NULL and `""` is the empty text, as BigQuery writes them. A quote that is never closed fails the file: all
// behind it would be one cell. Lines without any quote, the bulk of an export, are cut by the engine's own `split`.

import { TributaryError } from '../../core/errors.ts';
import { type Cell, damaged, indexOfColumn, type RowBatch, type RowSource } from './row-source.ts';

/** A cell longer than this is taken for an unclosed quote. */
const CELL_CHARS_MAX = 32 * 1024 * 1024;
const BATCH_ROWS = 2_000;

/** How a file is written. */
export interface CsvLayout {
  readonly path: string;
  readonly delimiter: string;
  readonly header: boolean | readonly string[];
}

/** Opens a CSV: reads its header line. */
export async function openCsv(chunks: AsyncIterable<Buffer>, layout: CsvLayout): Promise<RowSource> {
  const lines = new CsvLines(chunks, layout);
  if (Array.isArray(layout.header)) return sourceOf(lines, layout.header as readonly string[], layout);
  const first = await lines.peek();
  if (layout.header === false) {
    return sourceOf(
      lines,
      (first ?? []).map((_, index) => String(index + 1)),
      layout,
    );
  }
  if (first === null) {
    throw damaged(layout.path, 1, 'The file is empty: not even the line that names the columns is there.');
  }
  lines.skipPeeked();
  return sourceOf(
    lines,
    first.map((cell) => (typeof cell === 'string' ? cell.trim() : '')),
    layout,
  );
}

function sourceOf(lines: CsvLines, columns: readonly string[], layout: CsvLayout): RowSource {
  lines.skipBlank = columns.length > 1;
  return {
    columns,
    read: (wanted) => read(lines, columns, wanted, layout.path),
  };
}

async function* read(
  lines: CsvLines,
  columns: readonly string[],
  wanted: readonly string[],
  path: string,
): AsyncIterable<RowBatch> {
  const indexes = wanted.map((name) => {
    const index = indexOfColumn(columns, name);
    if (index >= 0) return index;
    throw new TributaryError('TRIB_BACKFILL_COLUMN_MISSING', 'config', {
      what: `There is no column ${name}.`,
      where: path,
    });
  });
  const width = columns.length;
  for (;;) {
    const batch = await lines.next(BATCH_ROWS);
    if (batch === null) return;
    const rows: (readonly Cell[] | null)[] = new Array(batch.cells.length);
    for (let i = 0; i < rows.length; i++) {
      const cells = batch.cells[i]!;
      if (cells === null) rows[i] = null;
      else if (cells.length !== width) {
        rows[i] = null;
        batch.faults.set(i, `the row has ${cells.length} cells, the header ${width}`);
      } else {
        const row: Cell[] = new Array(indexes.length);
        for (let j = 0; j < indexes.length; j++) row[j] = cells[indexes[j]!]!;
        rows[i] = row;
      }
    }
    yield { rows, lines: batch.lines, faults: batch.faults };
  }
}

interface CsvBatch {
  readonly cells: (Cell[] | null)[];
  readonly lines: number[];
  readonly faults: Map<number, string>;
}

/** Cuts text that comes in chunks into rows of cells. */
class CsvLines {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #delimiter: string;
  readonly #path: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #text = '';
  #at = 0;
  #line = 1;
  #ended = false;
  #peeked: { readonly cells: Cell[] | null; readonly line: number; readonly fault: string | null } | null = null;
  /** Blank lines are no rows. In a file of one column they are NULLs. */
  skipBlank = true;
  /** What was wrong with the row read last. */
  #fault: string | null = null;

  constructor(chunks: AsyncIterable<Buffer>, layout: CsvLayout) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#delimiter = layout.delimiter;
    this.#path = layout.path;
  }

  /** The first row's cells without taking it; null when there is none. */
  async peek(): Promise<Cell[] | null> {
    const batch = await this.next(1);
    if (batch === null) return null;
    this.#peeked = { cells: batch.cells[0]!, line: batch.lines[0]!, fault: batch.faults.get(0) ?? null };
    return batch.cells[0]!;
  }

  skipPeeked(): void {
    this.#peeked = null;
  }

  /** Up to `rowsMax` rows; null at the end. */
  async next(rowsMax: number): Promise<CsvBatch | null> {
    const batch: CsvBatch = { cells: [], lines: [], faults: new Map() };
    if (this.#peeked !== null) {
      batch.cells.push(this.#peeked.cells);
      batch.lines.push(this.#peeked.line);
      if (this.#peeked.fault !== null) batch.faults.set(0, this.#peeked.fault);
      this.#peeked = null;
    }
    for (;;) {
      this.#fill(batch, rowsMax);
      if (batch.cells.length >= rowsMax) return batch;
      if (this.#ended) return batch.cells.length === 0 ? null : batch;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    const rest = this.#at === 0 ? this.#text : this.#text.slice(this.#at);
    this.#at = 0;
    try {
      this.#text =
        rest + (next.done === true ? this.#decoder.decode() : this.#decoder.decode(next.value, { stream: true }));
    } catch (error) {
      throw damaged(this.#path, null, `Behind line ${this.#line} the text is not UTF-8.`, error);
    }
    this.#ended = next.done === true;
  }

  /** Takes whole rows from the text that is there. */
  #fill(batch: CsvBatch, rowsMax: number): void {
    const text = this.#text;
    while (batch.cells.length < rowsMax && this.#at < text.length) {
      const newline = text.indexOf('\n', this.#at);
      if (newline < 0 && !this.#ended) return;
      const stop = newline < 0 ? text.length : newline;
      const end = stop > this.#at && text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop;
      const line = text.slice(this.#at, end);
      const start = this.#line;
      this.#fault = null;
      const cells = line.includes('"') ? this.#quotedRow() : this.#plainRow(line, stop);
      if (cells === undefined) return;
      if (line === '' && this.skipBlank) continue;
      if (this.#fault !== null) batch.faults.set(batch.cells.length, this.#fault);
      batch.cells.push(cells);
      batch.lines.push(start);
    }
  }

  #plainRow(line: string, stop: number): Cell[] {
    this.#at = stop + 1;
    this.#line++;
    const cells: Cell[] = line.split(this.#delimiter);
    for (let i = 0; i < cells.length; i++) if (cells[i] === '') cells[i] = null;
    return cells;
  }

  /** A row with quotes in it, from `#at`; `undefined` when its end has not come yet. */
  #quotedRow(): Cell[] | null | undefined {
    const text = this.#text;
    const cells: Cell[] = [];
    let at = this.#at;
    let lines = 1;
    for (;;) {
      let stop: number;
      if (text.charCodeAt(at) === 34) {
        const close = this.#closingQuote(at + 1);
        if (close === undefined) return undefined;
        const raw = text.slice(at + 1, close);
        lines += countOf(raw, '\n');
        cells.push(raw.includes('""') ? raw.replaceAll('""', '"') : raw);
        stop = this.#cellEnd(close + 1);
        if (stop !== close + 1) this.#fault ??= 'there is text behind a closing quote';
      } else {
        stop = this.#cellEnd(at);
        const cell = text.slice(at, stop);
        cells.push(cell === '' ? null : cell);
      }
      if (stop === text.length && !this.#ended) return undefined;
      if (text[stop] === this.#delimiter) {
        at = stop + 1;
        continue;
      }
      this.#at = text.charCodeAt(stop) === 13 ? stop + 2 : stop + 1;
      this.#line += lines;
      return this.#fault === null ? cells : null;
    }
  }

  /** Index of the quote that closes a cell; `undefined` when it has not come yet. */
  #closingQuote(from: number): number | undefined {
    const text = this.#text;
    for (let at = from; ; ) {
      const quote = text.indexOf('"', at);
      // The last character may be the first of a doubled quote.
      if (quote < 0 || (quote === text.length - 1 && !this.#ended)) {
        if (this.#ended || text.length - from > CELL_CHARS_MAX) {
          throw damaged(this.#path, this.#line, 'A quote is opened and never closed: all behind it would be one cell.');
        }
        return undefined;
      }
      if (text.charCodeAt(quote + 1) !== 34) return quote;
      at = quote + 2;
    }
  }

  /** Where an unquoted cell ends: at the delimiter, the line end or the end of the text. */
  #cellEnd(from: number): number {
    const text = this.#text;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10 || text[at] === this.#delimiter) return at;
      if (code === 13 && text.charCodeAt(at + 1) === 10) return at;
    }
    return text.length;
  }
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}
