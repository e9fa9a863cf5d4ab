// SELECT: items, sources, joins, windows and clauses, in the one order the language knows.
import type {
  ExpressionNode,
  JoinNode,
  ListNode,
  Name,
  QueryNode,
  SelectItemNode,
  SourceNode,
  WindowNode,
  WithinNode,
} from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { several } from './constructors.ts';
import { parseExpression, parsePrimary, parseValue, subquery } from './expressions.ts';

const CLAUSES = ['WINDOW', 'WHERE', 'GROUP', 'PARTITION', 'HAVING', 'EMIT', 'LIMIT'];
const FOREIGN_WORDS = /^(?:ORDER|OFFSET|UNION|INTERSECT|EXCEPT|CROSS|NATURAL|QUALIFY)$/;
const SOURCE_NAME = /^[a-zA-Z0-9_-]*$/;

/** One query, at SELECT. */
export function parseQuery(cursor: Cursor): QueryNode {
  const start = cursor.start;
  cursor.expectWord('SELECT');
  if (cursor.sees('DISTINCT')) {
    throw cursor.error('PARSE-19', {
      what: 'There is no SELECT DISTINCT.',
      fix: 'Group by the columns: SELECT a, COUNT(*) … GROUP BY a.',
    });
  }
  if (cursor.sees('ALL')) cursor.advance();
  const select = parseSelect(cursor);
  cursor.expectWord('FROM');
  const from = parseSource(cursor);
  const joins: JoinNode[] = [];
  for (let join = parseJoin(cursor); join !== null; join = parseJoin(cursor)) joins.push(join);
  const window = cursor.accept('WINDOW') ? parseWindow(cursor) : null;
  const where = cursor.accept('WHERE') ? parseExpression(cursor) : null;
  const groupBy = cursor.acceptAll('GROUP', 'BY') ? parseList(cursor, 'GROUP BY') : null;
  const partitionBy = cursor.acceptAll('PARTITION', 'BY') ? parseList(cursor, 'PARTITION BY') : null;
  const having = cursor.accept('HAVING') ? parseExpression(cursor) : null;
  const emit = parseEmit(cursor);
  const limit = cursor.accept('LIMIT') ? cursor.integer('LIMIT') : null;
  checkLeftovers(cursor);
  return {
    kind: 'query',
    select,
    from,
    joins,
    window,
    where,
    groupBy,
    partitionBy,
    having,
    emit,
    limit,
    span: cursor.spanFrom(start),
  };
}

function parseEmit(cursor: Cursor): QueryNode['emit'] {
  if (!cursor.accept('EMIT')) return null;
  if (cursor.accept('CHANGES')) return 'CHANGES';
  cursor.expectWord('FINAL');
  return 'FINAL';
}

/** Clauses of other dialects and clauses out of order get a message of their own. */
function checkLeftovers(cursor: Cursor): void {
  const foreign: Readonly<Record<string, readonly [string, string]>> = {
    ORDER: [
      'There is no ORDER BY: rows of a stream come as they come.',
      'For the largest values use TOPK(…) with GROUP BY.',
    ],
    OFFSET: ['There is no OFFSET.', 'Remove it.'],
    UNION: ['There is no UNION.', 'Write both queries as INSERT INTO one stream.'],
    INTERSECT: ['There is no INTERSECT.', 'Join the two sources.'],
    EXCEPT: ['There is no EXCEPT.', 'Use a LEFT JOIN and WHERE … IS NULL.'],
    QUALIFY: ['There is no QUALIFY.', 'Filter the result in a second statement.'],
  };
  const token = cursor.token;
  if (token.kind !== 'word') return;
  const known = Object.hasOwn(foreign, token.text) ? foreign[token.text] : undefined;
  if (known !== undefined) throw cursor.error('PARSE-19', { what: known[0], fix: known[1] });
  if (!CLAUSES.includes(token.text)) return;
  if ((cursor.sees('PARTITION') || cursor.sees('GROUP')) && !cursor.sees('BY', 1)) {
    cursor.advance();
    cursor.expectWord('BY');
  }
  throw cursor.error('PARSE-4', {
    what: `${token.text} stands too late or twice.`,
    fix: 'The order is FROM, JOIN, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT.',
  });
}

function parseSelect(cursor: Cursor): SelectItemNode[] {
  const items: SelectItemNode[] = [];
  let comma: readonly [number, number] | null = null;
  do {
    if (comma !== null && cursor.sees('FROM') && !cursor.sees(',', 1)) {
      throw cursor.error('PARSE-4', {
        what: `A column is missing between this comma and ${cursor.shown(cursor.token)} (${cursor.place(cursor.token.span)}).`,
        fix: 'Remove the comma after the last column.',
        span: comma,
      });
    }
    if (comma !== null && cursor.sees(',')) {
      throw cursor.error('PARSE-4', { what: 'A column is missing between two commas.', fix: 'Remove one comma.' });
    }
    items.push(parseItem(cursor));
    comma = cursor.token.span;
  } while (cursor.acceptOperator(','));
  return items;
}

function parseItem(cursor: Cursor): SelectItemNode {
  const start = cursor.start;
  if (cursor.acceptOperator('*')) return { kind: 'star', qualifier: null, span: cursor.spanFrom(start) };
  if (cursor.sees('.', 1) && cursor.sees('*', 2)) {
    const qualifier = cursor.name();
    cursor.advance();
    cursor.advance();
    return { kind: 'star', qualifier, span: cursor.spanFrom(start) };
  }
  const before = cursor.save();
  const expression = parseExpression(cursor);
  if (cursor.sees('->')) {
    // Only a primary may be opened: `a + b->*` means nothing.
    cursor.restore(before);
    const base = parsePrimary(cursor);
    cursor.expectOperator('->');
    cursor.expectOperator('*');
    return { kind: 'structStar', base, span: cursor.spanFrom(start) };
  }
  const alias = parseAlias(cursor);
  return { kind: 'item', expression, alias, span: cursor.spanFrom(start) };
}

function parseAlias(cursor: Cursor): Name | null {
  if (cursor.accept('AS')) return cursor.name();
  return cursor.isName() ? cursor.aliasName() : null;
}

/** `name [[AS] alias]` of FROM and JOIN. */
function parseSource(cursor: Cursor): SourceNode {
  const start = cursor.start;
  if (cursor.sees('(')) throw subquery(cursor);
  const name = parseSourceName(cursor);
  if (cursor.sees('(')) {
    throw cursor.error('PARSE-7', {
      what: `${name.raw}(…) is a call; a call cannot be a source.`,
      fix: `Table functions stand in the select list: SELECT ${name.raw}(…) FROM source.`,
      span: name.span,
    });
  }
  if (cursor.accept('AS')) return { name, alias: parseSourceName(cursor), span: cursor.spanFrom(start) };
  if (startsClause(cursor) || !cursor.isName()) return { name, alias: null, span: cursor.spanFrom(start) };
  cursor.aliasName();
  cursor.restore(cursor.save() - 1);
  const alias = parseSourceName(cursor);
  return { name, alias, span: cursor.spanFrom(start) };
}

/** Words that could be an alias but begin something else here. */
function startsClause(cursor: Cursor): boolean {
  const next = cursor.peek(1);
  if (cursor.sees('EMIT') || cursor.sees('PARTITION'))
    return (
      next.kind === 'word' &&
      !CLAUSES.includes(next.text) &&
      !/^(?:JOIN|INNER|LEFT|RIGHT|FULL|ON|WITHIN)$/.test(next.text)
    );
  return cursor.token.kind === 'word' && FOREIGN_WORDS.test(cursor.token.text);
}

/** The name of a stream or table. */
export function parseSourceName(cursor: Cursor): Name {
  const name = cursor.name();
  if (SOURCE_NAME.test(name.text)) return name;
  const bad = [...name.text].find((char) => !SOURCE_NAME.test(char))!;
  throw cursor.error('PARSE-13', {
    what: `The name of a stream or table holds only letters, digits, "_" and "-"; this one holds ${JSON.stringify(bad)}.`,
    fix: 'Rename it; columns may hold any character.',
    span: name.span,
  });
}

function parseJoin(cursor: Cursor): JoinNode | null {
  const start = cursor.start;
  if (cursor.sees(',')) {
    throw cursor.error('PARSE-4', {
      what: 'Sources are not listed with commas.',
      fix: 'Write FROM a JOIN b ON a.x = b.x.',
    });
  }
  let type: JoinNode['type'] = 'inner';
  if (cursor.accept('INNER')) cursor.expectWord('JOIN');
  else if (cursor.accept('LEFT')) type = 'left';
  else if (cursor.accept('RIGHT')) type = 'right';
  else if (cursor.accept('FULL')) type = 'full';
  else if (!cursor.accept('JOIN')) return null;
  if (type !== 'inner') {
    cursor.accept('OUTER');
    cursor.expectWord('JOIN');
  }
  const source = parseSource(cursor);
  const within = cursor.accept('WITHIN') ? parseWithin(cursor) : null;
  cursor.expectWord('ON');
  const on = parseExpression(cursor);
  return { type, source, within, on, span: cursor.spanFrom(start) };
}

function parseWithin(cursor: Cursor): WithinNode {
  const start = cursor.start;
  let beforeMs: number;
  let afterMs: number;
  if (cursor.sees('(')) {
    cursor.open('(');
    beforeMs = cursor.duration();
    cursor.expectOperator(',');
    afterMs = cursor.duration();
    cursor.close(')');
  } else {
    beforeMs = cursor.duration();
    afterMs = beforeMs;
  }
  const graceMs = cursor.acceptAll('GRACE', 'PERIOD') ? cursor.duration() : null;
  return { beforeMs, afterMs, graceMs, span: cursor.spanFrom(start) };
}

function parseWindow(cursor: Cursor): WindowNode {
  const isType = (ahead: number) => ['TUMBLING', 'HOPPING', 'SESSION'].some((type) => cursor.sees(type, ahead));
  // A name before the window is allowed and means nothing.
  if (!(isType(0) && cursor.sees('(', 1)) && isType(1)) cursor.name();
  const start = cursor.start;
  if (!cursor.isWord('TUMBLING', 'HOPPING', 'SESSION')) cursor.fail();
  const type = cursor.advance().text.toLowerCase() as WindowNode['type'];
  cursor.open('(');
  if (type !== 'session') cursor.expectWord('SIZE');
  const sizeMs = cursor.duration();
  let advanceMs: number | null = null;
  if (type === 'hopping') {
    cursor.expectOperator(',');
    cursor.expectWord('ADVANCE');
    cursor.expectWord('BY');
    advanceMs = cursor.duration();
  }
  let retentionMs: number | null = null;
  let graceMs: number | null = null;
  if (cursor.acceptOperator(',')) {
    if (cursor.accept('RETENTION')) {
      retentionMs = cursor.duration();
      if (cursor.acceptOperator(',')) graceMs = parseGrace(cursor);
    } else graceMs = parseGrace(cursor);
  }
  cursor.close(')');
  return { type, sizeMs, advanceMs, retentionMs, graceMs, span: cursor.spanFrom(start) };
}

function parseGrace(cursor: Cursor): number {
  cursor.expectWord('GRACE');
  cursor.expectWord('PERIOD');
  return cursor.duration();
}

/** GROUP BY and PARTITION BY: value expressions, or all of them in one pair of brackets. */
function parseList(cursor: Cursor, clause: string): ListNode {
  const start = cursor.start;
  const bracket = cursor.sees('(') ? cursor.scanBracket() : null;
  if (bracket !== null && (bracket.empty || bracket.commas > 0)) {
    cursor.open('(');
    const items = bracket.empty ? [] : several(cursor, (inner) => parseListItem(inner, clause));
    cursor.close(')');
    if (cursor.sees(',')) {
      throw cursor.error('PARSE-5', {
        what: `A bracketed list must be the whole list of ${clause}.`,
        fix: 'Name all items in one list.',
      });
    }
    return { items, span: cursor.spanFrom(start) };
  }
  const items = several(cursor, (inner) => {
    if (inner.sees('(') && (inner.scanBracket()?.commas ?? 0) > 0) {
      throw inner.error('PARSE-5', {
        what: `A bracketed list must be the whole list of ${clause}.`,
        fix: 'Name all items in one list.',
      });
    }
    return parseListItem(inner, clause);
  });
  return { items, span: cursor.spanFrom(start) };
}

function parseListItem(cursor: Cursor, clause: string): ExpressionNode {
  const item = parseValue(cursor);
  const token = cursor.token;
  const predicate =
    (token.kind === 'operator' && /^(?:=|<>|!=|<|<=|>|>=)$/.test(token.text)) ||
    (token.kind === 'word' && /^(?:AND|OR|BETWEEN|IN|LIKE|IS|NOT)$/.test(token.text));
  if (!predicate) return item;
  throw cursor.error('PARSE-5', {
    what: `An item of ${clause} cannot be a bare comparison or AND/OR.`,
    fix: 'Put the expression into brackets.',
  });
}
