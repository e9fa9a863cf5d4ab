import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../../support/host-world.ts';
import { restWorld } from '../../../support/rest-world.ts';
import { failingSink, sinkConfig } from '../../users-want/world.ts';

const SLIP = {
  ...sinkConfig({ 'task.restart.enable': 'true', 'task.restart.delay.ms': '600000' }),
  'transforms.t.type': 'x',
};

interface Shown {
  readonly tasks: readonly { readonly state: string }[];
  readonly summary?: object;
  readonly restarts_at?: number;
  readonly restart_attempts?: number;
}
interface List {
  readonly a: { readonly status: Shown };
}

async function failedConnector() {
  const world = await restWorld([failingSink().definition]);
  await world.call('POST', '/connectors', { name: 'a', config: SLIP });
  await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');
  await world.until('to be restarted', () => world.worker.status('a').tasks[0]?.restartsAtMs != null);
  return world;
}

const keys = (value: unknown): readonly string[] => Object.keys(value as object);

test('a failed connector has the members of the reference and no others, however it is looked at', async () => {
  const world = await failedConnector();
  const state = ['state', 'worker_id', 'trace', 'version'];
  const ask = async (path: string, method = 'GET') => (await world.call(method, path)).body as Shown;

  const status = await ask('/connectors/a/status');
  const task = await ask('/connectors/a/tasks/0/status');
  const { a: inList } = (await world.call('GET', '/connectors?expand=status&expand=info')).body as List;
  const plan = await ask('/connectors/a/restart?includeTasks=true&onlyFailed=true', 'POST');

  for (const shown of [status, inList.status, plan]) {
    assert.deepEqual(keys(shown), ['name', 'connector', 'tasks', 'type']);
    assert.deepEqual(keys(shown.tasks[0]), ['id', ...state]);
  }
  assert.deepEqual(keys(task), ['id', ...state]);
  assert.equal(plan.tasks[0]?.state, 'RESTARTING');
  await world.close();
});

test('with details a status tells when tasks restart, how often they did, and a summary', async () => {
  const world = await failedConnector();
  const ask = async (path: string) => (await world.call('GET', path)).body as Shown;

  const status = await ask('/connectors/a/status?details=true');
  const task = await ask('/connectors/a/tasks/0/status?details=true');
  const { a: inList } = (await world.call('GET', '/connectors?expand=status&details=true')).body as List;

  assert.deepEqual(status.summary, {
    state: 'FAILED',
    tasks: { FAILED: 1 },
    cause: 'TRIB_TEST_DOWN The target is down.',
  });
  assert.equal(typeof task.restarts_at, 'number');
  assert.equal(task.restart_attempts, 0);
  assert.deepEqual(inList.status, status);
  await world.close();
});

test('warnings of a config are answered with details only, by validation and by what writes it', async () => {
  const world = await restWorld([new SinkProbe().definition()]);
  const slip = '"transforms" does not name "t": the settings transforms.t.* have no effect.';
  const paths = [
    ['PUT', '/connector-plugins/ProbeSink/config/validate', { name: 'a', ...SLIP }],
    ['POST', '/connectors', { name: 'a', config: SLIP }],
    ['PUT', '/connectors/a/config', SLIP],
    ['PATCH', '/connectors/a/config', { one: '1' }],
  ] as const;

  for (const [method, path, body] of paths) {
    const plain = await world.call(method, path, body);
    if (method === 'POST') await world.call('DELETE', '/connectors/a');
    const detailed = await world.call(method, `${path}?details=true`, body);
    assert.equal('warnings' in (plain.body as object), false, method);
    assert.deepEqual((detailed.body as { warnings: unknown }).warnings, [slip], method);
  }
  await world.close();
});

test('offsets tell the lag with details', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['a', 'b']);
  await world.call('POST', '/connectors', { name: 'a', config: sinkConfig() });
  await world.until('committed', async () => (await world.broker.committed('connect-a', ['in-0'])).get('in-0') === 2);
  const entry = async (query: string) =>
    ((await world.call('GET', `/connectors/a/offsets${query}`)).body as { offsets: object[] }).offsets[0];

  assert.deepEqual(await entry(''), {
    partition: { kafka_partition: 0, kafka_topic: 'in' },
    offset: { kafka_offset: 2 },
  });
  assert.deepEqual(keys(await entry('?details=true')), ['partition', 'offset', 'lag']);
  await world.close();
});
