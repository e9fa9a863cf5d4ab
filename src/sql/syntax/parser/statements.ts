// Statements, by their first word.
import { nearest } from '../../../core/errors.ts';
import type { AssertSchemaStatement, AssertTopicStatement, ListStatement, Name, Statement } from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { COMMANDS } from '../tokens.ts';
import { several } from './constructors.ts';
import { parseCreate } from './create.ts';
import { parseValue } from './expressions.ts';
import { expectLiteral } from './literals.ts';
import { parseProperties } from './properties.ts';
import { parseQuery, parseSourceName } from './query.ts';
import { parseField } from './types.ts';

/** One statement, without its semicolon. */
export function parseStatementAt(cursor: Cursor): Statement {
  const start = cursor.start;
  const word = cursor.token.kind === 'word' ? cursor.token.text : '';
  switch (word) {
    case 'SELECT': {
      const query = parseQuery(cursor);
      return { kind: 'select', query, span: query.span };
    }
    case 'CREATE':
      return parseCreate(cursor);
    case 'INSERT':
      return parseInsert(cursor);
    case 'DROP':
      return parseDrop(cursor);
    case 'ALTER':
      return parseAlter(cursor);
    case 'LIST':
    case 'SHOW':
      return parseList(cursor);
    case 'DESCRIBE':
      return parseDescribe(cursor);
    case 'EXPLAIN':
      return cursor.nested(() => parseExplain(cursor));
    case 'PRINT':
      return parsePrint(cursor);
    case 'TERMINATE':
    case 'PAUSE':
    case 'RESUME': {
      const kind = cursor.advance().text.toLowerCase() as 'terminate' | 'pause' | 'resume';
      const query = cursor.accept('ALL') ? null : cursor.name();
      return { kind, query, span: cursor.spanFrom(start) };
    }
    case 'SET':
    case 'UNSET':
    case 'DEFINE':
    case 'UNDEFINE':
      return parseSetting(cursor, word);
    case 'ASSERT':
      return parseAssert(cursor);
    default:
      return unknownCommand(cursor, word);
  }
}

function unknownCommand(cursor: Cursor, word: string): never {
  if (word === 'RUN') throw testOnly(cursor, 'RUN SCRIPT');
  if (word === 'WITH') {
    throw cursor.error('PARSE-19', {
      what: 'There are no common table expressions.',
      fix: 'Name the inner query with CREATE STREAM … AS or CREATE TABLE … AS.',
    });
  }
  const near = word === '' ? null : nearest(word, COMMANDS);
  throw cursor.error('PARSE-1', {
    what: cursor.sees(';') ? 'This statement is empty.' : `No statement begins with ${cursor.shown(cursor.token)}.`,
    fix: near !== null ? `Did you mean ${near}?` : `Statements begin with ${COMMANDS.join(', ')}.`,
  });
}

function testOnly(cursor: Cursor, what: string): Error {
  return cursor.error('PARSE-11', {
    what: `${what} is a statement of test scripts.`,
    fix: 'Run the script with the test command.',
  });
}

function parseInsert(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  cursor.expectWord('INTO');
  const target = parseSourceName(cursor);
  if (cursor.isWord('WITH')) {
    const properties = parseProperties(cursor);
    const query = parseQuery(cursor);
    return { kind: 'insertSelect', target, properties, query, span: cursor.spanFrom(start) };
  }
  if (cursor.isWord('SELECT')) {
    const query = parseQuery(cursor);
    return { kind: 'insertSelect', target, properties: [], query, span: cursor.spanFrom(start) };
  }
  let columns: Name[] | null = null;
  if (cursor.isOperator('(')) {
    cursor.open('(');
    columns = [];
    do columns.push(cursor.name());
    while (cursor.acceptOperator(','));
    cursor.close(')');
  }
  cursor.expectWord('VALUES');
  cursor.open('(');
  const values = cursor.isOperator(')') ? [] : several(cursor, parseValue);
  cursor.close(')');
  if (columns !== null && columns.length !== values.length) {
    throw cursor.error('VAL-1', {
      what: `${columns.length} columns are named but ${values.length} values given.`,
      fix: 'Give one value for each named column.',
      span: cursor.spanFrom(start),
    });
  }
  return { kind: 'insertValues', target, columns, values, span: cursor.spanFrom(start) };
}

function parseDrop(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  if (cursor.accept('TYPE')) {
    const ifExists = cursor.acceptAll('IF', 'EXISTS');
    return { kind: 'dropType', ifExists, name: cursor.name(), span: cursor.spanFrom(start) };
  }
  if (cursor.accept('CONNECTOR')) {
    const ifExists = cursor.acceptAll('IF', 'EXISTS');
    return { kind: 'dropConnector', ifExists, name: cursor.name(), span: cursor.spanFrom(start) };
  }
  if (!cursor.isWord('STREAM', 'TABLE')) cursor.fail();
  const shape = cursor.advance().text === 'STREAM' ? 'stream' : 'table';
  const ifExists = cursor.acceptAll('IF', 'EXISTS');
  const name = parseSourceName(cursor);
  const deleteTopic = cursor.acceptAll('DELETE', 'TOPIC');
  return { kind: 'dropSource', shape, ifExists, name, deleteTopic, span: cursor.spanFrom(start) };
}

function parseAlter(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  if (cursor.accept('SYSTEM')) {
    const name = cursor.expectText();
    cursor.expectOperator('=');
    return { kind: 'alterSystem', name, value: cursor.expectText(), span: cursor.spanFrom(start) };
  }
  if (!cursor.isWord('STREAM', 'TABLE')) cursor.fail();
  const shape = cursor.advance().text === 'STREAM' ? 'stream' : 'table';
  const name = parseSourceName(cursor);
  const columns = [];
  do {
    cursor.expectWord('ADD');
    // `ADD COLUMN INT` adds a column called COLUMN; `ADD COLUMN x INT` has the keyword.
    const third = cursor.peek(2);
    if (cursor.sees('COLUMN') && (third.kind === 'word' || third.kind === 'quoted')) cursor.advance();
    columns.push(parseField(cursor));
  } while (cursor.acceptOperator(','));
  return { kind: 'alterSource', shape, name, columns, span: cursor.spanFrom(start) };
}

function parseList(cursor: Cursor): ListStatement {
  const start = cursor.start;
  cursor.advance();
  const finish = (subject: ListStatement['subject'], more: Partial<ListStatement> = {}): ListStatement => {
    const extendable = ['topics', 'streams', 'tables', 'queries'].includes(subject);
    const extended = extendable && cursor.accept('EXTENDED');
    return { kind: 'list', subject, all: false, direction: null, ...more, extended, span: cursor.spanFrom(start) };
  };
  if (cursor.accept('PROPERTIES')) return finish('properties');
  if (cursor.accept('ALL')) {
    cursor.expectWord('TOPICS');
    return finish('topics', { all: true });
  }
  if (cursor.accept('TOPICS')) return finish('topics');
  if (cursor.accept('STREAMS')) return finish('streams');
  if (cursor.accept('TABLES')) return finish('tables');
  if (cursor.accept('QUERIES')) return finish('queries');
  if (cursor.accept('FUNCTIONS')) return finish('functions');
  if (cursor.accept('TYPES')) return finish('types');
  if (cursor.accept('VARIABLES')) return finish('variables');
  if (cursor.accept('CONNECTORS')) return finish('connectors');
  if (cursor.accept('CONNECTOR')) {
    cursor.expectWord('PLUGINS');
    return finish('connectorPlugins');
  }
  if (!cursor.isWord('SOURCE', 'SINK')) cursor.fail();
  const direction = cursor.advance().text === 'SOURCE' ? 'source' : 'sink';
  cursor.expectWord('CONNECTORS');
  return finish('connectors', { direction });
}

function parseDescribe(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  const subject = cursor.sees('STREAMS') ? 'streams' : cursor.sees('TABLES') ? 'tables' : null;
  if (subject !== null) {
    cursor.advance();
    const extended = cursor.accept('EXTENDED');
    return { kind: 'describe', subject, name: null, extended, span: cursor.spanFrom(start) };
  }
  const next = cursor.peek(1);
  const named = next.kind === 'word' || next.kind === 'quoted';
  if (cursor.sees('FUNCTION') && named && next.text !== 'EXTENDED') {
    cursor.advance();
    return {
      kind: 'describe',
      subject: 'function',
      name: cursor.anyWord(),
      extended: false,
      span: cursor.spanFrom(start),
    };
  }
  if (cursor.accept('CONNECTOR')) {
    return {
      kind: 'describe',
      subject: 'connector',
      name: cursor.name(),
      extended: false,
      span: cursor.spanFrom(start),
    };
  }
  const name = parseSourceName(cursor);
  const extended = cursor.accept('EXTENDED');
  return { kind: 'describe', subject: 'source', name, extended, span: cursor.spanFrom(start) };
}

function parseExplain(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  const alone = cursor.sees(';', 1) || cursor.peek(1).kind === 'end';
  if (alone && cursor.isName()) {
    return { kind: 'explain', statement: null, query: cursor.name(), span: cursor.spanFrom(start) };
  }
  const statement = parseStatementAt(cursor);
  return { kind: 'explain', statement, query: null, span: cursor.spanFrom(start) };
}

/** A topic or subject: a text, or a name that keeps its case. */
function rawName(cursor: Cursor): string {
  if (cursor.token.kind === 'text') return cursor.advance().text;
  cursor.note("a text in '…'");
  return cursor.name().raw;
}

function parsePrint(cursor: Cursor): Statement {
  const start = cursor.start;
  cursor.advance();
  const topic = rawName(cursor);
  const fromBeginning = cursor.acceptAll('FROM', 'BEGINNING');
  const interval = cursor.accept('INTERVAL') || cursor.accept('SAMPLE') ? cursor.integer('INTERVAL') : null;
  const limit = cursor.accept('LIMIT') ? cursor.integer('LIMIT') : null;
  return { kind: 'print', topic, fromBeginning, interval, limit, span: cursor.spanFrom(start) };
}

function parseSetting(cursor: Cursor, word: 'SET' | 'UNSET' | 'DEFINE' | 'UNDEFINE'): Statement {
  const start = cursor.start;
  cursor.advance();
  switch (word) {
    case 'SET': {
      const name = cursor.expectText();
      cursor.expectOperator('=');
      return { kind: 'setProperty', name, value: cursor.expectText(), span: cursor.spanFrom(start) };
    }
    case 'UNSET':
      return { kind: 'unsetProperty', name: cursor.expectText(), span: cursor.spanFrom(start) };
    case 'DEFINE': {
      const name = cursor.anyWord().raw;
      cursor.expectOperator('=');
      return { kind: 'define', name, value: cursor.expectText(), span: cursor.spanFrom(start) };
    }
    case 'UNDEFINE':
      return { kind: 'undefine', name: cursor.anyWord().raw, span: cursor.spanFrom(start) };
  }
}

function parseAssert(cursor: Cursor): AssertTopicStatement | AssertSchemaStatement {
  const start = cursor.start;
  cursor.advance();
  if (cursor.sees('VALUES') || cursor.sees('NULL') || cursor.sees('STREAM') || cursor.sees('TABLE')) {
    throw testOnly(cursor, `ASSERT ${cursor.token.text}`);
  }
  const exists = !cursor.acceptAll('NOT', 'EXISTS');
  if (cursor.accept('TOPIC')) {
    const topic = rawName(cursor);
    const properties = cursor.isWord('WITH') ? parseProperties(cursor) : [];
    const timeoutMs = cursor.accept('TIMEOUT') ? cursor.duration() : null;
    return { kind: 'assertTopic', exists, topic, properties, timeoutMs, span: cursor.spanFrom(start) };
  }
  cursor.expectWord('SCHEMA');
  const subject = cursor.accept('SUBJECT') ? rawName(cursor) : null;
  const id = cursor.accept('ID') ? schemaId(cursor) : null;
  if (subject === null && id === null) {
    throw cursor.error('ASSERT-5', {
      what: 'ASSERT SCHEMA names neither a subject nor an id.',
      fix: "Add SUBJECT 'name', ID number, or both.",
    });
  }
  const timeoutMs = cursor.accept('TIMEOUT') ? cursor.duration() : null;
  return { kind: 'assertSchema', exists, subject, id, timeoutMs, span: cursor.spanFrom(start) };
}

function schemaId(cursor: Cursor): number {
  const literal = expectLiteral(cursor);
  if (literal.type?.base === 'INTEGER') return literal.value as number;
  throw cursor.error('ASSERT-6', { what: 'The id of a schema is a whole number.', span: literal.span });
}
