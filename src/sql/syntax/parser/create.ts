// CREATE: sources, queries into sources, types and connectors.
import type { ColumnRole, ElementNode, SourceShape, Statement } from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { parseProperties } from './properties.ts';
import { parseQuery, parseSourceName } from './query.ts';
import { parseType } from './types.ts';

/** A CREATE statement, at its first word. */
export function parseCreate(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  if (cursor.accept('TYPE')) {
    const ifNotExists = cursor.acceptAll('IF', 'NOT', 'EXISTS');
    const name = cursor.name();
    cursor.expectWord('AS');
    const type = parseType(cursor);
    return { kind: 'createType', ifNotExists, name, type, span: cursor.spanFrom(start) };
  }
  const direction = cursor.sees('CONNECTOR', 1) ? connectorDirection(cursor) : null;
  if (direction !== null) {
    cursor.expectWord('CONNECTOR');
    const ifNotExists = cursor.acceptAll('IF', 'NOT', 'EXISTS');
    const name = cursor.name();
    const properties = parseProperties(cursor, true);
    return { kind: 'createConnector', direction, ifNotExists, name, properties, span: cursor.spanFrom(start) };
  }
  const orReplace = cursor.acceptAll('OR', 'REPLACE');
  const readOnly = cursor.accept('SOURCE');
  if (!cursor.isWord('STREAM', 'TABLE')) cursor.fail();
  const shape: SourceShape = cursor.advance().text === 'STREAM' ? 'stream' : 'table';
  const ifNotExists = cursor.acceptAll('IF', 'NOT', 'EXISTS');
  const name = parseSourceName(cursor);
  const elements = cursor.isOperator('(') ? parseElements(cursor, shape) : [];
  const properties = cursor.isWord('WITH') ? parseProperties(cursor) : [];
  if (!cursor.isWord('AS')) {
    return {
      kind: 'createSource',
      shape,
      orReplace,
      ifNotExists,
      readOnly,
      name,
      elements,
      properties,
      span: cursor.spanFrom(start),
    };
  }
  if (elements.length > 0 || readOnly) {
    throw cursor.error(elements.some(({ role }) => role.kind.startsWith('header')) ? 'DDL-11' : 'PARSE-4', {
      what: readOnly
        ? 'CREATE SOURCE declares a topic that exists; it cannot be made from a query.'
        : 'The columns of CREATE … AS come from the query, so none can be declared.',
      fix: readOnly ? 'Drop the word SOURCE.' : 'Remove the column list; name columns with AS in the SELECT.',
    });
  }
  cursor.advance();
  const query = parseQuery(cursor);
  return { kind: 'createAs', shape, orReplace, ifNotExists, name, properties, query, span: cursor.spanFrom(start) };
}

function connectorDirection(cursor: Cursor): 'source' | 'sink' {
  if (!cursor.isWord('SOURCE', 'SINK')) cursor.fail();
  return cursor.advance().text === 'SOURCE' ? 'source' : 'sink';
}

function parseElements(cursor: Cursor, shape: SourceShape): ElementNode[] {
  cursor.open('(');
  const elements: ElementNode[] = [];
  do {
    if (elements.length > 0 && cursor.sees(')')) {
      throw cursor.error('PARSE-4', {
        what: 'A column is missing between the last comma and this bracket.',
        fix: 'Remove the comma after the last column.',
      });
    }
    elements.push(parseElement(cursor, shape));
  } while (cursor.acceptOperator(','));
  cursor.close(')');
  return elements;
}

function parseElement(cursor: Cursor, shape: SourceShape): ElementNode {
  const start = cursor.start;
  const name = cursor.name();
  const type = parseType(cursor);
  const roleStart = cursor.start;
  const role = parseRole(cursor);
  const span = cursor.spanFrom(start);
  if (shape === 'stream' && role.kind === 'primaryKey') {
    throw cursor.error('DDL-2', {
      what: `${name.raw} is declared PRIMARY KEY, but streams have no primary key: their keys need not be unique nor set.`,
      fix: `Write ${name.raw} … KEY.`,
      span: [roleStart, span[1]],
    });
  }
  if (shape === 'table' && role.kind === 'key') {
    throw cursor.error('DDL-3', {
      what: `${name.raw} is declared KEY, but the key of a table is unique and never null.`,
      fix: `Write ${name.raw} … PRIMARY KEY.`,
      span: [roleStart, span[1]],
    });
  }
  return { name, type, role, span };
}

function parseRole(cursor: Cursor): ColumnRole {
  if (cursor.acceptAll('PRIMARY', 'KEY')) return { kind: 'primaryKey' };
  if (cursor.accept('KEY')) return { kind: 'key' };
  if (cursor.accept('HEADERS')) return { kind: 'headers' };
  if (!cursor.accept('HEADER')) return { kind: 'value' };
  cursor.open('(');
  const key = cursor.expectText();
  cursor.close(')');
  return { kind: 'header', key };
}
