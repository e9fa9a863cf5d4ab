import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EmbeddedRegistry } from '../../src/adapters/registry/embedded.ts';
import { TributaryError } from '../../src/core/errors.ts';
import { schemaRegistryContract } from './schema-registry.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'trib-registry-'));
after(() => rmSync(folder, { recursive: true, force: true }));

schemaRegistryContract('embedded in a folder', async () => new EmbeddedRegistry(folder), true);
schemaRegistryContract('embedded in memory', async () => new EmbeddedRegistry(null), false);

test('recorded ids are kept, and an id that holds another schema is a conflict', async () => {
  const registry = new EmbeddedRegistry(null);

  await registry.registerWithId('s-value', 'AVRO', '"long"', 41);
  await registry.registerWithId('s-value', 'AVRO', '"long"', 41);

  assert.deepEqual(await registry.latest('s-value'), {
    ...{ id: 41, type: 'AVRO', schema: '"long"', references: [], subject: 's-value', version: 1 },
  });
  assert.equal(await registry.register('t', 'AVRO', '"long"'), 41);
  assert.equal(await registry.register('t', 'AVRO', '"int"'), 42);
  await assert.rejects(
    registry.registerWithId('u', 'AVRO', '"string"', 41),
    (error: unknown) => error instanceof TributaryError && error.kind === 'conflict',
  );
});

test('a registry killed in mid-write comes back with all that it had answered', async () => {
  const own = join(folder, 'killed');
  const first = new EmbeddedRegistry(own);
  await first.register('s', 'AVRO', '"long"');
  appendFileSync(join(own, 'schemas.ndjson'), '{"op":"version","id":2,');

  const second = new EmbeddedRegistry(own);
  assert.equal(await second.register('s', 'AVRO', '"int"'), 2);

  assert.equal((await new EmbeddedRegistry(own).latest('s'))!.schema, '"int"');
});
