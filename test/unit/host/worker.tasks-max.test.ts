import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostWorld, SinkProbe } from '../../support/host-world.ts';

test('a slip in tasks.max fails that connector, instead of using up the process', async () => {
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('many', { 'connector.class': 'ProbeSink', topics: 'in', 'tasks.max': '100000' }, null);
  await world.until('it failed', () => world.worker.status('many').connector.state === 'FAILED');

  const { connector, tasks } = world.worker.status('many');
  assert.match(connector.trace ?? '', /made 100000 tasks; a connector may have at most 5000\..*Lower tasks\.max/s);
  assert.deepEqual([tasks.length, probe.starts.length], [0, 0]);
  await world.close();
});
