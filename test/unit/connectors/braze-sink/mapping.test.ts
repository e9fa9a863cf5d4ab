import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brazeConfig, CONFIG } from '../../../../connectors/braze-sink/config.ts';
import { mapper } from '../../../../connectors/braze-sink/mapping.ts';
import { ConnectRecord, primitive, Struct, structOf, type Value } from '../../../../src/connect/index.ts';
import { parseConfig } from '../../../../src/core/config/parse.ts';

const BASE = { 'braze.endpoint': 'http://127.0.0.1:1', 'braze.api.key': 'k', 'braze.event.name': 'signed_up' };

function mapped(settings: Record<string, string>, key: Value, value: Value): unknown {
  const { values } = parseConfig(CONFIG, { ...BASE, ...settings });
  const object = mapper(brazeConfig(values))(
    new ConnectRecord({ topic: 't', key, value, timestampMs: 1_700_000_000_000 }),
  );
  return object === null ? null : JSON.parse(object.json);
}

test('an event takes its user from the key, its time from the record, and all fields as properties', () => {
  const object = mapped(
    {},
    7,
    new Map<Value, Value>([
      ['a', 1],
      ['b', null],
      ['c', 'x'],
    ]),
  );

  assert.deepEqual(object, {
    external_id: '7',
    name: 'signed_up',
    time: '2023-11-14T22:13:20.000Z',
    properties: { a: 1, c: 'x' },
  });
});

test('a user id beyond 2^53 and a long property arrive digit by digit', () => {
  const object = mapped({}, 9007199254740993n, new Map<Value, Value>([['big', 9007199254740993n]]));

  assert.deepEqual(object, {
    external_id: '9007199254740993',
    name: 'signed_up',
    time: '2023-11-14T22:13:20.000Z',
    properties: { big: '9007199254740993' },
  });
});

test('fields are renamed, left out, and not repeated', () => {
  const settings = {
    'braze.properties': 'event=event_name,*,-secret',
    'braze.time': 'value.at',
    'braze.time.unit': 'microseconds',
  };

  const object = mapped(
    settings,
    'u',
    new Map<Value, Value>([
      ['event_name', 'e'],
      ['at', 1_700_000_000_000_001],
      ['secret', 1],
      ['n', 2],
    ]),
  );

  assert.deepEqual(object, {
    external_id: 'u',
    name: 'signed_up',
    time: '2023-11-14T22:13:20.000Z',
    properties: { event: 'e', n: 2 },
  });
});

test('reserved property names are refused with the way out', () => {
  assert.throws(
    () => mapped({}, 'u', new Map<Value, Value>([['event_name', 'e']])),
    /"event_name" may not be a property name.*braze\.properties/,
  );
});

test('a wrapped key of one column is unwrapped and a missing user is refused', () => {
  const schema = structOf([{ name: 'id', schema: primitive('int64') }]);

  assert.equal((mapped({}, new Struct(schema, [5]), new Map()) as { external_id: string }).external_id, '5');
  assert.throws(() => mapped({}, null, new Map()), /no user id at "key"/);
});

test('attributes carry decimals as exact text and nulls only when asked', () => {
  const value = new Map<Value, Value>([
    ['amount', { unscaled: 1050n, scale: 2 }],
    ['gone', null],
  ]);

  const object = mapped({ 'braze.object': 'attributes', 'braze.nulls': 'send' }, 'u', value);

  assert.deepEqual(object, { external_id: 'u', amount: '10.50', gone: null });
});

test('a tombstone is ignored by default and refused on demand', () => {
  assert.equal(mapped({}, 'u', null), null);
  assert.throws(() => mapped({ 'braze.tombstones': 'reject' }, 'u', null), /no value/);
});
