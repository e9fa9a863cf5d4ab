import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redisFailure } from '../../../../src/adapters/redis/connection.ts';

test('a Redis that is down is told without the options of the client library', () => {
  const failure = redisFailure(
    new Error(
      'Reached the max retries per request limit (which is 4). Refer to "maxRetriesPerRequest" option for details.',
    ),
    'connecting',
  );

  assert.equal(failure.kind, 'transient');
  assert.equal(
    failure.message,
    'Redis failed while connecting: it cannot be reached. Retried by itself; check that Redis runs and that state.store.url is right.',
  );
});
