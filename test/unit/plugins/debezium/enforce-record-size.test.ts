import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord, type RecordParts } from '../../../../src/connect/records.ts';
import { mapOf, primitive, Struct, structOf, type Value } from '../../../../src/core/data/schema.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../../src/plugins/index.ts';

const REGISTRY = new PluginRegistry(builtInPlugins);
const ROW = structOf(
  [
    { name: 'id', schema: primitive('int32') },
    { name: 'text', schema: primitive('string', { optional: true }) },
    { name: 'image', schema: primitive('bytes', { optional: true }) },
  ],
  { name: 'shop.notes.Value', optional: true },
);
const EVENT = structOf(
  [
    { name: 'before', schema: ROW },
    { name: 'after', schema: ROW },
    { name: 'op', schema: primitive('string') },
  ],
  { name: 'shop.notes.Envelope' },
);

function event(before: Value[] | null, after: Value[] | null, parts: Partial<RecordParts> = {}): ConnectRecord {
  const rows = [before, after].map((cells) => (cells === null ? null : new Struct(ROW, cells)));
  return new ConnectRecord({ topic: 'topic', valueSchema: EVENT, value: new Struct(EVENT, [...rows, 'u']), ...parts });
}

function enforcer(settings: Record<string, string>) {
  const warnings: string[] = [];
  const raw: Record<string, string> = {
    transforms: 's',
    'transforms.s.type': 'io.debezium.transforms.EnforceRecordSize',
    'transforms.s.min.field.size': '10',
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`transforms.s.${name}`, value])),
  };
  const chain = compileChain(raw, REGISTRY, (message) => warnings.push(message));
  const apply = (record: ConnectRecord): ConnectRecord => {
    const records: (ConnectRecord | null)[] = [record];
    chain(records, (_, { error }) => {
      throw error;
    });
    return records[0]!;
  };
  return { apply, warnings };
}

/** Sizes of text and image in both rows. */
function sizes(record: ConnectRecord): unknown {
  return (record.value as Struct).cells
    .slice(0, 2)
    .map((row) =>
      row instanceof Struct ? row.cells.slice(1).map((cell) => (cell as string | null)?.length ?? null) : null,
    );
}

// Topic 5, op 1, id 4: an event with one row takes 10 bytes beside its text and image.
test('an event that fits exactly passes as it is, and one byte more is cut', () => {
  const record = event(null, [1, 'a'.repeat(90), null]);

  assert.equal(enforcer({ 'max.bytes': '100' }).apply(record), record);
  assert.deepEqual(sizes(enforcer({ 'max.bytes': '99' }).apply(record)), [null, [89, null]]);
});

test('key and headers count', () => {
  const record = event(null, [1, 'a'.repeat(80), null], {
    key: new Map<Value, Value>([['id', 7]]),
    headers: [{ key: 'trace', schema: null, value: 'abcdef' }],
  });

  // 10 + 80 + (2 + 8) + (5 + 6)
  assert.equal(enforcer({ 'max.bytes': '111' }).apply(record), record);
  assert.deepEqual(sizes(enforcer({ 'max.bytes': '101' }).apply(record)), [null, [70, null]]);
});

test('all long fields of both rows lose the same share, short ones nothing', () => {
  const record = event([1, 'b'.repeat(100), new Uint8Array(10)], [1, 'a'.repeat(100), new Uint8Array(200)]);

  // 14 + 10 + 400 of which 400 may be cut; a quarter is too much.
  assert.deepEqual(sizes(enforcer({ 'max.bytes': '324' }).apply(record)), [
    [75, 10],
    [75, 150],
  ]);
});

test('the incoming record and the schema stay', () => {
  const record = event(null, [1, 'a'.repeat(90), new Uint8Array(50).fill(98)]);

  const result = enforcer({ 'max.bytes': '80' }).apply(record);

  assert.deepEqual(sizes(record), [null, [90, 50]]);
  assert.deepEqual(sizes(result), [null, [45, 25]]);
  assert.equal(result.valueSchema, EVENT);
  assert.deepEqual(((result.value as Struct).cells[1] as Struct).cells[2], new Uint8Array(25).fill(98));
});

test('the estimate is compared after compression', () => {
  const record = event(null, [1, 'a'.repeat(190), null]);

  assert.equal(enforcer({ 'max.bytes': '100', 'compression.ratio': '0.5' }).apply(record), record);
  assert.deepEqual(sizes(enforcer({ 'max.bytes': '90', 'compression.ratio': '0.5' }).apply(record)), [
    null,
    [170, null],
  ]);
});

test('a character of two units is not cut in two', () => {
  const text = '😀'.repeat(20);
  const after = (maxBytes: string) =>
    ((enforcer({ 'max.bytes': maxBytes }).apply(event(null, [1, text, null])).value as Struct).cells[1] as Struct)
      .cells[1];

  assert.equal(after('40'), '😀'.repeat(15));
  assert.equal(after('39'), '😀'.repeat(14));
});

test('an event that stays too large passes, with one warning a topic', () => {
  const { apply, warnings } = enforcer({ 'max.bytes': '50' });
  const short = event(null, [1, 'a'.repeat(10), null], {
    topic: 'a topic whose name alone is longer than all is to be',
  });

  assert.equal(apply(short), short);
  assert.deepEqual(sizes(apply(event([1, 'b'.repeat(9), null], [1, 'a'.repeat(20), null], { topic: short.topic }))), [
    [9, null],
    [0, null],
  ]);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0]!,
    /EnforceRecordSize: a record of a topic whose name .* with about 67 bytes stays above the 50 allowed/,
  );
});

test('a placeholder for a value that did not change is not cut', () => {
  const record = event([1, 'b'.repeat(50), null], [1, '__debezium_unavailable_value', null]);

  assert.deepEqual(sizes(enforcer({ 'max.bytes': '60' }).apply(record)), [
    [18, null],
    [28, null],
  ]);
});

test('what is no change event passes', () => {
  const { apply, warnings } = enforcer({ 'max.bytes': '20' });
  const text = 'a'.repeat(100);
  const mongo = structOf([
    { name: 'before', schema: primitive('string', { optional: true }) },
    { name: 'after', schema: primitive('string', { optional: true }) },
  ]);
  const records = [
    new ConnectRecord({ topic: 'topic' }),
    new ConnectRecord({ topic: 'topic', valueSchema: primitive('string'), value: text }),
    new ConnectRecord({ topic: 'topic', value: new Map<Value, Value>([['after', text]]) }),
    new ConnectRecord({ topic: 'topic', valueSchema: ROW, value: new Struct(ROW, [1, text, null]) }),
    new ConnectRecord({ topic: 'topic', valueSchema: mongo, value: new Struct(mongo, [null, text]) }),
  ];
  for (const record of records) assert.equal(apply(record), record);
  assert.deepEqual(warnings, []);
});

test('fields of every kind count in the estimate', () => {
  const row = structOf(
    [
      { name: 'flags', schema: mapOf(primitive('string'), primitive('boolean')) },
      { name: 'price', schema: primitive('bytes', { name: 'org.apache.kafka.connect.data.Decimal' }) },
      { name: 'text', schema: primitive('string') },
    ],
    { optional: true },
  );
  const schema = structOf([
    { name: 'before', schema: row },
    { name: 'after', schema: row },
    { name: 'ts_ms', schema: primitive('int64') },
  ]);
  const after = new Struct(row, [new Map([['new', true]]), { unscaled: 199n, scale: 2 }, 'a'.repeat(75)]);
  const record = new ConnectRecord({
    topic: 'topic',
    valueSchema: schema,
    value: new Struct(schema, [null, after, 0]),
  });

  // 5 + 8 + (3 + 1) + 8 + 75
  assert.equal(enforcer({ 'max.bytes': '100' }).apply(record), record);
  assert.notEqual(enforcer({ 'max.bytes': '99' }).apply(record), record);
});

test('limits that make no sense are refused in the config', () => {
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{}, /Missing required configuration "max.bytes"/],
    [{ 'max.bytes': '0' }, /Value must be at least 1/],
    [{ 'max.bytes': '9', 'compression.ratio': '0' }, /Value must be larger than 0/],
    [{ 'max.bytes': '9', 'min.field.size': '-1' }, /Value must be at least 0/],
  ];
  for (const [settings, message] of wrong) assert.throws(() => enforcer(settings), message);
});
