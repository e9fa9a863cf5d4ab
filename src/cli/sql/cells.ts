// Cells as people read them: structs and maps as {A=1}, lists as [1, 2], null as null.
import { width } from '../table.ts';
import { NumberText } from './client.ts';

/** The text of a value of an answer. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return `[${value.map(cellText).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([name, item]) => `${name}=${cellText(item)}`)
    .join(', ')}}`;
}

/** Rows of a query in fixed columns that fold what is too long. */
export class RowGrid {
  readonly #width: number;
  readonly #columns: number;

  constructor(columns: number, terminalWidth: number) {
    this.#columns = columns;
    this.#width = Math.max(5, Math.floor(terminalWidth / Math.max(1, columns)) - 2);
  }

  header(names: readonly string[]): string {
    return `${this.#rule()}${this.row(names)}${this.#rule()}`;
  }

  row(cells: readonly string[]): string {
    const folded = cells.map((cell) => fold(cell, this.#width));
    const lines = Math.max(1, ...folded.map((parts) => parts.length));
    let text = '';
    for (let line = 0; line < lines; line++) {
      text += `|${folded.map((parts) => padded(parts[line] ?? '', this.#width)).join('|')}|\n`;
    }
    return text;
  }

  #rule(): string {
    return `+${`${'-'.repeat(this.#width)}+`.repeat(this.#columns)}\n`;
  }
}

function padded(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - width(text)));
}

/** Lines of at most so many display cells: characters of East Asia take two. */
function fold(cell: string, cells: number): readonly string[] {
  const lines: string[] = [];
  for (const line of cell.split('\n')) {
    let part = '';
    let used = 0;
    for (const character of line) {
      const wide = width(character);
      if (used + wide > cells) {
        lines.push(part);
        part = '';
        used = 0;
      }
      part += character;
      used += wide;
    }
    lines.push(part);
  }
  return lines;
}

/** Names of a header's schema text, e.g. `` `ID` STRING KEY, `N` BIGINT ``. */
export function columnNames(schema: string): readonly string[] {
  const names: string[] = [];
  let depth = 0;
  let start = 0;
  const take = (end: number): void => {
    const name = /^\s*`((?:[^`]|``)*)`/.exec(schema.slice(start, end));
    if (name !== null) names.push(name[1]!.replaceAll('``', '`'));
    start = end + 1;
  };
  let quoted = false;
  for (let at = 0; at < schema.length; at++) {
    const char = schema[at]!;
    if (char === '`') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '<' || char === '(') depth++;
    else if (char === '>' || char === ')') depth--;
    else if (char === ',' && depth === 0) take(at);
  }
  take(schema.length);
  return names;
}
