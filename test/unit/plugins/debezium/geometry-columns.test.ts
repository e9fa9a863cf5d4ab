import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord } from '../../../../src/connect/records.ts';
import {
  arrayOf,
  mapOf,
  primitive,
  type Schema,
  Struct,
  structOf,
  type Value,
} from '../../../../src/core/data/schema.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../../src/plugins/index.ts';

const REGISTRY = new PluginRegistry(builtInPlugins);
const BYTES_AND_SRID = [
  { name: 'wkb', schema: primitive('bytes', { optional: true }) },
  { name: 'srid', schema: primitive('int32', { optional: true }) },
];
const GEOMETRY = structOf(BYTES_AND_SRID, { name: 'io.debezium.data.geometry.Geometry', version: 1, optional: true });
const GEOGRAPHY = structOf(BYTES_AND_SRID, { name: 'io.debezium.data.geometry.Geography', version: 1, optional: true });
const FLOAT = primitive('float64');
const POINT = structOf([{ name: 'x', schema: FLOAT }, { name: 'y', schema: FLOAT }, ...BYTES_AND_SRID], {
  name: 'io.debezium.data.geometry.Point',
  version: 1,
  optional: true,
});

const XY = '0101000000000000000000f03f0000000000000040';
const YX = '01010000000000000000000040000000000000f03f';
const EWKB = '0101000020e6100000000000000000f03f0000000000000040';

function geometry(hex: string | null, srid: number | null, schema = GEOMETRY): Struct {
  const wkb = hex === null ? null : new Uint8Array(Buffer.from(hex, 'hex'));
  return new Struct(schema, schema === POINT ? [1, 2, wkb, srid] : [wkb, srid]);
}

function row(...fields: readonly (readonly [string, Schema, Value])[]): ConnectRecord {
  const schema = structOf(fields.map(([name, field]) => ({ name, schema: field })));
  return new ConnectRecord({
    topic: 'places',
    valueSchema: schema,
    value: new Struct(
      schema,
      fields.map((field) => field[2]),
    ),
  });
}

function through(type: string, settings: Record<string, string>, record: ConnectRecord): ConnectRecord {
  const raw: Record<string, string> = { transforms: 'g', 'transforms.g.type': `io.debezium.transforms.${type}` };
  for (const [name, value] of Object.entries(settings)) raw[`transforms.g.${name}`] = value;
  const records: (ConnectRecord | null)[] = [record];
  compileChain(raw, REGISTRY, () => {})(records, (_, { error }) => {
    throw error;
  });
  return records[0]!;
}
function swap(record: ConnectRecord, settings: Record<string, string> = {}): ConnectRecord {
  return through('SwapGeometryCoordinates', settings, record);
}
function format(record: ConnectRecord, name: string): ConnectRecord {
  return through('GeometryFormatTransformer', { format: name }, record);
}

/** Values with their bytes in hexadecimal and their structs by name. */
function plain(value: Value | undefined): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Struct) {
    return Object.fromEntries(value.schema.fields!.map(({ name, index }) => [name, plain(value.cells[index])]));
  }
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : (value ?? null);
}

test('geometries of the usual SRIDs are swapped, and of the named ones where there are such', () => {
  const sridsOfSwapped = (settings: Record<string, string>) =>
    [4326, 3857, 4269, 0, 25832, null].filter((srid) => {
      const swapped = plain(swap(row(['g', GEOMETRY, geometry(XY, srid)]), settings).value);
      return (swapped as { g: { wkb: string } }).g.wkb === YX;
    });

  assert.deepEqual(sridsOfSwapped({}), [4326, 3857, 4269]);
  assert.deepEqual(sridsOfSwapped({ srids: ' 25832 , 0' }), [0, 25832]);
});

test('SRIDs that are no whole numbers are refused in the config', () => {
  for (const srids of ['', 'all', '4326,,1', '4326.0', '99999999999']) {
    assert.throws(() => swap(row(['g', GEOMETRY, null]), { srids }), /no SRID/, srids);
  }
});

test('the column srid decides, not the one within', () => {
  const record = row(['g', GEOMETRY, geometry(EWKB, 1)]);

  assert.equal(swap(record, { srids: '4326' }), record);
});

test('both rows of a change event are rewritten, the incoming record stays, and schemas are the same', () => {
  const image = structOf(
    [
      { name: 'id', schema: primitive('int32') },
      { name: 'g', schema: GEOMETRY },
    ],
    { optional: true },
  );
  const before = new Struct(image, [1, geometry(XY, 4326)]);
  const after = new Struct(image, [1, geometry(YX, 4326)]);
  const record = row(['before', image, before], ['after', image, after], ['op', primitive('string'), 'u']);

  const result = swap(record);

  assert.deepEqual(plain(result.value), {
    before: { id: 1, g: { wkb: YX, srid: 4326 } },
    after: { id: 1, g: { wkb: XY, srid: 4326 } },
    op: 'u',
  });
  assert.equal(result.valueSchema, record.valueSchema);
  assert.deepEqual(plain(before), { id: 1, g: { wkb: XY, srid: 4326 } });
});

test('geometries are swapped in nested structs, arrays and maps; their format changes in structs only', () => {
  const inner = structOf([{ name: 'g', schema: GEOMETRY }]);
  const record = (hex: string) =>
    row(
      ['in', inner, new Struct(inner, [geometry(hex, 4326)])],
      ['list', arrayOf(GEOMETRY), [geometry(hex, 4326), null]],
      ['map', mapOf(primitive('string'), GEOMETRY), new Map([['k', geometry(hex, 4326)]])],
    );
  const of = (hex: string) => ({ wkb: hex, srid: 4326 });

  assert.deepEqual(plain(swap(record(XY)).value), { in: { g: of(YX) }, list: [of(YX), null], map: { k: of(YX) } });
  assert.deepEqual(plain(format(record(XY), 'wkb').value), {
    in: { g: of(EWKB) },
    list: [of(XY), null],
    map: { k: of(XY) },
  });
});

test('what holds no geometry passes as the same record', () => {
  const records = [
    row(['id', primitive('int32'), 7]),
    row(['g', GEOMETRY, null]),
    row(['g', GEOMETRY, geometry(null, 4326)]),
    row(['p', POINT, geometry(XY, 4326, POINT)], ['h', GEOGRAPHY, geometry(XY, 4326, GEOGRAPHY)]),
    new ConnectRecord({ topic: 'places' }),
    new ConnectRecord({ topic: 'places', value: new Map<Value, Value>([['id', 1]]) }),
    new ConnectRecord({ topic: 'places', valueSchema: primitive('string'), value: 'text' }),
    new ConnectRecord({ topic: 'places', valueSchema: GEOMETRY, value: geometry(XY, 4326) }),
  ];
  for (const record of records) {
    assert.equal(swap(record), record);
    assert.equal(format(record, 'wkb'), record);
  }
});

test('the format that is named is the one that geometries come in', () => {
  const formatted = (hex: string, srid: number | null, name: string) =>
    plain(format(row(['g', GEOMETRY, geometry(hex, srid)]), name).value);

  assert.deepEqual(formatted(XY, 4326, 'wkb'), { g: { wkb: EWKB, srid: 4326 } });
  assert.deepEqual(formatted(XY, null, 'wkb'), { g: { wkb: XY, srid: null } });
  assert.deepEqual(formatted(EWKB, 4326, 'wkb'), { g: { wkb: XY, srid: 4326 } });
  assert.deepEqual(formatted(XY, 4326, 'ewkb'), { g: { wkb: XY, srid: 4326 } });
  assert.deepEqual(formatted(EWKB, 4326, 'EWKB'), { g: { wkb: XY, srid: 4326 } });
  assert.throws(() => formatted(XY, 4326, 'twkb'), /Value must be one of ewkb, wkb/);
});

test('a malformed geometry is a data error that names its column', () => {
  const image = structOf([{ name: 'area', schema: GEOMETRY }]);
  const record = row(['after', image, new Struct(image, [geometry('01030000000100', 4326)])]);

  assert.throws(() => swap(record), /The geometry in after\.area ends at byte 7, where 9 bytes are needed\./);
});
