import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubleText, floatText, parseDouble } from '../../../../src/core/java/number-text.ts';

const doubles: readonly (readonly [number, string])[] = [
  [300, '300.0'],
  [0.1, '0.1'],
  [1e19, '1.0E19'],
  [12345678.9, '1.23456789E7'],
  [9999999, '9999999.0'],
  [0.001, '0.001'],
  [0.00012, '1.2E-4'],
  [-0, '-0.0'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [5e-324, '4.9E-324'],
];
for (const [value, text] of doubles) {
  test(`the double ${text}`, () => {
    assert.equal(doubleText(value), text);
  });
}

const floats: readonly (readonly [number, string])[] = [
  [Math.fround(0.1), '0.1'],
  [1e10, '1.0E10'],
  [Math.fround(16777217), '1.6777216E7'],
  [2.5, '2.5'],
];
for (const [value, text] of floats) {
  test(`the float ${text}`, () => {
    assert.equal(floatText(value), text);
  });
}

const parsed: readonly (readonly [string, number | null])[] = [
  [' 7', 7],
  ['1e3', 1000],
  ['.5', 0.5],
  ['5d', 5],
  ['0x1p3', 8],
  ['0x10', null],
  ['', null],
  ['abc', null],
];
for (const [text, value] of parsed) {
  test(`"${text}" parsed as a double`, () => {
    assert.equal(parseDouble(text), value);
  });
}
