import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ConfluentRegistry } from '../../src/adapters/registry/confluent.ts';
import { TributaryError } from '../../src/core/errors.ts';
import type { HttpClient } from '../../src/ports/http-client.ts';
import { schemaRegistryContract } from '../ports/schema-registry.contract.ts';

const url = process.env['SCHEMA_REGISTRY_URL'];
const clock = { now: () => Date.now(), sleep: async () => {} };
const http: HttpClient = {
  async send(request) {
    const { method, headers, body } = request;
    const answer = await fetch(request.url, { method, headers, ...(body === undefined ? {} : { body: String(body) }) });
    return { status: answer.status, headers: {}, body: await answer.text() };
  },
  close: async () => {},
};
const make = async (): Promise<ConfluentRegistry> => new ConfluentRegistry({ url: url!, http, clock });

if (url === undefined) test('schema registry contract: HTTP', { skip: 'SCHEMA_REGISTRY_URL is not set' }, () => {});
else {
  schemaRegistryContract('HTTP', make, true);

  test('an incompatible change is a conflict', async () => {
    const registry = await make();
    const subject = `T${randomUUID().slice(0, 8)}`;
    await registry.register(subject, 'AVRO', '{"type":"record","name":"A","fields":[{"name":"a","type":"long"}]}');

    await assert.rejects(
      registry.register(subject, 'AVRO', '{"type":"record","name":"A","fields":[{"name":"b","type":"string"}]}'),
      (error: unknown) => error instanceof TributaryError && error.kind === 'conflict',
    );
    await registry.deleteSubject(subject);
  });
}
