// JSON texts. Numbers keep the digits they were written with.
import type { Value } from '../../../core/data/schema.ts';
import { doubleText } from '../../../core/java/number-text.ts';
import { parseJson, printJson, quoteJson } from '../../../formats/json-text.ts';
import {
  isIntegerText,
  isJsonNumber,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
} from '../../../formats/json-value.ts';
import { evaluationError } from '../../errors.ts';
import { textOf } from '../../types/cast.ts';
import { arrayType, mapType, type SqlType } from '../../types/sql-type.ts';
import { timeTextWithMs } from '../../types/time-text.ts';
import { BOOLEAN, INTEGER, lenient, param, STRING, scalar, strict, T } from '../define.ts';
import { type PathStep, parsePath } from './json-path.ts';

const json = param('json', STRING);

/**
 * The first value of a text; undefined for an empty one ("missing"). Throws when it is not JSON.
 * What follows a complete value is ignored, as the reference's parser does.
 */
function read(text: string): JsonValue | undefined {
  if (text.trim() === '') return undefined;
  const end = endOfValue(text);
  return parseJson(end < text.length ? text.slice(0, end) : text);
}

/** The offset behind the first value; the length of the text when it does not end before. */
function endOfValue(text: string): number {
  let depth = 0;
  for (let at = /\S/.exec(text)!.index; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (depth === 0) {
      // A bare word or number goes on up to a blank.
      const blank = text.slice(at).search(/\s/);
      return blank < 0 ? text.length : at + blank;
    }
    if (depth <= 0) return at + 1;
  }
  return text.length;
}

/** As {@link read}; undefined also for what is not JSON. */
function tryRead(text: string): JsonValue | undefined {
  try {
    return read(text);
  } catch {
    // Asking whether a text is JSON must not fail: not being so is the answer.
    return undefined;
  }
}

/** A text member raw, anything else as JSON. */
function rawText(value: JsonValue): string {
  return typeof value === 'string' ? value : printJson(value);
}

export const extractJsonField = scalar({
  name: 'EXTRACTJSONFIELD',
  category: 'JSON',
  doc: 'What stands at a path ($.a.b[0]) of a JSON text: texts raw, anything else as JSON.',
  nulls: 'NULL when an argument is NULL or nothing stands there.',
  variants: [
    {
      params: [json, param('path', STRING)],
      returns: STRING,
      nulls: 'propagate',
      bind: () => {
        // The path hardly ever changes from row to row.
        let last: string | null = null;
        let steps: readonly PathStep[] = [];
        return (text: string, path: string) => {
          if (path !== last) {
            steps = parsePath(path);
            last = path;
          }
          const found = stepInto(read(text), steps);
          return found === undefined ? null : rawText(found);
        };
      },
    },
  ],
  examples: [
    [`EXTRACTJSONFIELD('{"a": {"b": [1, 2.50]}}', '$.a.b[1]')`, "'2.50'"],
    [`EXTRACTJSONFIELD('{"a": "x"}', '$.a')`, "'x'"],
    [`EXTRACTJSONFIELD('{"a": null}', '$.a')`, "'null'"],
    [`EXTRACTJSONFIELD('{"a": 1}', '$.b')`, 'NULL'],
  ],
});

function stepInto(root: JsonValue | undefined, steps: readonly PathStep[]): JsonValue | undefined {
  let value = root;
  for (const { name, index } of steps) {
    if (Array.isArray(value)) value = index === null ? undefined : value[index];
    else if (isJsonObject(value)) value = Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
    else return undefined;
  }
  return value;
}

export const isJsonString = scalar({
  name: 'IS_JSON_STRING',
  category: 'JSON',
  doc: 'Whether a text is JSON.',
  nulls: 'FALSE for NULL.',
  variants: [lenient([json], BOOLEAN, (text: string | null) => text !== null && tryRead(text) !== undefined)],
  examples: [
    [`IS_JSON_STRING('[1]')`, 'TRUE'],
    [`IS_JSON_STRING('[1')`, 'FALSE'],
    [`EXTRACTJSONFIELD('{"a": "x"}}', '$.a')`, "'x'"],
  ],
});

export const jsonArrayContains = scalar({
  name: 'JSON_ARRAY_CONTAINS',
  category: 'JSON',
  doc: 'Whether a JSON array holds a value of the same kind.',
  nulls: 'FALSE when the text is NULL or not an array; a NULL value asks for JSON null.',
  variants: [
    {
      params: [json, param('value', T)],
      returns: BOOLEAN,
      nulls: 'handle',
      bind: (call) => {
        const type = call.args[1];
        return (text: string | null, wanted: Value) => {
          const list = text === null ? undefined : tryRead(text);
          return Array.isArray(list) && list.some((item) => matches(item, wanted, type ?? STRING));
        };
      },
    },
  ],
  examples: [
    [`JSON_ARRAY_CONTAINS('[1, 2]', 2)`, 'TRUE'],
    [`JSON_ARRAY_CONTAINS('[1, 2]', '2')`, 'FALSE'],
  ],
});

function matches(item: JsonValue, wanted: Value, type: SqlType): boolean {
  if (item === null || wanted === null) return item === null && wanted === null;
  if (isJsonNumber(item)) {
    if (type.base === 'INTEGER' || type.base === 'BIGINT')
      return isIntegerText(item) && printJson(item) === String(wanted);
    return type.base === 'DOUBLE' && !isIntegerText(item) && numberOf(item) === wanted;
  }
  return (type.base === 'STRING' || type.base === 'BOOLEAN') && item === wanted;
}

export const jsonArrayLength = scalar({
  name: 'JSON_ARRAY_LENGTH',
  category: 'JSON',
  doc: 'The count of elements of a JSON array.',
  nulls: 'NULL for NULL and for any other JSON.',
  variants: [
    strict([json], INTEGER, (text: string) => {
      const value = read(text);
      return Array.isArray(value) ? value.length : null;
    }),
  ],
  examples: [
    [`JSON_ARRAY_LENGTH('[1, 2, 3]')`, '3'],
    [`JSON_ARRAY_LENGTH('{}')`, 'NULL'],
  ],
});

export const jsonConcat = scalar({
  name: 'JSON_CONCAT',
  category: 'JSON',
  doc: 'Objects are merged, the later members winning; anything else becomes one array.',
  nulls: 'NULL when an argument is NULL or empty.',
  variants: [
    {
      params: [param('jsons', STRING)],
      variadic: 0,
      returns: STRING,
      nulls: 'handle',
      evaluate: (...texts: (string | null)[]) => {
        const values: JsonValue[] = [];
        for (const text of texts) {
          const value = text === null ? undefined : read(text);
          if (value === undefined) return null;
          values.push(value);
        }
        if (values.length === 0) return null;
        if (values.length === 1) return printJson(values[0]!);
        if (values.every(isJsonObject)) return printJson(Object.assign({}, ...values) as JsonObject);
        return printJson(values.flatMap((value) => (Array.isArray(value) ? value : [value])));
      },
    },
  ],
  examples: [
    [`JSON_CONCAT('{"a": 1}', '{"a": 2, "b": 3}')`, `'{"a":2,"b":3}'`],
    [`JSON_CONCAT('[1]', '2')`, `'[1,2]'`],
  ],
});

export const jsonItems = scalar({
  name: 'JSON_ITEMS',
  category: 'JSON',
  doc: 'The elements of a JSON array as JSON texts.',
  nulls: 'NULL for NULL.',
  variants: [
    strict([json], arrayType(STRING), (text: string) => {
      const value = read(text);
      if (Array.isArray(value)) return value.map((item) => printJson(item));
      throw evaluationError('EVAL-12', 'JSON_ITEMS takes a JSON array.');
    }),
  ],
  examples: [[`JSON_ITEMS('[1, "a", {"b": 2}]')`, `ARRAY['1', '"a"', '{"b":2}']`]],
});

export const jsonKeys = scalar({
  name: 'JSON_KEYS',
  category: 'JSON',
  doc: 'The member names of a JSON object.',
  nulls: 'NULL for NULL and for any other JSON.',
  variants: [
    strict([json], arrayType(STRING), (text: string) => {
      const value = read(text);
      return isJsonObject(value) ? Object.keys(value) : null;
    }),
  ],
  examples: [[`JSON_KEYS('{"b": 1, "a": 2}')`, "ARRAY['b', 'a']"]],
});

export const jsonRecords = scalar({
  name: 'JSON_RECORDS',
  category: 'JSON',
  doc: 'The members of a JSON object: texts raw, anything else as JSON.',
  nulls: 'NULL for NULL and for any other JSON.',
  variants: [
    strict([json], mapType(STRING, STRING), (text: string) => {
      const value = read(text);
      if (!isJsonObject(value)) return null;
      return new Map<Value, Value>(Object.entries(value).map(([name, item]) => [name, rawText(item)]));
    }),
  ],
  examples: [[`JSON_RECORDS('{"a": "x", "b": [1]}')`, `MAP('a' := 'x', 'b' := '[1]')`]],
});

export const toJsonString = scalar({
  name: 'TO_JSON_STRING',
  category: 'JSON',
  doc: 'The value as JSON text; members of structs and maps are sorted by name.',
  nulls: 'The text null for NULL.',
  variants: [
    {
      params: [param('value', T)],
      returns: STRING,
      nulls: 'handle',
      bind: (call) => jsonWriter(call.args[0] ?? STRING),
    },
  ],
  examples: [
    ['TO_JSON_STRING(ARRAY[1, 2])', "'[1,2]'"],
    ["TO_JSON_STRING(STRUCT(b := 1.50, a := 'x'))", `'{"A":"x","B":1.50}'`],
    ['TO_JSON_STRING(CAST(NULL AS INTEGER))', "'null'"],
  ],
});

/** Code that writes values of a type as JSON. */
function jsonWriter(type: SqlType): (value: Value) => string {
  const write = nonNullWriter(type);
  return (value) => (value === null ? 'null' : write(value));
}

function nonNullWriter(type: SqlType): (value: Value) => string {
  switch (type.base) {
    case 'DOUBLE':
      return (value) => (Number.isFinite(value) ? doubleText(value as number) : `"${doubleText(value as number)}"`);
    case 'STRING':
      return (value) => quoteJson(value as string);
    case 'TIME':
      return (value) => quoteJson(timeTextWithMs(value as number));
    case 'BYTES':
    case 'DATE':
    case 'TIMESTAMP': {
      const text = textOf(type);
      return (value) => quoteJson(text(value));
    }
    case 'ARRAY': {
      const item = jsonWriter(type.items);
      return (value) => `[${(value as Value[]).map(item).join(',')}]`;
    }
    case 'MAP': {
      const item = jsonWriter(type.items);
      return (value) => members([...(value as Map<Value, Value>)].map(([key, each]) => [String(key), item(each)]));
    }
    case 'STRUCT': {
      const fields = type.fields.map((field) => ({ name: field.name, write: jsonWriter(field.type) }));
      return (value) =>
        members(fields.map((field, index) => [field.name, field.write((value as Value[])[index] ?? null)]));
    }
    default:
      return textOf(type);
  }
}

function members(entries: readonly (readonly [name: string, json: string])[]): string {
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([name, text]) => `${quoteJson(name)}:${text}`).join(',')}}`;
}
