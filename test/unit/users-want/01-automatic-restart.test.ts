import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { Restarts, restartSettings } from '../../../src/host/tasks/restart-policy.ts';
import { restWorld } from '../../support/rest-world.ts';
import { failingSink, sinkConfig } from './world.ts';

const FATAL = new TributaryError('TRIB_TEST', 'fatal', { what: 'no.' });

test('1: waits double from 10 s to 15 min, and after ten restarts in 24 hours a person is needed', () => {
  const restarts = new Restarts();
  const settings = restartSettings({}, true);
  let nowMs = 1_000_000;
  const delays: (number | null)[] = [];

  for (let failure = 0; failure < 11; failure++) {
    restarts.started(nowMs);
    const delayMs = restarts.next(FATAL, settings, nowMs);
    delays.push(delayMs === null ? null : delayMs / 1000);
    nowMs += delayMs ?? 0;
  }
  nowMs += 24 * 3_600_000;

  assert.deepEqual(delays, [10, 20, 40, 80, 160, 320, 640, 900, 900, 900, null]);
  assert.equal(restarts.attempts(nowMs), 0);
  assert.notEqual(restarts.next(FATAL, settings, nowMs), null);
});

test('1: what Kafka refuses to its user is tried again each minute, for as long as nobody mends it there', () => {
  for (const code of ['TRIB_KAFKA_CREDENTIALS', 'TRIB_KAFKA_NOT_ALLOWED']) {
    const refused = new TributaryError(code, 'fatal', { what: 'no.' });
    const restarts = new Restarts();
    const settings = restartSettings({}, true);

    const delays = Array.from({ length: 100 }, () => restarts.next(refused, settings, 1));

    assert.deepEqual(delays.slice(0, 4), [10_000, 20_000, 40_000, 60_000]);
    assert.ok(delays.slice(4).every((delay) => delay === 60_000));
    assert.equal(new Restarts().next(refused, restartSettings({ 'task.restart.enable': 'false' }, true), 1), null);
  }
});

test('1: a connector may opt out, and what time does not cure is not tried again', () => {
  const wrong = new TributaryError('TRIB_TEST', 'config', { what: 'no.' });

  const delays = [
    new Restarts().next(FATAL, restartSettings({ 'task.restart.enable': 'false' }, true), 1),
    new Restarts().next(wrong, restartSettings({}, true), 1),
    new Restarts().next(FATAL, restartSettings({ 'task.restart.enable': 'true' }, false), 1),
  ];

  assert.deepEqual(delays, [null, null, 10_000]);
});

test('1: a task that fails comes back by itself, and the status tells when and how often', async () => {
  const { probe, definition, mend } = failingSink();
  const world = await restWorld([definition]);
  const config = sinkConfig({ 'task.restart.enable': 'true', 'task.restart.delay.ms': '2000' });
  await world.worker.create('a', config, null);
  const task = async () =>
    ((await world.call('GET', '/connectors/a/status?details=true')).body as { tasks: Record<string, unknown>[] })
      .tasks[0];
  await world.until('failed', async () => (await task())?.['state'] === 'FAILED');
  const failed = await task();

  mend();
  await world.until('running', async () => (await task())?.['state'] === 'RUNNING');

  assert.equal(typeof failed?.['restarts_at'], 'number');
  assert.deepEqual([probe.starts.length, (await task())?.['restart_attempts']], [2, 1]);
  await world.close();
});
