import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/core/errors.ts';
import { parseScript } from '../../../../src/sql/syntax/parse.ts';
import { substituteVariables } from '../../../../src/sql/syntax/variables.ts';

const VALUES = { name: 'orders', quoted: "it's", number: '5', text: "'JSON'", odd: '1; DROP', tick: '`Mixed`' };

const REPLACED: readonly (readonly [text: string, result: string])[] = [
  ['SELECT * FROM ${name};', 'SELECT * FROM orders;'],
  ["SELECT '${quoted}' FROM x;", "SELECT 'it''s' FROM x;"],
  ["SELECT '${unknown}' FROM x;", "SELECT '${unknown}' FROM x;"],
  ["SELECT '$${name}' FROM x;", "SELECT '${name}' FROM x;"],
  ['SELECT * FROM x LIMIT ${number};', 'SELECT * FROM x LIMIT 5;'],
  ['CREATE STREAM x WITH (format=${text});', "CREATE STREAM x WITH (format='JSON');"],
  ['SELECT * FROM ${tick};', 'SELECT * FROM `Mixed`;'],
  ['SELECT 1 FROM x; -- ${unknown}', 'SELECT 1 FROM x; -- ${unknown}'],
];

for (const [text, result] of REPLACED) {
  test(`${text} becomes ${result}`, () => {
    assert.equal(substituteVariables(text, VALUES), result);
  });
}

const REFUSED: readonly (readonly [text: string, code: string])[] = [
  ['SELECT * FROM ${odd};', 'TRIB_SQL_VAR_1'],
  ['CREATE STREAM x WITH (format=${odd});', 'TRIB_SQL_VAR_2'],
  ['SELECT * FROM ${nam};', 'TRIB_SQL_VAR_3'],
];

for (const [text, code] of REFUSED) {
  test(`${text} is refused`, () => {
    assert.throws(
      () => substituteVariables(text, VALUES),
      (error) => error instanceof TributaryError && error.code === code && error.parts.line === 1,
    );
  });
}

test('DEFINE counts for the statements after it, UNDEFINE ends it', () => {
  const script = "DEFINE s = 'x'; SELECT * FROM ${s}; UNDEFINE s; SELECT * FROM ${s};";

  const { statements, errors } = parseScript(script, { variables: {} });

  assert.deepEqual(
    statements.map(({ text }) => text),
    ["DEFINE s = 'x';", 'SELECT * FROM x;', 'UNDEFINE s;'],
  );
  assert.equal(errors[0]?.code, 'TRIB_SQL_VAR_3');
});
