import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, healthResources, startingAnswer } from '../../../src/http/health.ts';
import { resources } from '../../../src/http/resource.ts';
import { listen, makeApp } from '../../../src/http/server.ts';

const onError = () => {};

async function answers(source: { started: boolean; checks: Readonly<Record<string, Check>> }) {
  const health = healthResources({ started: source.started, checks: async () => source.checks });
  const listener = await listen('http://127.0.0.1:0', 'listeners', makeApp({ routers: [resources(health)], onError }));
  const told: [string, number, unknown][] = [];
  for (const path of ['/health', '/health/live', '/health/ready', '/health/startup']) {
    const answer = await fetch(`${listener.url}${path}`);
    told.push([path, answer.status, ((await answer.json()) as { status: string }).status]);
  }
  await listener.close();
  return told;
}

test('a worker that is up is healthy, live, ready and started', async () => {
  assert.deepEqual(await answers({ started: true, checks: { kafka: { ok: true, ms: 1 } } }), [
    ['/health', 200, 'healthy'],
    ['/health/live', 200, 'live'],
    ['/health/ready', 200, 'ready'],
    ['/health/startup', 200, 'started'],
  ]);
});

test('an outage of the brokers makes a worker unready, and leaves it alive', async () => {
  assert.deepEqual(await answers({ started: true, checks: { kafka: { ok: false, message: 'No answer.' } } }), [
    ['/health', 500, 'unhealthy'],
    ['/health/live', 200, 'live'],
    ['/health/ready', 503, 'not ready'],
    ['/health/startup', 200, 'started'],
  ]);
});

test('while it starts a worker is live, and says what it waits for', () => {
  const paths = ['/health', '/health/live', '/health/ready', '/connectors'];

  const told = paths.map((path) => startingAnswer(path, 'Kafka at k:9092 cannot be reached.'));

  assert.deepEqual(
    told.map(({ status }) => status),
    [503, 200, 503, 503],
  );
  assert.match(JSON.stringify(told[2]!.body), /Kafka at k:9092 cannot be reached\./);
});
