// Cells as clients of ksqlDB expect them in JSON: numbers bare and exact, times as text, structs and maps as objects.
import { decimalText } from '../core/data/decimal.ts';
import type { Decimal, Row, Value } from '../core/data/schema.ts';
import { base64Of, quoteJson } from '../formats/json-text.ts';
import type { SqlType } from '../sql/types/sql-type.ts';
import { dateText, timeText } from '../sql/types/time-text.ts';

export type CellPrinter = (value: Value) => string;

/** The JSON text of a cell of that type. Make it once a query. */
export function cellPrinter(type: SqlType): CellPrinter {
  const print = printerOf(type);
  return (value) => (value === null || value === undefined ? 'null' : print(value));
}

/** The JSON array of a row. */
export function rowPrinter(types: readonly SqlType[]): (row: Row) => string {
  const printers = types.map(cellPrinter);
  return (row) => {
    let text = '[';
    for (let i = 0; i < printers.length; i++) text += (i === 0 ? '' : ',') + printers[i]!(row[i] as Value);
    return `${text}]`;
  };
}

function printerOf(type: SqlType): CellPrinter {
  switch (type.base) {
    case 'BOOLEAN':
    case 'INTEGER':
    case 'BIGINT':
      return String;
    case 'DOUBLE':
      return (value) => doubleJson(value as number);
    case 'DECIMAL':
      return (value) => decimalText(value as Decimal);
    case 'STRING':
      return (value) => quoteJson(value as string);
    case 'BYTES':
      return (value) => `"${base64Of(value as Uint8Array)}"`;
    case 'DATE':
      return (value) => `"${dateText(value as number)}"`;
    case 'TIME':
      return (value) => `"${timeText(value as number)}"`;
    case 'TIMESTAMP':
      return (value) => `"${isoTime(value as number)}"`;
    case 'ARRAY':
      return arrayPrinter(cellPrinter(type.items));
    case 'MAP':
      return mapPrinter(cellPrinter(type.items));
    case 'STRUCT':
      return structPrinter(type.fields.map((field) => [quoteJson(field.name), cellPrinter(field.type)]));
  }
}

/** As Java writes it: a whole number keeps its point, so that clients see a double. */
function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return `${Object.is(value, -0) ? '-0' : value}.0`;
  return String(value);
}

/** `yyyy-MM-dd'T'HH:mm:ss.SSS`, in UTC. */
function isoTime(ms: number): string {
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? String(ms) : at.toISOString().slice(0, -1);
}

function arrayPrinter(item: CellPrinter): CellPrinter {
  return (value) => `[${(value as Value[]).map(item).join(',')}]`;
}

function mapPrinter(item: CellPrinter): CellPrinter {
  return (value) => {
    const members: string[] = [];
    for (const [key, entry] of value as Map<Value, Value>) members.push(`${quoteJson(String(key))}:${item(entry)}`);
    return `{${members.join(',')}}`;
  };
}

function structPrinter(fields: readonly (readonly [name: string, print: CellPrinter])[]): CellPrinter {
  return (value) => {
    const cells = value as Row;
    return `{${fields.map(([name, print], index) => `${name}:${print(cells[index] as Value)}`).join(',')}}`;
  };
}
