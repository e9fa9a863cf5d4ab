import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryAccess } from '../../../../src/adapters/registry/access.ts';
import { ConfluentRegistry } from '../../../../src/adapters/registry/confluent.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import type { HttpAnswer, HttpClient } from '../../../../src/ports/http-client.ts';

type Request = Parameters<HttpClient['send']>[0];

function scripted(answer: (request: Request) => HttpAnswer | Error): { http: HttpClient; seen: Request[] } {
  const seen: Request[] = [];
  const http: HttpClient = {
    send: async (request) => {
      seen.push(request);
      const given = answer(request);
      if (given instanceof Error) throw given;
      return given;
    },
    close: async () => {},
  };
  return { http, seen };
}
const ok = (body: unknown): HttpAnswer => ({ status: 200, headers: {}, body: JSON.stringify(body) });
const status = (code: number, message = ''): HttpAnswer => ({
  ...{ status: code, headers: {}, body: JSON.stringify({ error_code: code, message }) },
});
const is = (kind: string, code: string) => (error: unknown) =>
  error instanceof TributaryError && error.kind === kind && error.code === code && !error.message.includes('s3cret');
let nowMs = 0;
const clock = { now: () => nowMs, sleep: async () => {} };

test('the path of the base URL is kept, credentials go in the header, and calls in flight are shared', async () => {
  const { http, seen } = scripted(() => ok({ schema: '"long"' }));
  const registry = new ConfluentRegistry({ url: 'http://me:s3cret@h:1/apis/ccompat/v7/', http, clock });

  const found = await Promise.all([registry.byId(3), registry.byId(3)]);
  await registry.byId(3);

  assert.deepEqual(found[0], { id: 3, type: 'AVRO', schema: '"long"', references: [] });
  assert.deepEqual(
    seen.map((request) => [request.url, request.headers['authorization']]),
    [['http://h:1/apis/ccompat/v7/schemas/ids/3', 'Basic bWU6czNjcmV0']],
  );
});

test('a missing id is asked again after a while, a missing subject as well', async () => {
  const { http, seen } = scripted(() => status(404));
  const registry = new ConfluentRegistry({ url: 'http://h:1', http, clock });

  assert.equal(await registry.byId(9), null);
  assert.equal(await registry.byId(9), null);
  assert.equal(seen.length, 1);
  nowMs += 5_000;
  assert.equal(await registry.byId(9), null);
  assert.equal(seen.length, 2);
});

test('the type is left out for Avro only, and the id of a text is asked once', async () => {
  const { http, seen } = scripted(() => ok({ id: 5 }));
  const registry = new ConfluentRegistry({ url: 'http://h:1', http, clock });

  assert.equal(await registry.register('a b', 'AVRO', '"long"'), 5);
  assert.equal(await registry.register('a b', 'AVRO', '"long"'), 5);
  await registry.register('a b', 'JSON', '{}');

  assert.deepEqual(
    seen.map((request) => [request.method, request.url, request.body]),
    [
      ['POST', 'http://h:1/subjects/a%20b/versions', '{"schema":"\\"long\\""}'],
      ['POST', 'http://h:1/subjects/a%20b/versions', '{"schema":"{}","schemaType":"JSON"}'],
    ],
  );
});

test('each refusal has its kind, and no secret stands in it', async () => {
  const answers = [status(401), status(409, 'incompatible'), status(422, 'bad schema'), status(503), new Error('down')];
  const { http } = scripted(() => answers.shift()!);
  const registry = new ConfluentRegistry({ url: 'http://me:s3cret@h:1', http, clock });

  await assert.rejects(registry.register('s', 'AVRO', '1'), is('fatal', 'TRIB_REGISTRY_REFUSED'));
  await assert.rejects(registry.register('s', 'AVRO', '1'), is('conflict', 'TRIB_REGISTRY_INCOMPATIBLE'));
  await assert.rejects(registry.register('s', 'AVRO', '1'), is('config', 'TRIB_REGISTRY_INVALID'));
  await assert.rejects(registry.register('s', 'AVRO', '1'), is('transient', 'TRIB_REGISTRY_UNREACHABLE'));
  await assert.rejects(registry.register('s', 'AVRO', '1'), is('transient', 'TRIB_REGISTRY_UNREACHABLE'));
});

test('the second base URL answers when the first one is down', async () => {
  const { http, seen } = scripted((request) => (request.url.startsWith('http://a') ? new Error('down') : ok(['x'])));
  const registry = new ConfluentRegistry({ url: 'http://a:1, http://b:2', http, clock });

  assert.deepEqual(await registry.subjects(), ['x']);
  assert.deepEqual(
    seen.map((request) => request.url),
    ['http://a:1/subjects', 'http://b:2/subjects'],
  );
});

test('a registry without import mode refuses given ids with what to do', async () => {
  const { http } = scripted(() => status(404));
  const registry = new ConfluentRegistry({ url: 'http://h:1', http, clock });

  await assert.rejects(registry.registerWithId('s', 'AVRO', '1', 7), is('config', 'TRIB_REGISTRY_NO_IMPORT'));
});

test('a text that is no URL is refused at once, without its password', () => {
  const { http } = scripted(() => status(404));

  assert.throws(
    () => new ConfluentRegistry({ url: 'me//x:s3cret@h', http, clock }),
    is('config', 'TRIB_CONFIG_INVALID'),
  );
});

test('a registry that is down is asked again after growing pauses, as often as the settings allow', async () => {
  const { http, seen } = scripted(() => status(503));
  const pauses: number[] = [];
  const sleepy = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
  const access = registryAccess('http://a:1,http://b:2', { 'max.retries': '3', 'retries.max.wait.ms': '1500' });
  const registry = new ConfluentRegistry({ url: '', access, http, clock: sleepy });

  await assert.rejects(registry.byId(1), is('transient', 'TRIB_REGISTRY_UNREACHABLE'));
  assert.deepEqual([pauses, seen.length], [[1000, 1500, 1500], 8]);
});

test('the address that answered last is asked first', async () => {
  const { http, seen } = scripted((request) => (request.url.startsWith('http://a') ? new Error('down') : ok(['x'])));
  const registry = new ConfluentRegistry({ url: 'http://a:1,http://b:2', http, clock });
  await registry.subjects();
  await registry.subjects();

  assert.deepEqual(
    seen.map((request) => request.url),
    ['http://a:1/subjects', 'http://b:2/subjects', 'http://b:2/subjects'],
  );
});

test('a look-up posts the text, normalized when that is wanted, and keeps what was found', async () => {
  const { http, seen } = scripted((request) =>
    request.url.includes('none') ? status(404) : ok({ id: 4, version: 2, subject: 's', schema: 'x' }),
  );
  const registry = new ConfluentRegistry({ url: 'http://h:1', http, clock });

  assert.equal(await registry.lookup('none', 'JSON', '{}'), null);
  assert.equal((await registry.lookup('s', 'JSON', '{}', [], true))!.version, 2);
  assert.equal((await registry.lookup('s', 'JSON', '{}', [], true))!.id, 4);
  assert.deepEqual(
    seen.map((request) => [request.method, request.url, request.body]),
    [
      ['POST', 'http://h:1/subjects/none', '{"schema":"{}","schemaType":"JSON"}'],
      ['POST', 'http://h:1/subjects/s?normalize=true', '{"schema":"{}","schemaType":"JSON"}'],
    ],
  );
});

test('a page in place of a registry is a wrong address at first, and passes once a registry stood there', async () => {
  const page = (code: number): HttpAnswer => ({ status: code, headers: {}, body: '<html>Be back soon</html>' });
  const odd = [page(200), page(404), page(400), { ...page(302), body: '' }, ok({}), { ...page(200), body: '{"id": 1' }];
  let answer: HttpAnswer = page(200);
  const { http } = scripted(() => answer);
  const registry = new ConfluentRegistry({ url: 'http://h:1', http, clock });

  await assert.rejects(registry.register('s', 'AVRO', '"long"'), is('fatal', 'TRIB_REGISTRY_INVALID'));
  answer = ok({ id: 5 });
  assert.equal(await registry.register('s', 'AVRO', '"long"'), 5);
  for (answer of odd) {
    await assert.rejects(registry.register('s', 'AVRO', '"int"'), is('transient', 'TRIB_REGISTRY_INVALID'));
    await assert.rejects(registry.byId(7), is('transient', 'TRIB_REGISTRY_INVALID'));
    await assert.rejects(registry.latest('s'), is('transient', 'TRIB_REGISTRY_INVALID'));
  }
  answer = ok({ schema: '"int"', id: 7, version: 1 });
  assert.equal((await registry.byId(7))!.schema, '"int"');
});
