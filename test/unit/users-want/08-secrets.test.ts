import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { sinkConfig } from './world.ts';

const SECRET = 'hunter2-and-more';

test('8: a secret stands in no answer, no log line, no metric and no trace', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onStart: () => {
      throw new TributaryError('TRIB_TEST', 'fatal', { what: `Login with ${SECRET} was refused.` });
    },
  };
  const world = await restWorld([probe.definition()]);
  const config = sinkConfig({
    'secret.word': SECRET,
    'target.password': SECRET,
    'target.url': `https://me:${SECRET}@example.com/`,
  });
  const created = await world.call('POST', '/connectors', { name: 'a', config });
  const refused = await world.call('PUT', '/connectors/b/config', { ...config, 'tasks.max': 'many' });
  await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');

  const seen = [created.body, refused.body, world.log];
  for (const path of [
    '/connectors?expand=info&expand=status&expand=summary',
    '/connectors/a',
    '/connectors/a/config',
    '/connectors/a/status',
    '/connectors/a/tasks',
    '/connectors/a/tasks/0/status',
    '/connectors/a/offsets',
    '/metrics',
  ]) {
    seen.push((await world.call('GET', path)).body);
  }

  assert.equal(JSON.stringify(seen).includes(SECRET), false);
  assert.equal(probe.starts[0]?.['secret.word'], SECRET);
  await world.close();
});
