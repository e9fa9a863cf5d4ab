import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allOf,
  atLeast,
  between,
  nonEmptyList,
  nonEmptyText,
  oneOfIgnoringCase,
  pairs,
  type SettingCheck,
  validRegex,
} from '../../../../src/core/config/checks.ts';
import type { SettingValue } from '../../../../src/core/config/define.ts';

test('colons at the end of a pair do not count, as in Java', () => {
  assert.deepEqual(
    [pairs(['a:b:'], ''), pairs(['a:'], ''), pairs([':b'], '')],
    [null, 'Invalid rename mapping: a:', null],
  );
});

const cases: readonly (readonly [string, SettingCheck, SettingValue, string | null])[] = [
  ['atLeast, below', atLeast(1), 0, 'Value must be at least 1'],
  ['atLeast, null', atLeast(1), null, 'Value must be non-null'],
  ['between, above', between(1, 5), 6, 'Value must be no more than 5'],
  ['between, inside', between(1, 5), 5, null],
  ['any case, fits', oneOfIgnoringCase('V1', 'V2'), 'v2', null],
  ['any case, other', oneOfIgnoringCase('V1', 'V2'), 'v3', 'String must be one of (case insensitive): V1, V2'],
  ['empty text', nonEmptyText, '', 'String must be non-empty'],
  ['empty list', nonEmptyList, [], 'Empty list'],
  ['absent list', nonEmptyList, null, 'Empty list'],
  ['pairs, good', pairs, ['a:b'], null],
  ['pairs, three parts', pairs, ['a:b:c'], 'Invalid rename mapping: a:b:c'],
  ['regex, good', validRegex, '(.*)-[a-z]+', null],
  ['regex, open class', validRegex, '[', 'Invalid regex: Unclosed character class near index 0'],
  ['first refusal', allOf(nonEmptyText, validRegex), '', 'String must be non-empty'],
];
for (const [name, check, value, expected] of cases) {
  test(`check: ${name}`, () => {
    assert.equal(check(value, 'x'), expected);
  });
}
