import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../../support/host-world.ts';
import { restWorld } from '../../../support/rest-world.ts';

const config = { 'connector.class': 'ProbeSink', topics: 'in' };

test('a connector is created with 201, Location and no tasks yet', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  const created = await world.call('POST', '/connectors', { name: ' a b ', config });
  const again = await world.call('POST', '/connectors', { name: 'a b', config });

  assert.equal(created.status, 201);
  assert.equal(created.headers.get('location'), `${world.url}/connectors/a%20b`);
  assert.deepEqual(created.body, { name: 'a b', config: { ...config, name: 'a b' }, tasks: [], type: 'sink' });
  assert.deepEqual(
    [again.status, again.body],
    [409, { error_code: 409, message: 'Connector a b already exists', reason: 'exists' }],
  );
  await world.close();
});

test('an invalid config is refused with every message', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  const { status, body } = await world.call('POST', '/connectors', {
    name: 'a',
    config: { 'connector.class': 'ProbeSink', 'tasks.max': 'abc' },
  });

  assert.equal(status, 400);
  assert.deepEqual((body as { message: string }).message.split('\n'), [
    'Connector configuration is invalid and contains the following 4 error(s):',
    'Invalid value abc for configuration tasks.max: Not a number of type INT',
    'Invalid value null for configuration tasks.max: Value must be non-null',
    'Must configure one of topics or topics.regex',
    'Must configure one of topics or topics.regex',
    'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
  ]);
  await world.close();
});

test('settings that only fail together are refused before a task meets them', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  const { status, body } = await world.call('POST', '/connectors', {
    name: 'a',
    config: { ...config, transforms: 'f', 'transforms.f.type': 'Filter', 'transforms.f.predicate': 'nope' },
  });

  assert.equal(status, 400);
  assert.match((body as { message: string }).message, /no predicate of that alias/);
  await world.close();
});

test('secrets are masked in every answer, and a mask that comes back keeps the value', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition()]);
  await world.call('POST', '/connectors', {
    name: 'a',
    config: { ...config, 'secret.word': 'swordfish', 'my.api.key': 'abc' },
  });
  await world.until('it runs', () => probe.starts.length === 1);

  const shown = await world.call('GET', '/connectors/a/config');
  await world.call('PUT', '/connectors/a/config', { ...(shown.body as object), extra: '1' });
  await world.until('it runs again', () => probe.starts.length === 2);
  const tasks = await world.call('GET', '/connectors/a/tasks');

  const { 'secret.word': word, 'my.api.key': key } = shown.body as Record<string, string>;
  assert.deepEqual([word, key], ['[hidden]', '[hidden]']);
  assert.equal(probe.starts[1]?.['secret.word'], 'swordfish');
  assert.equal(JSON.stringify(tasks.body).includes('swordfish'), false);
  await world.close();
});

test('expand answers status and info, and unknown expansions are ignored', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition()]);
  await world.call('POST', '/connectors', { name: 'a', config });
  await world.until('it runs', () => world.worker.status('a').tasks[0]?.state === 'RUNNING');

  const both = await world.call('GET', '/connectors?expand=status&expand=info');
  const bogus = await world.call('GET', '/connectors?expand=bogus');

  const state = { state: 'RUNNING', worker_id: 'localhost:8083', version: '1.0' };
  assert.deepEqual(both.body, {
    a: {
      info: { name: 'a', config: { ...config, name: 'a' }, tasks: [{ connector: 'a', task: 0 }], type: 'sink' },
      status: { name: 'a', connector: state, tasks: [{ id: 0, ...state }], type: 'sink' },
    },
  });
  assert.deepEqual(bogus.body, { a: {} });
  await world.close();
});

test('patch merges, removes nulls, and keeps the name', async () => {
  const world = await restWorld([new SinkProbe().definition()]);
  await world.call('POST', '/connectors', { name: 'a', config: { ...config, one: '1', two: '2' } });

  const { body } = await world.call('PATCH', '/connectors/a/config', { one: null, two: 3, name: 'b' });

  assert.deepEqual((body as { config: object }).config, { ...config, two: '3', name: 'a' });
  await world.close();
});

test('protocol faults are answered as JAX-RS does', async () => {
  const world = await restWorld([]);
  const status = async (...call: Parameters<typeof world.call>) => {
    const { status: code, body } = await world.call(...call);
    return [code, (body as { message?: string } | null)?.message];
  };

  assert.deepEqual(await status('GET', '/nope'), [404, 'HTTP 404 Not Found']);
  assert.deepEqual(await status('PUT', '/connectors', {}), [405, 'HTTP 405 Method Not Allowed']);
  assert.deepEqual(await status('GET', '/connectors', undefined, { accept: 'application/xml' }), [
    406,
    'HTTP 406 Not Acceptable',
  ]);
  assert.deepEqual(await status('POST', '/connectors', 'x', { 'content-type': 'text/plain' }), [
    415,
    'HTTP 415 Unsupported Media Type',
  ]);
  assert.deepEqual(await status('GET', '/connectors/a/tasks/x/status'), [404, 'HTTP 404 Not Found']);
  assert.deepEqual(await status('GET', '/Connectors'), [404, 'HTTP 404 Not Found']);
  assert.equal((await status('POST', '/connectors', '{'))[0], 400);
  assert.deepEqual(await status('PATCH', '/connectors/nope/offsets', { offsets: [] }), [
    400,
    'Partitions / offsets need to be provided for an alter offsets request',
  ]);
  assert.equal((await world.call('OPTIONS', '/connectors')).headers.get('allow'), 'HEAD, GET, POST, OPTIONS');
  await world.close();
});

test('calls that only workers may make are refused without a valid signature', async () => {
  const world = await restWorld([new SinkProbe().definition()]);
  await world.call('POST', '/connectors', { name: 'a', config });
  const signed = (algorithm: string) => ({
    'x-connect-authorization': 'bm8=',
    'x-connect-request-signature-algorithm': algorithm,
  });

  const unsigned = await world.call('POST', '/connectors/a/tasks', [{}]);
  const odd = await world.call('PUT', '/connectors/a/fence', undefined, signed('HmacMD5'));
  const alone = await world.call('POST', '/connectors/a/tasks', [{}], signed('HmacSHA256'));

  assert.deepEqual(unsigned.body, { error_code: 400, message: 'Internal request missing required signature' });
  assert.deepEqual([odd.status, alone.status], [400, 503]);
  await world.close();
});
