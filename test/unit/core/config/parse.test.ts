import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atLeast } from '../../../../src/core/config/checks.ts';
import type { ConfigDef, Password } from '../../../../src/core/config/define.ts';
import { parseConfig, parseConfigOrThrow, parseSetting, settingsUnder } from '../../../../src/core/config/parse.ts';

const DEF: ConfigDef = [
  { name: 'topics', type: 'LIST', importance: 'HIGH', doc: '' },
  { name: 'tasks.max', type: 'INT', fallback: 1, importance: 'HIGH', doc: '', check: atLeast(1) },
  { name: 'mode', type: 'STRING', fallback: 'none', importance: 'LOW', doc: '', choices: ['none', 'all'] },
  { name: 'key', type: 'PASSWORD', fallback: null, importance: 'HIGH', doc: '' },
];

test('values are trimmed, split and defaulted', () => {
  const { values, reports } = parseConfig(DEF, { topics: ' a , b,', 'tasks.max': ' +2 ' });

  assert.deepEqual(values, { topics: ['a', 'b', ''], 'tasks.max': 2, mode: 'none', key: null });
  assert.deepEqual(
    reports.map(({ value, errors }) => ({ value, errors })),
    [
      { value: 'a,b,', errors: [] },
      { value: '2', errors: [] },
      { value: 'none', errors: [] },
      { value: null, errors: [] },
    ],
  );
});

test('all faults are reported at once, and a value that does not parse is checked as null', () => {
  const { reports } = parseConfig(DEF, { 'tasks.max': 'abc', mode: 'some' });

  assert.deepEqual(
    reports.map(({ errors }) => errors),
    [
      ['Missing required configuration "topics" which has no default value.'],
      [
        'Invalid value abc for configuration tasks.max: Not a number of type INT',
        'Invalid value null for configuration tasks.max: Value must be non-null',
      ],
      ['Invalid value some for configuration mode: String must be one of: none, all'],
      [],
    ],
  );
});

test('a password shows in no report', () => {
  const { values, reports } = parseConfig(DEF, { topics: 'a', key: 'secret' });

  assert.equal((values['key'] as Password).reveal(), 'secret');
  assert.equal(reports[3]!.value, '[hidden]');
});

test('settings that the definition does not know are ignored', () => {
  const { values } = parseConfig(DEF, { topics: 'a', unknown: 'x' });

  assert.deepEqual(Object.keys(values), ['topics', 'tasks.max', 'mode', 'key']);
});

test('the throwing form names every fault and where it stands', () => {
  assert.throws(() => parseConfigOrThrow(DEF, { mode: 'x' }, 'transforms.a'), {
    code: 'TRIB_CONFIG_INVALID',
    message:
      'transforms.a: Missing required configuration "topics" which has no default value.\nInvalid value x for configuration mode: String must be one of: none, all',
  });
});

const texts: readonly (readonly [Parameters<typeof parseSetting>[0], string, unknown])[] = [
  ['BOOLEAN', 'TRUE', true],
  ['BOOLEAN', 'yes', undefined],
  ['INT', '2147483647', 2147483647],
  ['INT', '2147483648', undefined],
  ['SHORT', '-32769', undefined],
  ['LONG', '5000000000', 5000000000],
  ['INT', '1.0', undefined],
  ['DOUBLE', '1e3', 1000],
  ['DOUBLE', '2.5f', 2.5],
  ['DOUBLE', '', undefined],
  ['LIST', '', []],
  ['CLASS', ' a.B ', 'a.B'],
];
for (const [type, text, expected] of texts) {
  test(`the text "${text}" as ${type}`, () => {
    assert.deepEqual(parseSetting(type, text), expected);
  });
}

test('settings under a prefix come without it', () => {
  assert.deepEqual(settingsUnder({ 'a.b': '1', 'a.c.d': null, 'b.a': '2' }, 'a.'), { b: '1', 'c.d': null });
});
