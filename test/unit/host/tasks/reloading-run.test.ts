import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redactor } from '../../../../src/core/redact.ts';
import { Providers } from '../../../../src/host/secrets/providers.ts';
import { reloadingRun } from '../../../../src/host/tasks/reloading-run.ts';
import type { RunOrder, TaskRun } from '../../../../src/host/tasks/task-run.ts';
import { turningClock } from '../../../support/turning-clock.ts';

/** A task whose password changes in the vault; each run notes what it started with. */
function world() {
  const clock = turningClock();
  const secret = { value: 'first secret' };
  const worker = { 'config.providers': 'vault', 'config.providers.vault.class': 'Vault' };
  const providers = new Providers({ environment: {}, worker }, new Redactor());
  const get = async () => ({ values: { password: secret.value }, ttlMs: 5000 });
  providers.install([{ name: 'Vault', classes: [], doc: '', config: [], create: () => ({ get }) }], clock);
  const config = { password: '${' + 'vault:db:password}' };
  const log = { info: () => {}, warn: () => {} };
  const order = { owner: { environment: { providers, clock } }, plan: { config }, log, paused: false };
  const started: string[] = [];
  const start = ({ paused }: RunOrder): TaskRun => {
    started.push(`${providers.resolve(config)['password']}${paused ? ', paused' : ''}`);
    const end = Promise.withResolvers<void>();
    return {
      ended: end.promise,
      idle: false,
      settled: new Map(),
      retrying: null,
      pause: () => {},
      stop: end.resolve,
      letGo: () => {},
    };
  };
  return { clock, secret, started, run: reloadingRun(order as unknown as RunOrder, start) };
}

test('a task starts again with the new value once a secret has changed, and as it was paused', async () => {
  const { clock, secret, started, run } = world();
  await clock.sleep(12_000);
  const before = [...started];
  run.pause(true);
  secret.value = 'second secret';
  await clock.sleep(10_000);

  run.stop();
  await run.ended;

  assert.deepEqual(before, ['first secret']);
  assert.deepEqual(started, ['first secret', 'second secret, paused']);
});

test('a task that is stopped before its values came does not start', async () => {
  const { started, run } = world();

  run.stop();
  await run.ended;

  assert.deepEqual(started, []);
});
