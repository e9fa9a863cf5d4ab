import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AxisSwapper, hasSrid, MalformedWkb, withoutSrid, withSrid } from '../../../../src/plugins/debezium/wkb.ts';

// Coordinates as they stand in the bytes: big-endian, then little-endian.
const ONE = '3ff0000000000000';
const TWO = '4000000000000000';
const THREE = '4008000000000000';
const FOUR = '4010000000000000';
const one = '000000000000f03f';
const two = '0000000000000040';
const three = '0000000000000840';
const four = '0000000000001040';

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}
function swapped(given: string): string {
  return hex(new AxisSwapper().swap(bytes(given)));
}
function fault(given: string): string {
  try {
    return `no fault, but ${swapped(given)}`;
  } catch (error) {
    assert.ok(error instanceof MalformedWkb);
    return error.message;
  }
}

test('a point is swapped in either byte order', () => {
  assert.equal(swapped(`0000000001${ONE}${TWO}`), `0000000001${TWO}${ONE}`);
  assert.equal(swapped(`0101000000${one}${two}`), `0101000000${two}${one}`);
});

test('lines and polygons are swapped point by point, ring by ring', () => {
  assert.equal(
    swapped(`010200000002000000${one}${two}${three}${four}`),
    `010200000002000000${two}${one}${four}${three}`,
  );
  assert.equal(
    swapped(`00000000030000000200000001${ONE}${TWO}00000001${THREE}${FOUR}`),
    `00000000030000000200000001${TWO}${ONE}00000001${FOUR}${THREE}`,
  );
});

test('members of multi-geometries and collections are swapped, each in its own byte order', () => {
  assert.equal(
    swapped(`0104000000020000000101000000${one}${two}0101000000${three}${four}`),
    `0104000000020000000101000000${two}${one}0101000000${four}${three}`,
  );
  const inner = (x: string, y: string, X: string, Y: string) =>
    `0000000001${X}${Y}0107000000010000000101000000${x}${y}`;
  assert.equal(
    swapped(`010700000002000000${inner(one, two, THREE, FOUR)}`),
    `010700000002000000${inner(two, one, FOUR, THREE)}`,
  );
  assert.equal(swapped('010700000000000000'), '010700000000000000');
});

test('an SRID, Z and M stay where they are, in flags and in ISO codes', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`0101000020e6100000${one}${two}`, `0101000020e6100000${two}${one}`],
    [`0101000080${one}${two}${three}`, `0101000080${two}${one}${three}`],
    [`01010000e0e6100000${one}${two}${three}${four}`, `01010000e0e6100000${two}${one}${three}${four}`],
    [`0060000001000010e6${ONE}${TWO}${THREE}`, `0060000001000010e6${TWO}${ONE}${THREE}`],
    [`01e9030000${one}${two}${three}`, `01e9030000${two}${one}${three}`],
    [`01d1070000${one}${two}${three}`, `01d1070000${two}${one}${three}`],
    [`01b90b0000${one}${two}${three}${four}`, `01b90b0000${two}${one}${three}${four}`],
  ];
  for (const [given, wanted] of cases) assert.equal(swapped(given), wanted);
});

test('curves and surfaces are swapped', () => {
  assert.equal(swapped(`010800000001000000${one}${two}`), `010800000001000000${two}${one}`);
  assert.equal(
    swapped(`010a00000001000000010800000001000000${one}${two}`),
    `010a00000001000000010800000001000000${two}${one}`,
  );
  assert.equal(swapped(`01110000000100000001000000${one}${two}`), `01110000000100000001000000${two}${one}`);
});

test('the bits of an empty point are moved, not read as numbers', () => {
  assert.equal(swapped('0101000000010000000000f07f000000000000f87f'), '0101000000000000000000f87f010000000000f07f');
});

test('the given bytes stay as they are', () => {
  const given = bytes(`0101000000${one}${two}`);
  new AxisSwapper().swap(given);

  assert.equal(hex(given), `0101000000${one}${two}`);
});

test('bytes that are no geometry are refused with the place', () => {
  assert.equal(fault(''), 'ends at byte 0, where 5 bytes are needed');
  assert.equal(fault(`0101000000${one}00`), 'ends at byte 14, where 21 bytes are needed');
  assert.equal(fault('0102000000ffffff7f'), 'ends at byte 9, where 34359738361 bytes are needed');
  assert.equal(fault('0201000000'), 'has byte order 2 at byte 0; 0 and 1 exist');
  assert.equal(fault('0163000000'), 'has a geometry of type 99, which cannot stand there (read up to byte 5)');
  assert.match(fault(`0104000000010000000102000000${one}`), /type 2, which cannot stand there/);
  assert.equal(fault('010700000001000000'.repeat(70)), 'nests geometries more than 64 deep');
});

test('an SRID is put in and taken out again, in either byte order', () => {
  const cases: readonly (readonly [string, string])[] = [
    [`0101000000${one}${two}`, `0101000020e6100000${one}${two}`],
    [`0000000001${ONE}${TWO}`, `0020000001000010e6${ONE}${TWO}`],
    [`0101000080${one}${two}${three}`, `01010000a0e6100000${one}${two}${three}`],
    ['010700000000000000', '0107000020e610000000000000'],
  ];
  for (const [plain, extended] of cases) {
    assert.equal(hex(withSrid(bytes(plain), 4326)), extended);
    assert.equal(hex(withoutSrid(bytes(extended))), plain);
    assert.deepEqual([hasSrid(bytes(plain)), hasSrid(bytes(extended))], [false, true]);
  }
});

test('a cut header is refused where it is to be changed', () => {
  assert.equal(hasSrid(bytes('0101')), false);
  assert.throws(() => withSrid(bytes('0101'), 1), new MalformedWkb('ends at byte 2, where 5 bytes are needed'));
  assert.throws(
    () => withoutSrid(bytes('0101000020e610')),
    new MalformedWkb('ends at byte 7, where 9 bytes are needed'),
  );
  assert.throws(() => withSrid(bytes('0700000000'), 1), new MalformedWkb('has byte order 7 at byte 0; 0 and 1 exist'));
});
