import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord } from '../../../../src/connect/records.ts';
import { arrayOf, primitive, Struct, structOf, type Value } from '../../../../src/core/data/schema.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../../src/plugins/index.ts';

const REGISTRY = new PluginRegistry(builtInPlugins);
const PLACEHOLDER = '__debezium_unavailable_value';
const OPTIONAL_TEXT = primitive('string', { optional: true });
const ROW = structOf(
  [
    { name: 'id', schema: primitive('int32') },
    { name: 'body', schema: OPTIONAL_TEXT },
    { name: 'image', schema: primitive('bytes', { optional: true }) },
    { name: 'tags', schema: arrayOf(primitive('string'), { optional: true }) },
  ],
  { name: 'pg.public.posts.Value', optional: true },
);

function envelopeOf(connector: string) {
  return structOf(
    [
      { name: 'before', schema: ROW },
      { name: 'after', schema: ROW },
      {
        name: 'source',
        schema: structOf([{ name: 'lsn', schema: primitive('int64') }], {
          name: `io.debezium.connector.${connector}.Source`,
        }),
      },
      { name: 'op', schema: primitive('string') },
    ],
    { name: 'pg.public.posts.Envelope' },
  );
}

function update(before: Value[] | null, after: Value[], connector = 'postgresql'): ConnectRecord {
  const schema = envelopeOf(connector);
  const source = new Struct(schema.fields![2]!.schema, [1]);
  const rows = [before, after].map((cells) => (cells === null ? null : new Struct(ROW, cells)));
  return new ConnectRecord({ topic: 'posts', valueSchema: schema, value: new Struct(schema, [...rows, source, 'u']) });
}

/** The fields of what comes out, and what was warned of. */
function unwrapped(record: ConnectRecord, settings: Record<string, string> = {}) {
  const warnings: string[] = [];
  const raw: Record<string, string> = {
    transforms: 'u',
    'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState',
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`transforms.u.${name}`, value])),
  };
  const chain = compileChain(raw, REGISTRY, (message) => warnings.push(message));
  const records: (ConnectRecord | null)[] = [record, record];
  chain(records, (_, { error }) => {
    throw error;
  });
  const value = records[0]!.value;
  const fields =
    value instanceof Struct
      ? Object.fromEntries(value.schema.fields!.map(({ name, index }) => [name, value.cells[index]]))
      : value;
  return { fields, warnings };
}

const UNCHANGED = [7, PLACEHOLDER, Buffer.from(PLACEHOLDER), [PLACEHOLDER]];

test('columns that an update does not carry are left out of the row', () => {
  assert.deepEqual(unwrapped(update(null, [...UNCHANGED])).fields, { id: 7 });
});

test('columns that an update does not carry are taken from the row before, where that has them', () => {
  const before = [7, 'old text', Buffer.from('png'), [PLACEHOLDER]];

  assert.deepEqual(unwrapped(update(before, [...UNCHANGED]), { 'add.fields': 'op' }).fields, {
    id: 7,
    body: 'old text',
    image: Buffer.from('png'),
    __op: 'u',
  });
  assert.deepEqual(unwrapped(update(before, [...UNCHANGED]), { 'unavailable.values': 'drop' }).fields, { id: 7 });
});

test('placeholders are kept on request, and for databases that have none they are mere text', () => {
  const row = { id: 7, body: PLACEHOLDER, image: Buffer.from(PLACEHOLDER), tags: [PLACEHOLDER] };

  assert.deepEqual(unwrapped(update(null, [...UNCHANGED]), { 'unavailable.values': 'keep' }).fields, row);
  assert.deepEqual(unwrapped(update(null, [...UNCHANGED], 'mysql')).fields, row);
});

test('placeholders do not leave an event without schema either', () => {
  const value = new Map<Value, Value>([
    ['op', 'u'],
    ['source', new Map<Value, Value>([['table', 'posts']])],
    ['before', new Map<Value, Value>([['body', 'old text']])],
    [
      'after',
      new Map<Value, Value>([
        ['id', 7],
        ['body', PLACEHOLDER],
        ['note', PLACEHOLDER],
      ]),
    ],
  ]);

  const { fields } = unwrapped(new ConnectRecord({ topic: 'posts', value }), { 'schemaless.envelopes': 'true' });

  assert.deepEqual(
    fields,
    new Map<Value, Value>([
      ['id', 7],
      ['body', 'old text'],
    ]),
  );
});

test('an unwrap that does nothing says so once a topic, and what to do', () => {
  const envelope = new Map<Value, Value>([
    ['op', 'u'],
    ['source', new Map<Value, Value>()],
    ['after', null],
  ]);

  const flat = unwrapped(new ConnectRecord({ topic: 'flat', value: 'a row' }));
  const bare = unwrapped(new ConnectRecord({ topic: 'bare', value: envelope }));

  assert.deepEqual(flat.warnings, [
    'Records of topic "flat" are not change events, so ExtractNewRecordState leaves them as they are; the rows may be flat already: remove the transform, or guard it with a predicate.',
  ]);
  assert.deepEqual(bare.warnings, [
    'Records of topic "bare" are not change events, so ExtractNewRecordState leaves them as they are; they look like change events without schema: set schemaless.envelopes to true.',
  ]);
});

test('a mode that does not exist is refused', () => {
  assert.throws(() => unwrapped(update(null, [...UNCHANGED]), { 'unavailable.values': 'forget' }), {
    kind: 'config',
    message: /unavailable\.values is "forget"\. Use one of: merge, drop, keep\./,
  });
});
