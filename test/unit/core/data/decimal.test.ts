import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareDecimals,
  decimal,
  decimalOfBytes,
  decimalOfDoubleExactly,
  decimalOfNumber,
  decimalScientificText,
  decimalText,
  decimalToNumber,
  fitDecimal,
  integerBytes,
  integerOfBytes,
  integerPart,
  parseDecimal,
  precisionOf,
  rescale,
  roundHalfUp,
} from '../../../../src/core/data/decimal.ts';
import { seededLongs } from '../../../support/seeded.ts';

const SEED = 7n;

test('text keeps its count of decimals as the scale', () => {
  assert.deepEqual(['10.10', '-0.050', '1E+3', '.5', '5.', '+7', '12e-3'].map(parseDecimal), [
    decimal(1010n, 2),
    decimal(-50n, 3),
    decimal(1n, -3),
    decimal(5n, 1),
    decimal(5n, 0),
    decimal(7n, 0),
    decimal(12n, 3),
  ]);
});

test('text that is no decimal is refused', () => {
  assert.deepEqual(['', '.', '-', '1e', 'NaN', '1_0', ' 1', '0x1'].map(parseDecimal), new Array(8).fill(null));
});

test('plain text has exactly its decimals and scientific text can be read back', () => {
  const values = [decimal(1010n, 2), decimal(-5n, 3), decimal(1n, -3), decimal(0n, 2), decimal(1n, 7)];

  assert.deepEqual(values.map(decimalText), ['10.10', '-0.005', '1000', '0.00', '0.0000001']);
  assert.deepEqual(values.map(decimalScientificText), ['10.10', '-0.005', '1E+3', '0.00', '1E-7']);
});

test("bytes are the shortest two's complement", () => {
  const hex = [0n, 127n, 128n, -1n, -128n, -129n, 1234n].map((value) => integerBytes(value).toString('hex'));

  assert.deepEqual(hex, ['00', '7f', '0080', 'ff', '80', 'ff7f', '04d2']);
  assert.deepEqual(decimalOfBytes(Buffer.from('1770', 'hex'), 0, 2, 2), decimal(6000n, 2));
});

test('integers of any size survive their bytes', () => {
  const lost = seededLongs(SEED, 3000)
    .flatMap((value) => [value, value * value, -value * value * value])
    .filter((value) => {
      const bytes = integerBytes(value);
      return integerOfBytes(bytes, 0, bytes.length) !== value;
    });

  assert.deepEqual(lost, [], `seed ${SEED}`);
});

test('a change of scale loses nothing or is refused', () => {
  assert.deepEqual(rescale(decimal(15n, 1), 3), decimal(1500n, 3));
  assert.deepEqual(rescale(decimal(1500n, 3), 1), decimal(15n, 1));
  assert.equal(rescale(decimal(1501n, 3), 1), null);
  assert.deepEqual(fitDecimal(decimal(15n, 1), 4, 2), decimal(150n, 2));
  assert.equal(fitDecimal(decimal(12345n, 0), 4, 0), null);
});

test('rounding takes halves away from zero', () => {
  assert.deepEqual(
    ['1.25', '-1.25', '1.24', '0.05', '9.99'].map((text) => decimalText(roundHalfUp(parseDecimal(text)!, 1))),
    ['1.3', '-1.3', '1.2', '0.1', '10.0'],
  );
});

test('comparison does not look at scales', () => {
  assert.deepEqual(
    [
      compareDecimals(decimal(10n, 1), decimal(1n, 0)),
      compareDecimals(decimal(-1n, 0), decimal(1n, 3)),
      compareDecimals(decimal(2n, -3), decimal(1999n, 0)),
    ],
    [0, -1, 1],
  );
});

test('doubles give their shortest text or their exact value', () => {
  assert.deepEqual(decimalOfNumber(0.1), decimal(1n, 1));
  assert.equal(decimalText(decimalOfDoubleExactly(0.1)!), '0.1000000000000000055511151231257827021181583404541015625');
  assert.equal(decimalOfNumber(Number.NaN), null);
  assert.equal(decimalToNumber(decimal(-12345n, 3)), -12.345);
});

test('precision counts digits and the integer part is cut towards zero', () => {
  assert.deepEqual([decimal(0n, 2), decimal(-100n, 1), decimal(10n ** 20n, 0)].map(precisionOf), [1, 3, 21]);
  assert.deepEqual([decimal(-19n, 1), decimal(19n, 1), decimal(2n, -2)].map(integerPart), [-1n, 1n, 200n]);
});
