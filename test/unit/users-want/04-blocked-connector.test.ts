import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { sinkConfig, stuckSink } from './world.ts';

test('4: a connector whose start hangs holds up no call of the API, not even its own deletion', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition(), stuckSink()]);

  const stuck = await world.call('PUT', '/connectors/stuck/config', sinkConfig({ 'connector.class': 'StuckSink' }));
  const well = await world.call('PUT', '/connectors/well/config', sinkConfig());
  await world.until('the other runs', () => probe.starts.length === 1);
  const calls: number[] = [];
  for (const [method, path] of [
    ['GET', '/connectors?expand=status&expand=info'],
    ['GET', '/connectors/stuck/status'],
    ['PUT', '/connectors/stuck/pause'],
    ['PUT', '/connectors/well/pause'],
    ['DELETE', '/connectors/stuck'],
    ['GET', '/connectors'],
  ] as const) {
    calls.push((await world.call(method, path)).status);
  }

  assert.deepEqual([stuck.status, well.status], [201, 201]);
  assert.deepEqual(calls, [200, 200, 202, 202, 204, 200]);
  await world.close();
});

test('4: a create whose validation hangs ends with the name of what hangs, and is not applied later', async () => {
  const probe = new SinkProbe();
  const definition = probe.definition('SlowSink');
  let release = () => {};
  const slow = {
    ...definition,
    create: () => ({
      ...definition.create(),
      validate: () =>
        new Promise((resolve) => {
          release = () => resolve({});
        }),
    }),
  } as typeof definition;
  const world = await restWorld([slow]);

  const answer = await world.call('PUT', '/connectors/a/config', sinkConfig({ 'connector.class': 'SlowSink' }));
  release();
  await world.clock.sleep(1_000);

  assert.ok(answer.status >= 500);
  assert.match(String((answer.body as { message: string }).message), /Request timed out\..*SlowSink.*validat/is);
  assert.deepEqual((await world.call('GET', '/connectors')).body, []);
  await world.close();
});
