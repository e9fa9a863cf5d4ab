import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFullMatch, compileJavaRegex, compileReplacement } from '../../../../src/core/java/regex.ts';

const matches: readonly (readonly [pattern: string, text: string, whole: boolean])[] = [
  ['ord', 'orders', false],
  ['(?i)ORD.*', 'orders', true],
  ['a(?i)b', 'aB', true],
  ['a(?i)b', 'AB', false],
  ['\\Qa.b\\E', 'a.b', true],
  ['\\Qa.b\\E', 'axb', false],
  ['[a-z&&[^b]]+', 'acd', true],
  ['[a-z&&[^b]]+', 'abd', false],
  ['[a-c[x-z]]+', 'axc', true],
  ['[\\w.-]+', 'a_b-c.d', true],
  ['\\p{Alpha}+\\p{L}', 'abé', true],
  ['\\p{IsLatin}+', 'abc', true],
  ['([a-z]++)-.*', 'orders-eu', true],
  ['(?>a|b)c', 'bc', true],
  ['a{2,3}', 'aaa', true],
  ['\\x41\\u0042\\0103', 'ABC', true],
  ['^orders$', 'orders', true],
  ['.*', 'two\nlines', false],
  ['(?s).*', 'two\nlines', true],
  ['\\h\\S', '\ta', true],
];
for (const [pattern, text, whole] of matches) {
  test(`${pattern} ${whole ? 'matches' : 'does not match'} all of ${JSON.stringify(text)}`, () => {
    assert.equal(compileFullMatch(pattern).test(text), whole);
  });
}

for (const pattern of ['[', '(a', 'a)', '*', '\\y', '(?y)a']) {
  test(`the broken pattern ${pattern} is refused`, () => {
    assert.throws(() => compileJavaRegex(pattern), SyntaxError);
  });
}

const replacements: readonly (readonly [pattern: string, replacement: string, text: string, result: string])[] = [
  ['(.*)-(.*)', '$2.$1', 'a-b', 'b.a'],
  ['(?<name>.*)', '${name}!', 'a', 'a!'],
  ['(.*)', '\\$1', 'a', '$1'],
  ['(a)', '$10', 'a', 'a0'],
  ['(a)|(b)', '[$2]', 'a', '[]'],
];
for (const [pattern, replacement, text, result] of replacements) {
  test(`${pattern} with ${replacement} makes ${result} of ${text}`, () => {
    assert.equal(compileReplacement(replacement)(compileJavaRegex(pattern).exec(text)!), result);
  });
}

for (const replacement of ['$', '$2', '${nope}', '\\']) {
  test(`the replacement ${replacement} refers to nothing`, () => {
    assert.throws(() => compileReplacement(replacement)(compileJavaRegex('(.*)').exec('a')!), RangeError);
  });
}
