// FORMAT DELIMITED: one CSV record a payload, RFC-4180 quoting, no line end.
import type { ByteWriter } from '../core/bytes.ts';
import { decimalText, fitDecimal, parseDecimal } from '../core/data/decimal.ts';
import { precisionOfSchema, scaleOf } from '../core/data/logical.ts';
import { parseInt32, parseLong } from '../core/data/long.ts';
import { type Decimal, LOGICAL, type Row, type Schema, type Value } from '../core/data/schema.ts';
import { quoted, TributaryError } from '../core/errors.ts';
import { doubleText, parseDouble } from '../core/java/number-text.ts';
import { columnType } from './column-types.ts';
import type { Format, RowReader, RowWriter, SerdeSpec } from './format.ts';
import { base64Of, parseBase64 } from './json-text.ts';
import { pick } from './row-shape.ts';

export const delimited: Format = {
  name: 'DELIMITED',
  usesRegistry: false,
  wrapsSingles: false,
  unwrapsSingles: true,
  properties: ['DELIMITER'],
  reader: (spec, wanted) => new DelimitedReader(spec, wanted),
  writer: (spec) => new DelimitedWriter(spec),
};

/** The delimiter a property names: one character, SPACE or TAB; null for anything else. */
export function delimiterOf(property: string): string | null {
  if (property.toUpperCase() === 'SPACE') return ' ';
  if (property.toUpperCase() === 'TAB') return '\t';
  return property.length === 1 ? property : null;
}

function delimiterFor(spec: SerdeSpec): string {
  const delimiter = delimiterOf(spec.properties['DELIMITER'] ?? ',');
  if (delimiter !== null) return delimiter;
  throw new TributaryError('TRIB_FORMAT_DELIMITER', 'config', {
    what: `The delimiter ${quoted(spec.properties['DELIMITER'])} is not one character.`,
    fix: 'Use one character, SPACE or TAB.',
  });
}

class DelimitedReader implements RowReader {
  private readonly columns: readonly { readonly name: string; readonly schema: Schema }[];
  private readonly wanted: readonly (readonly number[])[];
  private readonly delimiter: string;

  constructor(spec: SerdeSpec, wanted: readonly (readonly number[])[]) {
    this.columns = spec.schema.fields ?? [];
    this.wanted = wanted;
    this.delimiter = delimiterFor(spec);
  }

  prepare(): null {
    return null;
  }

  read(bytes: Buffer, start: number, end: number): Row {
    const fields = splitRecord(bytes.toString('utf8', start, end), this.delimiter);
    const { columns } = this;
    if (fields.length !== columns.length) {
      throw new TributaryError('TRIB_FORMAT_SHAPE', 'data', {
        what: `The payload has ${fields.length} fields where ${columns.length} columns are declared.`,
        fix: `Check the delimiter, which is ${quoted(this.delimiter)}.`,
      });
    }
    const cells: Row = [];
    for (let i = 0; i < fields.length; i++) {
      const text = fields[i]!;
      cells.push(text === '' ? null : parsed(text, columns[i]!.schema, columns[i]!.name));
    }
    return pick(cells, this.wanted);
  }
}

/** The fields of the first CSV record of a text; none of an empty text. Throws `data` when a quoted field does not end. */
export function splitRecord(text: string, delimiter: string): string[] {
  if (text === '') return [];
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      const closing = closingQuote(text, at);
      field = text.slice(at + 1, closing).replaceAll('""', '"');
      at = closing + 1;
      const garbage = /^[^\S\r\n]*/.exec(text.slice(at))![0];
      if (!delimiter.includes(text[at] ?? '')) at += garbage.length;
      if (at < text.length && text[at] !== delimiter && !isLineEnd(text[at])) {
        throw brokenQuotes(text, 'has text behind a closing quote');
      }
    } else {
      const begin = at;
      while (at < text.length && text[at] !== delimiter && !isLineEnd(text[at])) at++;
      field = text.slice(begin, at);
    }
    fields.push(field);
    if (at >= text.length || isLineEnd(text[at])) return fields;
    at++;
  }
}

function closingQuote(text: string, opening: number): number {
  for (let at = opening + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) throw brokenQuotes(text, 'ends inside quotes');
    if (text[at + 1] !== '"') return at;
  }
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}

function brokenQuotes(text: string, how: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_SHAPE', 'data', { what: `The payload ${quoted(text)} ${how}.` });
}

function parsed(text: string, schema: Schema, name: string): Value {
  const value = cellOf(text, schema);
  if (value !== null) return value;
  throw new TributaryError('TRIB_FORMAT_TEXT_UNPARSED', 'data', {
    what: `The column ${quoted(name)} holds the text ${quoted(text)}, which is no ${columnType(schema)}.`,
  });
}

function cellOf(text: string, schema: Schema): Value {
  switch (schema.kind) {
    case 'boolean':
      return text.toLowerCase() === 'true';
    case 'int32':
      return parseInt32(text);
    case 'int64':
      return parseLong(text);
    case 'float64':
      return parseDouble(text);
    case 'string':
      return text;
    case 'bytes':
      return schema.name === LOGICAL.decimal ? decimalOf(text, schema) : parseBase64(text);
    default:
      return null;
  }
}

function decimalOf(text: string, schema: Schema): Decimal | null {
  const value = parseDecimal(text);
  return value === null ? null : fitDecimal(value, precisionOfSchema(schema), scaleOf(schema) ?? 0);
}

class DelimitedWriter implements RowWriter {
  private readonly columns: readonly { readonly schema: Schema }[];
  private readonly delimiter: string;

  constructor(spec: SerdeSpec) {
    this.columns = spec.schema.fields ?? [];
    this.delimiter = delimiterFor(spec);
  }

  async prepare(): Promise<void> {}

  write(row: Row, out: ByteWriter): boolean {
    const { columns, delimiter } = this;
    // A bare null column cannot be told from a tombstone.
    if (columns.length === 1 && (row[0] ?? null) === null) return false;
    let record = '';
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) record += delimiter;
      const value = row[i] ?? null;
      if (value !== null) record += fieldText(textOf(value, columns[i]!.schema), i === 0, delimiter);
    }
    out.text(record);
    return true;
  }
}

function textOf(value: Value, schema: Schema): string {
  if (schema.kind === 'float64') return doubleText(value as number);
  if (schema.kind !== 'bytes') return String(value);
  return schema.name === LOGICAL.decimal ? decimalText(value as Decimal) : base64Of(value as Uint8Array);
}

/** A field as it stands in the record, quoted where a reader could take it for something else. */
function fieldText(text: string, isFirst: boolean, delimiter: string): string {
  if (!needsQuotes(text, isFirst, delimiter)) return text;
  return `"${text.replaceAll('"', '""')}"`;
}

function needsQuotes(text: string, isFirst: boolean, delimiter: string): boolean {
  if (text === '') return isFirst;
  const first = text.charCodeAt(0);
  if (isFirst && !isLetterOrDigit(first)) return true;
  // Up to "#", which begins a comment, and white space at either end, which a reader may trim.
  if (first <= 35 || text.charCodeAt(text.length - 1) <= 32) return true;
  return text.includes(delimiter) || /["\r\n]/.test(text);
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
