import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kafkaBroker } from '../../../../src/adapters/kafkajs/index.ts';
import { turningClock } from '../../../support/turning-clock.ts';

test('a Kafka that is down is told at once, so that the host can say so and be interrupted', async () => {
  const clock = turningClock();
  const startMs = clock.now();

  await assert.rejects(kafkaBroker({ config: { 'bootstrap.servers': '127.0.0.1:1' }, clock }), {
    code: 'TRIB_KAFKA_UNREACHABLE',
    kind: 'transient',
  });

  assert.ok(clock.now() - startMs < 5_000);
});
