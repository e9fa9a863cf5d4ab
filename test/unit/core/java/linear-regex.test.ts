import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFullMatch, compileJavaRegex } from '../../../../src/core/java/regex.ts';

const evil = `${'a'.repeat(60)}!`;

for (const pattern of [
  '(a+)+',
  '(a|a)+',
  '(.*)*x',
  '(?i)(A|a)*b',
  '(?<x>a+?)+b',
  '((a{1,9}){1,9}){1,9}',
  '(\\w+\\s?)+$',
]) {
  test(`${pattern} gives up at once where going back would take for ever`, () => {
    assert.equal(compileFullMatch(pattern).test(evil), false);
  });
}

test('what such a pattern finds is what the engine finds', () => {
  const match = compileJavaRegex('(?<last>a+|b)+(c)?').exec('xxabba');

  assert.deepEqual(
    [match?.index, [...(match ?? [])], { ...match?.groups }],
    [2, ['abba', 'a', undefined], { last: 'a' }],
  );
  assert.equal(compileFullMatch('(?i)(ab+)+').test('abbAB'), true);
  assert.equal('one two, three'.replace(compileJavaRegex('(\\w+\\s?)+', 'g'), '#'), '#, #');
});

test('all matches are found in turn', () => {
  const regex = compileJavaRegex('(a|b)+', 'g');

  assert.deepEqual(
    [...'ab-ba--a'.matchAll(regex)].map((match) => [match[0], match.index]),
    [
      ['ab', 0],
      ['ba', 3],
      ['a', 7],
    ],
  );
});

test('texts are split by it', () => {
  assert.deepEqual('1ab2ba3'.split(compileJavaRegex('(?:a|b)+')), ['1', '2', '3']);
});

test('patterns that cannot blow up stay with the engine', () => {
  for (const pattern of ['orders-.*', '(a|b)c', '(a+)?', '(ab){3}', '[(+)]+', '\\(a+\\)+']) {
    assert.equal(compileJavaRegex(pattern).constructor, RegExp, pattern);
  }
});
