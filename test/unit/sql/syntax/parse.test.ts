import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/core/errors.ts';
import type { SelectItemNode, Statement } from '../../../../src/sql/syntax/ast.ts';
import {
  expectedAfter,
  parseExpressionText,
  parseScript,
  parseStatement,
  splitStatements,
} from '../../../../src/sql/syntax/parse.ts';
import { printExpression } from '../../../../src/sql/syntax/print.ts';

function fault(text: string): TributaryError {
  try {
    parseStatement(text);
  } catch (error) {
    assert.ok(error instanceof TributaryError);
    return error;
  }
  return assert.fail(`${text} was accepted`);
}

function place(text: string): string {
  const { code, parts } = fault(text);
  return `${code} ${parts.line}:${parts.column}`;
}

const REJECTED: readonly (readonly [what: string, text: string, place: string])[] = [
  ['a comma before FROM', 'SELECT a,\n  b,\nFROM x;', 'TRIB_SQL_PARSE_4 2:4'],
  ['a comma before from in lower case', 'select a, b, from x emit changes;', 'TRIB_SQL_PARSE_4 1:12'],
  ['a misspelt command', 'CREAT STREAM x AS SELECT * FROM y;', 'TRIB_SQL_PARSE_1 1:1'],
  ['an empty statement', ';', 'TRIB_SQL_PARSE_1 1:1'],
  ['a reserved word as alias', 'SELECT a AS table FROM x;', 'TRIB_SQL_PARSE_2 1:13'],
  ['an open bracket, at the bracket', 'SELECT COUNT(* FROM x;', 'TRIB_SQL_PARSE_3 1:13'],
  ['a misspelt FROM', 'SELECT * FORM x;', 'TRIB_SQL_PARSE_4 1:10'],
  ['a comparison in GROUP BY', 'SELECT COUNT(*) FROM x GROUP BY a AND b;', 'TRIB_SQL_PARSE_5 1:35'],
  ['a bracketed list beside another item', 'SELECT COUNT(*) FROM x GROUP BY c, (a, b);', 'TRIB_SQL_PARSE_5 1:36'],
  ['an empty IN', 'SELECT * FROM x WHERE a IN ();', 'TRIB_SQL_PARSE_6 1:28'],
  ['a call as source', 'SELECT * FROM EXPLODE(a);', 'TRIB_SQL_PARSE_7 1:15'],
  ['NULL as a type', 'SELECT CAST(a AS NULL) FROM x;', 'TRIB_SQL_PARSE_8 1:18'],
  ['a key marker in brackets', "CREATE STREAM x (k STRING (KEY)) WITH (kafka_topic='t');", 'TRIB_SQL_PARSE_9 1:28'],
  ['a chained comparison', 'SELECT a = b = c FROM x;', 'TRIB_SQL_PARSE_10 1:14'],
  ['a statement of test scripts', 'ASSERT VALUES x (a) VALUES (1);', 'TRIB_SQL_PARSE_11 1:8'],
  ['a missing semicolon', 'SELECT a FROM x', 'TRIB_SQL_PARSE_12 1:16'],
  ['a source name with a dot', 'SELECT * FROM `a.b`;', 'TRIB_SQL_PARSE_13 1:15'],
  ['a lambda as first argument', 'SELECT TRANSFORM(x => x, a) FROM y;', 'TRIB_SQL_PARSE_14 1:18'],
  ['an argument behind a lambda', 'SELECT REDUCE(a, (s, x) => s, 0) FROM y;', 'TRIB_SQL_PARSE_14 1:31'],
  ['DISTINCT in a call', 'SELECT COUNT(DISTINCT a) FROM x;', 'TRIB_SQL_PARSE_15 1:14'],
  ['a LIMIT that is no whole number', 'SELECT * FROM x LIMIT 1.5;', 'TRIB_SQL_PARSE_16 1:23'],
  ['a window of months', 'SELECT a FROM x WINDOW TUMBLING (SIZE 1 MONTHS) GROUP BY a;', 'TRIB_SQL_PARSE_17 1:41'],
  ['too deep nesting', `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)} FROM x;`, 'TRIB_SQL_PARSE_18 1:133'],
  ['ORDER BY', 'SELECT * FROM x ORDER BY a;', 'TRIB_SQL_PARSE_19 1:17'],
  ['a subquery', 'SELECT * FROM (SELECT 1 FROM x);', 'TRIB_SQL_PARSE_19 1:15'],
  ['SELECT DISTINCT', 'SELECT DISTINCT a FROM x;', 'TRIB_SQL_PARSE_19 1:8'],
  ['a text that is not closed, at its opening', "SELECT 'abc FROM x;", 'TRIB_SQL_LEX_1 1:8'],
  ['a letter outside A to Z', 'SELECT größe FROM x;', 'TRIB_SQL_LEX_2 1:10'],
  ['an integer beyond 64 bits', 'SELECT 9223372036854775808 FROM x;', 'TRIB_SQL_LEX_3 1:8'],
  ['an infinite literal', 'SELECT 1E309 FROM x;', 'TRIB_SQL_LEX_4 1:8'],
  ['a stream with PRIMARY KEY', "CREATE STREAM x (a INT PRIMARY KEY) WITH (kafka_topic='t');", 'TRIB_SQL_DDL_2 1:24'],
  ['a table with KEY', "CREATE TABLE x (a INT KEY) WITH (kafka_topic='t');", 'TRIB_SQL_DDL_3 1:23'],
  ['a DECIMAL of more decimals than digits', 'CREATE TYPE t AS DECIMAL(2, 3);', 'TRIB_SQL_TYPE_2 1:18'],
  ['a field twice', 'CREATE TYPE t AS STRUCT<a INT, A INT>;', 'TRIB_SQL_TYPE_3 1:32'],
  ['a typed literal that is not DECIMAL', "SELECT DATE '2020-01-01' FROM x;", 'TRIB_SQL_TYPE_4 1:8'],
  ['an ESCAPE of two characters', "SELECT * FROM x WHERE a LIKE 'b' ESCAPE '!!';", 'TRIB_SQL_CMP_8 1:41'],
  ['ASSERT SCHEMA without subject and id', 'ASSERT SCHEMA TIMEOUT 1 SECOND;', 'TRIB_SQL_ASSERT_5 1:15'],
  ['a column list before AS', 'CREATE STREAM x (a INT) AS SELECT * FROM y;', 'TRIB_SQL_PARSE_4 1:25'],
];

for (const [what, text, where] of REJECTED) {
  test(`${what} is rejected at its place`, () => {
    assert.equal(place(text), where);
  });
}

test('the advice for a comma before FROM is to remove it', () => {
  assert.equal(
    fault('SELECT a,\n  b,\nFROM x;').message,
    'line 2:4: A column is missing between this comma and "FROM" (line 3:1). Remove the comma after the last column.',
  );
});

test('a misspelt clause that was read as an alias is named', () => {
  assert.match(fault('SELECT * FROM x WHER a = 1;').message, /Was "WHER" meant to be WHERE\?/);
});

test('a lost comma is suspected', () => {
  assert.match(
    fault("CREATE STREAM x WITH (a='1' b='2') AS SELECT * FROM y;").message,
    /Is a comma missing before it\?$/,
  );
});

const EXPRESSIONS: readonly (readonly [text: string, printed: string])[] = [
  ['a + b * c - d', '((A + (B * C)) - D)'],
  ['a = 1 or b = 2 and not c', '((A = 1) OR ((B = 2) AND (NOT C)))'],
  ['-5 - -3', '(-5 - -3)'],
  ['- a', '(- A)'],
  ['-9223372036854775808', '-9223372036854775808'],
  ["a || 'b' || c", "CONCAT(CONCAT(A, 'b'), C)"],
  ['a != b', '(A <> B)'],
  ['a not between 1 and 2', '(A NOT BETWEEN 1 AND 2)'],
  ["a not like 'x%' escape '!'", "(A NOT LIKE 'x%' ESCAPE '!')"],
  ['a in (1, 2)', '(A IN (1, 2))'],
  ['a is not distinct from b', '(A IS NOT DISTINCT FROM B)'],
  ['a is not null', '(A IS NOT NULL)'],
  ['s->f[1]->`g`', 'S->F[1]->`g`'],
  ['x.y->z', 'X.Y->Z'],
  ['cast(a as array<decimal(4,2)>)', 'CAST(A AS ARRAY<DECIMAL(4, 2)>)'],
  ["case when a then 1 else 'x' end", "(CASE WHEN A THEN 1 ELSE 'x' END)"],
  ["map('a' := 1)", "MAP('a':=1)"],
  ['struct(a := 1)', 'STRUCT(A:=1)'],
  ['array[]', 'ARRAY[]'],
  ['reduce(a, 0, (s, x) => s + x)', 'REDUCE(A, 0, (S, X) => (S + X))'],
  ['dateadd(day, 1, d)', 'DATEADD(DAY, 1, D)'],
  ['count(*)', 'COUNT(*)'],
  ["'it''s'", "'it''s'"],
  ['1.10', '1.10'],
  ['.5', '0.5'],
  ['1e3', '1000.0E0'],
  ['1abc', '`1ABC`'],
  ['"low er"', '`low er`'],
];

for (const [text, printed] of EXPRESSIONS) {
  test(`${text} is read as ${printed}`, () => {
    assert.equal(printExpression(parseExpressionText(text)), printed);
  });
}

test('literals have the type of their text', () => {
  const types = ['1', '2147483648', '1.10', '0.05', '1e0', "'a'", 'TRUE', 'NULL'].map((text) => {
    const node = parseExpressionText(text);
    return node.kind === 'literal' ? node.type : undefined;
  });

  assert.deepEqual(types, [
    { base: 'INTEGER' },
    { base: 'BIGINT' },
    { base: 'DECIMAL', precision: 3, scale: 2 },
    { base: 'DECIMAL', precision: 3, scale: 2 },
    { base: 'DOUBLE' },
    { base: 'STRING' },
    { base: 'BOOLEAN' },
    null,
  ]);
});

test('every node knows the text it stands for', () => {
  const text = 'SELECT a + 1 AS b FROM x;';
  const statement = parseStatement(text) as Extract<Statement, { kind: 'select' }>;
  const item = statement.query.select[0] as Extract<SelectItemNode, { kind: 'item' }>;

  assert.deepEqual(
    [item.span, item.expression.span, item.alias!.span].map(([start, end]) => text.slice(start, end)),
    ['a + 1 AS b', 'a + 1', 'b'],
  );
});

test('soft keywords are names, and EMIT and PARTITION are not taken for aliases', () => {
  const statement = parseStatement('SELECT date, key AS type FROM x EMIT CHANGES;');
  const partition = parseStatement('SELECT * FROM x PARTITION BY a;');

  assert.equal(statement.kind === 'select' && statement.query.emit, 'CHANGES');
  assert.equal(partition.kind === 'select' && partition.query.from.alias, null);
});

test('windows and durations are milliseconds', () => {
  const statement = parseStatement(
    'SELECT a FROM x WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES, RETENTION 2 DAYS, GRACE PERIOD 1 SECOND) GROUP BY a;',
  ) as Extract<Statement, { kind: 'select' }>;

  const { span: _, ...window } = statement.query.window!;
  assert.deepEqual(window, {
    type: 'hopping',
    sizeMs: 3_600_000,
    advanceMs: 300_000,
    retentionMs: 172_800_000,
    graceMs: 1000,
  });
});

test('a script is cut at semicolons outside of quotes and comments', () => {
  const pieces = splitStatements("-- one; two\nSELECT ';' FROM a; /* ; */ SELECT `;` FROM b;\n  SELECT 1");

  assert.deepEqual(
    pieces.map(({ text, terminated }) => [text, terminated]),
    [
      ["SELECT ';' FROM a;", true],
      ['SELECT `;` FROM b;', true],
      ['SELECT 1', false],
    ],
  );
});

test('a script reports every fault and keeps the good statements', () => {
  const { statements, errors } = parseScript('SELECT a FROM x;\nSELEC b;\nSHOW TABLES;\nDROP x;');

  assert.deepEqual(
    statements.map(({ index, statement }) => [index, statement.kind]),
    [
      [0, 'select'],
      [2, 'list'],
    ],
  );
  assert.deepEqual(
    errors.map(({ parts }) => parts.statementIndex),
    [1, 3],
  );
});

test('completion knows what may follow', () => {
  assert.deepEqual(expectedAfter('SHOW ').slice(0, 4), ['PROPERTIES', 'ALL', 'TOPICS', 'STREAMS']);
});
