import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal } from '../../../src/core/data/decimal.ts';
import { parseBase64, parseJson, parseJsonObject, printJson, quoteJson } from '../../../src/formats/json-text.ts';
import { JsonNumber } from '../../../src/formats/json-value.ts';

test('a number is a JavaScript number exactly when its text comes back', () => {
  assert.deepEqual(
    parseJson('[1,-2.5,9007199254740993,1.0,10.10,1e3,-0,0.0000001,123456789.123456789,-9223372036854775808]'),
    [
      1,
      -2.5,
      9007199254740993n,
      new JsonNumber('1.0'),
      new JsonNumber('10.10'),
      new JsonNumber('1e3'),
      new JsonNumber('-0'),
      new JsonNumber('0.0000001'),
      new JsonNumber('123456789.123456789'),
      -9223372036854775808n,
    ],
  );
});

test('what was parsed prints as it stood, but for white space', () => {
  const texts = [
    '{"a":[1,1.0,-0,9007199254740993,1e3,10.10,2.5,"x\\n\\""],"b":{},"c":[],"d":null,"e":true}',
    '[123456789012345678901234567890.12,0.1,1E400,-0.0]',
    '"\u{1F600} é"',
    '17',
  ];

  assert.deepEqual(
    texts.map((text) => printJson(parseJson(` ${text} `))),
    texts,
  );
});

test('both ways of parsing give the same value', () => {
  const plain = '{"a":[1,2.5,"x\\u0041",null,{"b":false}],"__proto__":1}';

  assert.deepEqual(parseJson(plain), (parseJson(`[${plain},1.0]`) as unknown[])[0]);
});

test('bad text is refused with the place and what was expected there', () => {
  const messages = ['{"a":}', '[1,', '"x', '{"a":1.}', 'tru', '01', '1 2', '', '{"a" 1}', '{a:1}', '[1}', '"\\q"'].map(
    (text) => {
      try {
        return parseJson(text);
      } catch (error) {
        return (error as Error).message.replace(/, in .*$/s, '');
      }
    },
  );

  assert.deepEqual(messages, [
    'No valid JSON: at character 6 found "}" where a value is expected',
    'No valid JSON: at character 4 the text ends where a value is expected',
    'No valid JSON: at character 3 the text ends where a closing quote is expected',
    'No valid JSON: at character 6 found "1.}" where a value is expected',
    'No valid JSON: at character 1 found "tru" where a value is expected',
    'No valid JSON: at character 1 found "01" where a value is expected',
    'No valid JSON: at character 3 found "2" where the end of the text is expected',
    'No valid JSON: at character 1 the text ends where a value is expected',
    'No valid JSON: at character 6 found "1}" where ":" is expected',
    'No valid JSON: at character 2 found "a:1}" where a member name in quotes is expected',
    'No valid JSON: at character 3 found "}" where "," or "]" is expected',
    'No valid JSON: at character 2 found "\\q"" where a string without control characters and with known escapes is expected',
  ]);
});

test('endless nesting is refused, not a crash', () => {
  assert.throws(() => parseJson(`${'['.repeat(100000)}1.0`), { code: 'TRIB_JSON_SYNTAX' });
});

test('decimals, bytes and maps print as JSON has them; undefined members are left out', () => {
  assert.equal(
    printJson({ d: decimal(1010n, 2), b: Buffer.from([1, 2]), m: new Map([['k', 5n]]), u: undefined, n: Number.NaN }),
    '{"d":10.10,"b":"AQI=","m":{"k":5},"n":"NaN"}',
  );
});

test('strings are escaped only where JSON demands it', () => {
  assert.deepEqual(['plain é😀', 'a"b', 'a\\b', 'a\nb', '\u0001', '\ud800'].map(quoteJson), [
    '"plain é😀"',
    '"a\\"b"',
    '"a\\\\b"',
    '"a\\nb"',
    '"\\u0001"',
    '"\\ud800"',
  ]);
});

test('base64 is taken with or without padding, and nothing else', () => {
  assert.deepEqual(
    ['AQI=', 'AQI', '', 'YWI=', 'Y===', 'Y', '**==', 'YWI =', 'AQI=='].map(
      (text) => parseBase64(text)?.toString('hex') ?? null,
    ),
    ['0102', '0102', '', '6162', null, null, null, null, null],
  );
});

test('what must be an object is named when it is none', () => {
  assert.throws(() => parseJsonObject('[1]', 'The config'), { message: 'The config is no JSON object but "[1]".' });
});
