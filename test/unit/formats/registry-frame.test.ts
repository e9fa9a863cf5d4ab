import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import { FramedReaders, frameOf, writerSchema } from '../../../src/formats/registry-frame.ts';

function payloadOf(id: number, body = 'x'): Buffer {
  return Buffer.concat([frameOf(id), Buffer.from(body)]);
}

function prepared(readers: FramedReaders<string>, ...payloads: readonly (Buffer | null)[]): Promise<void> | null {
  const bytes = Buffer.concat(payloads.map((payload) => payload ?? Buffer.alloc(0)));
  let at = 0;
  const starts = Int32Array.from(payloads, (payload) => {
    const start = payload === null ? -1 : at;
    at += payload?.length ?? 0;
    return start;
  });
  const ends = Int32Array.from(payloads, (payload, index) =>
    starts[index]! < 0 ? -1 : starts[index]! + payload!.length,
  );
  return readers.prepare(bytes, starts, ends, payloads.length);
}

async function world() {
  const registry = new EmbeddedRegistry(null);
  const id = await registry.register('t-value', 'AVRO', '"string"');
  const compiled: string[] = [];
  const readers = new FramedReaders<string>(registry, 'AVRO', ({ schema }) => {
    compiled.push(schema);
    return (bytes, start, end) => `${schema} ${bytes.toString('utf8', start, end)}`;
  });
  return { registry, id, readers, compiled };
}

test('a schema is loaded once and read behind its frame', async () => {
  const { id, readers, compiled } = await world();
  await prepared(readers, null, payloadOf(id, 'a'), payloadOf(id, 'b'));

  assert.equal(prepared(readers, payloadOf(id)), null);
  assert.deepEqual([readers.read(payloadOf(id, 'a'), 0, 6), compiled], ['"string" a', ['"string"']]);
});

test('an id the registry does not know fails its records and is asked for again', async () => {
  const { registry, readers } = await world();
  await prepared(readers, payloadOf(42));

  assert.throws(() => readers.read(payloadOf(42), 0, 6), {
    kind: 'data',
    code: 'TRIB_SCHEMA_ID_UNKNOWN',
    message: /^Unknown schema id 42: the registry does not have it\. Check schema\.registry\.url/,
  });

  await registry.registerWithId('late-value', 'AVRO', '"int"', 42);
  await prepared(readers, payloadOf(42));

  assert.equal(readers.read(payloadOf(42), 0, 6), '"int" x');
});

test('a payload without the frame is refused', async () => {
  const { readers } = await world();

  assert.throws(() => readers.read(Buffer.from('{"a":1}'), 0, 7), {
    code: 'TRIB_FORMAT_FRAME',
    message: /begins with the byte 123 and not/,
  });
  assert.throws(() => readers.read(Buffer.from([0, 0]), 0, 2), { code: 'TRIB_FORMAT_FRAME', message: /has 2 bytes/ });
});

test('a schema of another kind fails its records and names the format that fits', async () => {
  const { registry, readers } = await world();
  const id = await registry.register('j-value', 'JSON', '{"type":"string"}');
  await prepared(readers, payloadOf(id));

  assert.throws(() => readers.read(payloadOf(id), 0, 6), {
    code: 'TRIB_SCHEMA_KIND',
    message: /not AVRO\. Set the format to JSON_SR, or the converter to JsonSchemaConverter\.$/,
  });
});

test('a writer registers its schema, or takes the one whose id is given', async () => {
  const { registry, id } = await world();

  assert.deepEqual(await writerSchema(registry, 'AVRO', 'n-value', undefined, () => '"long"'), {
    id: 2,
    text: '"long"',
    references: [],
  });
  assert.deepEqual(await writerSchema(registry, 'AVRO', 'n-value', String(id), () => '"long"'), {
    id,
    text: '"string"',
    references: [],
  });
  await assert.rejects(
    writerSchema(registry, 'AVRO', 'n-value', '9', () => '"long"'),
    { kind: 'config', code: 'TRIB_SCHEMA_ID_UNKNOWN' },
  );
});
