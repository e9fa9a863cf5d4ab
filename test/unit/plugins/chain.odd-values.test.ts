// What real Kafka Connect and Debezium answered to values and settings that are seldom met.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord } from '../../../src/connect/records.ts';
import { primitive, type Schema, Struct, structOf, type Value } from '../../../src/core/data/schema.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../src/plugins/index.ts';

const KAFKA = 'org.apache.kafka.connect.transforms.';
const DEBEZIUM = 'io.debezium.transforms.';
const TEXT = primitive('string', { optional: true });
const ROW = structOf([{ name: 'id', schema: primitive('int32') }], { optional: true, name: 'shop.Row' });

function run(
  type: string,
  settings: Readonly<Record<string, string>>,
  valueSchema: Schema | null,
  value: Value,
): ConnectRecord | string | null {
  const config: Record<string, string> = { transforms: 't', 'transforms.t.type': type };
  for (const [name, setting] of Object.entries(settings)) config[`transforms.t.${name}`] = setting;
  const chain = compileChain(config, new PluginRegistry(builtInPlugins));
  const batch: (ConnectRecord | null)[] = [new ConnectRecord({ topic: 'orders', valueSchema, value })];
  let fault: string | null = null;
  chain(batch, (_index, { error }) => {
    fault = String((error as { code?: unknown }).code);
  });
  return fault ?? batch[0]!;
}

const refused: readonly (readonly [
  what: string,
  type: string,
  settings: Record<string, string>,
  Schema | null,
  Value,
])[] = [
  ['HoistField takes no empty name', `${KAFKA}HoistField$Value`, { field: '' }, TEXT, 'x'],
  ['InsertField takes no empty name', `${KAFKA}InsertField$Value`, { 'topic.field': '' }, ROW, new Struct(ROW, [7])],
  [
    'TimestampConverter finds no field in what is no struct, null or not',
    `${KAFKA}TimestampConverter$Value`,
    { field: 'at', 'target.type': 'unix' },
    primitive('int64', { optional: true }),
    null,
  ],
  [
    'HeaderToValue needs a struct also when the header is not there',
    `${DEBEZIUM}HeaderToValue`,
    { headers: 'h', fields: 'f', operation: 'copy' },
    TEXT,
    'x',
  ],
  ['VectorToJsonConverter needs a struct', `${DEBEZIUM}VectorToJsonConverter`, {}, null, new Map([['a', 1]])],
];
for (const [what, type, settings, schema, value] of refused) {
  test(what, () => {
    assert.equal(run(type, settings, schema, value), 'TRIB_DATA_TRANSFORM');
  });
}

test('a required field for a partition that the record has not stays unset', () => {
  const out = run(`${KAFKA}InsertField$Value`, { 'partition.field': 'p!' }, ROW, new Struct(ROW, [7]));

  assert.deepEqual(((out as ConnectRecord).value as Struct).cells, [7, null]);
});

for (const mode of ['drop', 'tombstone', 'rewrite', 'delete-to-tombstone']) {
  test(`a null value is a tombstone whatever its schema, mode ${mode}`, () => {
    const settings = { 'delete.tombstone.handling.mode': mode };

    assert.equal(run(`${DEBEZIUM}ExtractNewRecordState`, settings, TEXT, null), null);
  });
}

const CITY = structOf([{ name: 'city', schema: primitive('string', { optional: true, defaultValue: 'Seoul' }) }], {
  optional: true,
  name: 'shop.Value',
});
const EVENT = structOf(
  [
    { name: 'after', schema: CITY },
    { name: 'op', schema: primitive('string') },
  ],
  { name: 'shop.Envelope' },
);
for (const [mode, topic] of [
  ['tombstone', 'orders'],
  ['rewrite', 'Seoul'],
] as const) {
  test(`a null routes by its default only where rows are rewritten, mode ${mode}`, () => {
    const settings = { 'route.by.field': 'city', 'delete.tombstone.handling.mode': mode };
    const event = new Struct(EVENT, [new Struct(CITY, [null]), 'c']);

    const out = run(`${DEBEZIUM}ExtractNewRecordState`, settings, EVENT, event);

    assert.equal((out as ConnectRecord).topic, topic);
  });
}
