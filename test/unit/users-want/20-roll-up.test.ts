import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { hostWorld, SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { failingSink, sinkConfig } from './world.ts';

test('20: a running connector with failed tasks is DEGRADED, with counts and the first line of the cause', async () => {
  const probe = new SinkProbe();
  let starts = 0;
  probe.script = {
    onStart: () => {
      if (starts++ === 0) throw new TributaryError('TRIB_TEST_DOWN', 'fatal', { what: 'The target is down.' });
    },
  };
  const world = await restWorld([probe.definition()]);
  await world.worker.create('a', sinkConfig({ 'tasks.max': '3' }), null);
  const summary = async () => {
    const { body } = await world.call('GET', '/connectors/a/status?details=true');
    return (body as { summary?: { state: string; tasks: object; cause: string } }).summary;
  };
  await world.until('known', async () => JSON.stringify((await summary())?.tasks) === '{"FAILED":1,"RUNNING":2}');

  assert.deepEqual(await summary(), {
    state: 'DEGRADED',
    tasks: { FAILED: 1, RUNNING: 2 },
    cause: 'TRIB_TEST_DOWN The target is down.',
  });
  const { body: plain } = await world.call('GET', '/connectors/a/status');
  assert.deepEqual(Object.keys(plain as object), ['name', 'connector', 'tasks', 'type']);
  await world.close();
});

test('20: a connector looks as in Kafka Connect, unless a summary is asked for', async () => {
  const world = await restWorld([new SinkProbe().definition()]);
  await world.worker.create('a', sinkConfig(), null);
  await world.until('running', () => world.worker.status('a').tasks[0]?.state === 'RUNNING');

  const { body: plain } = await world.call('GET', '/connectors/a/status');
  const { body: list } = await world.call('GET', '/connectors?expand=summary');

  assert.deepEqual(Object.keys(plain as object), ['name', 'connector', 'tasks', 'type']);
  assert.deepEqual(list, { a: { summary: { state: 'RUNNING', tasks: { RUNNING: 1 }, cause: null } } });
  await world.close();
});

test('20: a connector whose tasks all failed counts as FAILED', async () => {
  const world = await hostWorld([failingSink().definition]);
  await world.worker.create('a', sinkConfig({ 'tasks.max': '2' }), null);
  const { summaryOf } = await import('../../../src/host/observe/status-summary.ts');

  await world.until(
    'failed',
    () => world.worker.status('a').tasks.filter(({ state }) => state === 'FAILED').length === 2,
  );

  assert.deepEqual(summaryOf(world.worker.status('a'), 0), {
    state: 'FAILED',
    tasks: { FAILED: 2 },
    cause: 'TRIB_TEST_DOWN The target is down.',
  });
  await world.close();
});
