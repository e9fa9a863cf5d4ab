import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  highHalf,
  longOf,
  longOfDecimal,
  longOfDouble,
  longOfHalves,
  lowHalf,
  parseInt32,
  parseLong,
  readLong,
  readUnsignedHalves,
  readVarint,
  wrapLong,
  writeLong,
  writeUnsignedHalves,
  writeVarint,
} from '../../../../src/core/data/long.ts';
import { seededLongs } from '../../../support/seeded.ts';

const SEED = 20260101n;
const LONGS = [
  ...seededLongs(SEED, 20000),
  0n,
  -1n,
  2n ** 53n,
  2n ** 53n - 1n,
  -(2n ** 53n),
  1n - 2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

test('an integer is a number up to 2^53−1 and a bigint beyond', () => {
  assert.deepEqual(
    [2n ** 53n - 1n, 2n ** 53n, 1n - 2n ** 53n, -(2n ** 53n)].map((value) => typeof longOf(value)),
    ['number', 'bigint', 'number', 'bigint'],
  );
});

test('every 64-bit integer survives varints, big-endian bytes, halves and text', () => {
  const bytes = Buffer.alloc(16);
  const lost = LONGS.filter((value) => {
    const long = longOf(value);
    const cursor = { at: 0 };
    const end = writeVarint(bytes, 0, long);
    const varint = readVarint(bytes, cursor);
    writeLong(bytes, 0, long);
    return (
      varint !== long ||
      cursor.at !== end ||
      bytes.readBigInt64BE(0) !== value ||
      readLong(bytes, 0) !== long ||
      longOfHalves(highHalf(long), lowHalf(long)) !== long ||
      parseLong(String(value)) !== long
    );
  });

  assert.deepEqual(lost, [], `seed ${SEED}`);
});

test('unsigned varints of Protobuf come back in halves', () => {
  const bytes = Buffer.alloc(16);
  const halves = new Int32Array(1);
  const lost = LONGS.filter((value) => {
    const long = longOf(value);
    const end = writeUnsignedHalves(bytes, 0, highHalf(long), lowHalf(long));
    const cursor = { at: 0 };
    const low = readUnsignedHalves(bytes, cursor, halves);
    return longOfHalves(halves[0]!, low) !== long || cursor.at !== end;
  });

  assert.deepEqual(lost, [], `seed ${SEED}`);
});

test('a varint is written in as few bytes as Avro writes it', () => {
  const written = [0, -1, 1, -64, 64, 2147483647].map((value) => {
    const bytes = Buffer.alloc(10);
    return bytes.toString('hex', 0, writeVarint(bytes, 0, value));
  });

  assert.deepEqual(written, ['00', '01', '02', '7f', '8001', 'feffffff0f']);
});

test('text is taken as Java takes it and refused when it has more bits', () => {
  assert.deepEqual(
    ['12', '+12', '-0', '9223372036854775807', '9223372036854775808', '', '-', ' 1', '1.0', '1e3'].map(parseLong),
    [12, 12, 0, 9223372036854775807n, null, null, null, null, null, null],
  );
  assert.deepEqual(['2147483647', '2147483648', '-2147483648', 'x'].map(parseInt32), [
    2147483647,
    null,
    -2147483648,
    null,
  ]);
});

test('sums beyond 64 bits wrap and doubles saturate, as in Java', () => {
  assert.equal(wrapLong(2n ** 63n), -(2n ** 63n));
  assert.deepEqual([Number.NaN, 1e300, -1e300, -1.9, -0.5].map(longOfDouble), [
    0,
    9223372036854775807n,
    -9223372036854775808n,
    -1,
    0,
  ]);
});

test('a decimal gives the low bits of its integer part, whatever its exponent', () => {
  const of = (unscaled: bigint, scale: number) => longOfDecimal({ unscaled, scale });

  assert.deepEqual(
    [of(-579n, 2), of(1n, -19), of(1n, -999_999_999), of(1n, 999_999_999)],
    [-5, -8446744073709551616n, 0, 0],
  );
});
