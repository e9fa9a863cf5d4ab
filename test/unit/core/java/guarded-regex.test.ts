import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuardedRegex } from '../../../../src/core/java/guarded-regex.ts';
import { compileFullMatch, compileJavaRegex } from '../../../../src/core/java/regex.ts';

const evil = `${'a'.repeat(60)}!`;

for (const pattern of ['(?=a)(a+)+', '((a+)+)\\1b', '(?<!b)(a|a)+', '([a-z&&[^b]]+)+', '\\Qa\\E(a+)+']) {
  test(`${pattern} is given up where going back would take for ever, as an error of the record`, () => {
    const regex = compileFullMatch(pattern);

    assert.throws(() => regex.test(evil), { code: 'TRIB_REGEX_TOO_SLOW', kind: 'data' });
    assert.equal(regex.test('aaaaaaaa!'), false);
  });
}

test('what such a pattern finds is what the engine finds, in short texts and in long ones', () => {
  const regex = compileJavaRegex('(?<pair>(a|b)+)-\\k<pair>');
  const long = `${'.'.repeat(30)}ab-ab${'.'.repeat(30)}`;

  assert.ok(regex instanceof GuardedRegex);
  assert.deepEqual([regex.exec('ab-ab')?.index, regex.exec('ab-cd')], [0, null]);
  assert.deepEqual([regex.exec(long)?.index, regex.exec(long)?.groups?.['pair']], [30, 'ab']);
});

test('all matches are found in turn, and texts are split by it', () => {
  const long = 'one-a1-two-a22-three-a333';

  assert.deepEqual(
    [...long.matchAll(compileJavaRegex('(?<=a)(\\d+)+', 'g'))].map(([text, , at]) => [text, at]),
    [
      ['1', undefined],
      ['22', undefined],
      ['333', undefined],
    ],
  );
  assert.deepEqual(long.split(compileJavaRegex('(?:-a(?=\\d)(?:\\d+)+-?)+')), ['one', 'two', 'three', '']);
});

test('a pattern that holds look-around but repeats nothing that varies stays with the engine', () => {
  assert.equal(compileJavaRegex('(?!_)[a-z]+-(a+)?').constructor, RegExp);
  assert.equal(compileJavaRegex('[a-z&&[^b]]+').constructor, RegExp);
});
