import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';

test('a body that is no UTF-8 is refused, and nothing of it is stored', async () => {
  const world = await restWorld([new SinkProbe().definition()]);
  const config = Buffer.from('{"connector.class":"ProbeSink","topics":"t","\u0001":"x"}');
  config[config.indexOf(1)] = 0xff;

  const answer = await fetch(`${world.url}/connectors/a/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: config,
  });

  assert.deepEqual(
    [answer.status, await answer.json()],
    [400, { error_code: 400, message: 'The body is no text in UTF-8.' }],
  );
  assert.equal((await world.call('GET', '/connectors/a')).status, 404);
  await world.close();
});
