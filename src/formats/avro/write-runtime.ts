// What generated Avro writers call.
import { decimalBytes, decimalText, rescale } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import { writeVarint } from '../../core/data/long.ts';
import { Struct, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';

export const WRITE_RUNTIME = {
  writeVarint,
  writeString,
  unscaled,
  missing,
  symbolIndex,
  checkSize,
  oneBranch,
  wrongValue,
  cellsOf,
};

/** Writes a length and UTF-8 text; room for ten bytes and three a UTF-16 unit must be there. */
function writeString(b: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length < 64) {
    let position = at + 1;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return writeLongString(b, at, text);
      b[position++] = code;
    }
    b[at] = length << 1;
    return position;
  }
  return writeLongString(b, at, text);
}

function writeLongString(b: Buffer, at: number, text: string): number {
  const start = writeVarint(b, at, Buffer.byteLength(text, 'utf8'));
  return start + b.write(text, start, 'utf8');
}

/** The bytes of a decimal at the schema's scale. */
function unscaled(value: Value, scale: number, path: string): Buffer {
  if (!isDecimal(value)) throw wrong(path, value, 'a decimal');
  const fit = value.scale === scale ? value : rescale(value, scale);
  if (fit !== null) return decimalBytes(fit);
  throw wrong(path, decimalText(value), `a decimal of scale ${scale}`);
}

function symbolIndex(symbols: readonly string[], value: Value, path: string): number {
  const index = symbols.indexOf(value as string);
  if (index < 0) throw wrong(path, value, `one of ${symbols.join(', ')}`);
  return index;
}

function checkSize(value: Uint8Array, size: number, path: string): void {
  if (value.length !== size) throw wrong(path, `${value.length} bytes`, `${size} bytes`);
}

/** The one cell of a union's struct that is set; −1 when none is. */
function oneBranch(cells: readonly Value[]): number {
  for (let i = 0; i < cells.length; i++) if ((cells[i] ?? null) !== null) return i;
  return -1;
}

/** The cells of what must be a struct with so many fields. */
function cellsOf(value: Value, path: string): readonly Value[] {
  if (value instanceof Struct) return value.cells;
  throw wrong(path, value, 'a struct');
}

function missing(path: string): never {
  throw new TributaryError('TRIB_FORMAT_VALUE_MISSING', 'data', {
    what: `The field ${path} is null, but its schema demands a value.`,
    fix: 'Make the field optional in the registered schema, or give it a value.',
  });
}

function wrongValue(path: string, value: Value, wanted: string): never {
  throw wrong(path, value, wanted);
}

function wrong(path: string, value: Value, wanted: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_VALUE_WRONG', 'data', {
    what: `The field ${path} holds ${quoted(value)} where its schema demands ${wanted}.`,
  });
}
