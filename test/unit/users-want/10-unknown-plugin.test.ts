import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { sinkConfig } from './world.ts';

test('10: a class that is not there is told with the nearest that is', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  const answer = await world.call('PUT', '/connectors/a/config', sinkConfig({ 'connector.class': 'ProbSink' }));

  assert.equal(answer.status, 400);
  assert.match((answer.body as { message: string }).message, /ProbSink.*Did you mean (test\.)?ProbeSink\?/);
  await world.close();
});

test('10: full name, simple name and name without "Connector" all find the plugin', async () => {
  const probe = new SinkProbe();
  const world = await restWorld([probe.definition('ProbeSinkConnector')]);
  const names = ['test.ProbeSinkConnector', 'ProbeSinkConnector', 'ProbeSink'];

  const statuses: number[] = [];
  for (const [at, name] of names.entries()) {
    statuses.push(
      (await world.call('PUT', `/connectors/c${at}/config`, sinkConfig({ 'connector.class': name }))).status,
    );
  }

  assert.deepEqual(statuses, [201, 201, 201]);
  await world.close();
});
