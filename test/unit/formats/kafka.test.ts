import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { ByteWriter } from '../../../src/core/bytes.ts';
import { type Kind, primitive, structOf, type Value } from '../../../src/core/data/schema.ts';
import type { SerdeSpec } from '../../../src/formats/format.ts';
import { kafka } from '../../../src/formats/kafka.ts';

const NO_REGISTRY = new EmbeddedRegistry(null);
type Primitive = Exclude<Kind, 'array' | 'map' | 'struct'>;

function specOf(...kinds: Primitive[]): SerdeSpec {
  const schema = structOf(
    kinds.map((kind, index) => ({ name: `C${index}`, schema: primitive(kind, { optional: true }) })),
  );
  return { topic: 't', isKey: true, schema, unwrapped: true, properties: {} };
}

function hexOf(kind: Primitive, value: Value): string | null {
  const out = new ByteWriter(4);
  return kafka.writer(specOf(kind), NO_REGISTRY).write([value], out) ? out.toBuffer().toString('hex') : null;
}

test("each primitive has Kafka's own encoding", () => {
  const cells: [Primitive, Value, string | null][] = [
    ['int32', -2, 'fffffffe'],
    ['int64', 9007199254740993n, '0020000000000001'],
    ['int64', 1768075153000001, '0006480e136e4641'],
    ['float64', 1.5, '3ff8000000000000'],
    ['string', 'é', 'c3a9'],
    ['string', '', ''],
    ['bytes', Buffer.from([0, 255]), '00ff'],
    ['string', null, null],
  ];

  assert.deepEqual(
    cells.map(([kind, value]) => hexOf(kind, value)),
    cells.map(([, , hex]) => hex),
  );
  assert.deepEqual(
    cells.slice(0, 7).map(([kind, , hex]) => {
      const bytes = Buffer.from(`aa${hex}bb`, 'hex');
      return kafka.reader(specOf(kind), [[0]], NO_REGISTRY).read(bytes, 1, bytes.length - 1)![0];
    }),
    cells.slice(0, 7).map(([, value]) => value),
  );
});

test('a payload of another length is refused', () => {
  const reader = kafka.reader(specOf('int32'), [[0]], NO_REGISTRY);

  assert.throws(() => reader.read(Buffer.alloc(5), 0, 5), {
    kind: 'data',
    code: 'TRIB_FORMAT_SHAPE',
    message: /^The payload has 5 bytes where INTEGER takes 4\./,
  });
});

test('more than one column is refused', () => {
  assert.throws(() => kafka.writer(specOf('int32', 'int32'), NO_REGISTRY), { code: 'TRIB_FORMAT_COLUMNS' });
});
