// Types as written: `INT`, `DECIMAL(10, 2)`, `ARRAY<…>`, `x ARRAY`, `MAP<…>`, `STRUCT<…>` and custom names.
import type { FieldNode, TypeNode } from '../ast.ts';
import type { Cursor } from '../cursor.ts';

/** One type. */
export function parseType(cursor: Cursor): TypeNode {
  return cursor.nested(() => {
    const start = cursor.start;
    let type = parsePlainType(cursor);
    while (cursor.sees('ARRAY') && !cursor.sees('<', 1)) {
      cursor.advance();
      type = { kind: 'arrayType', items: type, span: cursor.spanFrom(start) };
    }
    return type;
  });
}

/** `name type` as in a STRUCT or ALTER … ADD. */
export function parseField(cursor: Cursor): FieldNode {
  return { name: cursor.name(), type: parseType(cursor) };
}

function parsePlainType(cursor: Cursor): TypeNode {
  const start = cursor.start;
  if (cursor.sees('NULL')) {
    throw cursor.error('PARSE-8', {
      what: 'NULL is not a type.',
      fix: 'Types are BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p, s), STRING, BYTES, DATE, TIME, TIMESTAMP, ARRAY<T>, MAP<K, V> and STRUCT<name T, …>.',
    });
  }
  if (cursor.sees('ARRAY') && cursor.sees('<', 1)) {
    cursor.advance();
    cursor.advance();
    const items = parseType(cursor);
    cursor.expectOperator('>');
    return { kind: 'arrayType', items, span: cursor.spanFrom(start) };
  }
  if (cursor.sees('MAP') && cursor.sees('<', 1)) {
    cursor.advance();
    cursor.advance();
    const keys = parseType(cursor);
    cursor.expectOperator(',');
    const items = parseType(cursor);
    cursor.expectOperator('>');
    return { kind: 'mapType', keys, items, span: cursor.spanFrom(start) };
  }
  if (cursor.sees('STRUCT') && (cursor.sees('<', 1) || cursor.sees('<>', 1))) return parseStructType(cursor);
  if (cursor.sees('DECIMAL')) return parseDecimalType(cursor);
  return parseNamedType(cursor);
}

function parseStructType(cursor: Cursor): TypeNode {
  const start = cursor.start;
  cursor.advance();
  const fields: FieldNode[] = [];
  if (cursor.sees('<>')) cursor.advance();
  else {
    cursor.expectOperator('<');
    if (!cursor.acceptOperator('>')) {
      do fields.push(parseField(cursor));
      while (cursor.acceptOperator(','));
      cursor.expectOperator('>');
    }
  }
  const seen = new Map<string, FieldNode>();
  for (const field of fields) {
    const earlier = seen.get(field.name.text);
    if (earlier !== undefined) {
      throw cursor.error('TYPE-3', {
        what: `The field ${field.name.text} stands twice in this STRUCT (first at ${cursor.place(earlier.name.span)}).`,
        fix: 'Rename one of them.',
        span: field.name.span,
      });
    }
    seen.set(field.name.text, field);
  }
  return { kind: 'structType', fields, span: cursor.spanFrom(start) };
}

function parseDecimalType(cursor: Cursor): TypeNode {
  const start = cursor.start;
  cursor.advance();
  cursor.open('(');
  const precision = cursor.integer('The precision of DECIMAL');
  cursor.expectOperator(',');
  const scale = cursor.integer('The scale of DECIMAL');
  cursor.close(')');
  const rule =
    precision < 1
      ? 'the precision must be at least 1'
      : scale < 0
        ? 'the scale must not be negative'
        : scale > precision
          ? 'the scale must not exceed the precision'
          : null;
  if (rule !== null) {
    throw cursor.error('TYPE-2', {
      what: `DECIMAL(${precision}, ${scale}) is not possible: ${rule}.`,
      fix: 'The first number counts all digits, the second those after the point.',
      span: cursor.spanFrom(start),
    });
  }
  return { kind: 'decimalType', precision, scale, span: cursor.spanFrom(start) };
}

function parseNamedType(cursor: Cursor): TypeNode {
  const start = cursor.start;
  if (!cursor.isName()) {
    cursor.note('a type');
    cursor.fail();
  }
  const name = cursor.name();
  const parameters: (number | string)[] = [];
  if (cursor.sees('(')) {
    const parameter = cursor.peek(1);
    if (parameter.kind !== 'integer' && parameter.kind !== 'text' && !cursor.sees('STRING', 1)) {
      const keyword = parameter.text === 'KEY' || parameter.text === 'PRIMARY';
      throw cursor.error('PARSE-9', {
        what: `A type parameter is a whole number or a text, not ${cursor.shown(parameter)}.`,
        fix: keyword
          ? `Write the marker without brackets: ${name.raw} ${parameter.text}${parameter.text === 'PRIMARY' ? ' KEY' : ''}.`
          : 'Remove the brackets.',
        span: parameter.span,
      });
    }
    cursor.open('(');
    do {
      const token = cursor.token;
      if (token.kind === 'text' || cursor.sees('STRING')) parameters.push(cursor.advance().text);
      else parameters.push(cursor.integer('A type parameter'));
    } while (cursor.acceptOperator(','));
    cursor.close(')');
    if (cursor.sees('(')) {
      throw cursor.error('PARSE-9', { what: 'A type takes one list of parameters.', fix: 'Remove the second one.' });
    }
  }
  return { kind: 'namedType', name, parameters, span: cursor.spanFrom(start) };
}
