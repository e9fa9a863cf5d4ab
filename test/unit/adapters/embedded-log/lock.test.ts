import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { takeLock } from '../../../../src/adapters/embedded-log/lock.ts';
import type { TributaryError } from '../../../../src/core/errors.ts';
import type { Clock } from '../../../../src/ports/clock.ts';

const dir = mkdtempSync(join(tmpdir(), 'tributary-lock-'));
const path = join(dir, 'lock');
after(() => rmSync(dir, { recursive: true, force: true }));

// Sleeps until it is stopped.
const clock: Clock = {
  now: () => Date.UTC(2100, 0, 1),
  sleep: (_ms, stop) => new Promise((resolve) => stop?.addEventListener('abort', () => resolve(), { once: true })),
};

const folder = { dir, clock, witness: 'journal.log', lost: () => {} };

test('a folder in use is refused, and free again after it was let go', () => {
  const release = takeLock(folder);

  assert.throws(
    () => takeLock(folder),
    (error: TributaryError) => error.kind === 'conflict' && error.message.includes(`process ${process.pid}`),
  );
  release();
  takeLock(folder)();
});

const STALE: readonly (readonly [what: string, holder: string])[] = [
  ['a process that is gone', JSON.stringify({ host: hostname(), pid: 4_194_303, startedAt: 5 })],
  ['a process id that another process has now', JSON.stringify({ host: hostname(), pid: process.pid, startedAt: 1 })],
  ['another host that has not touched it for long', JSON.stringify({ host: 'elsewhere', pid: 1, startedAt: 1 })],
  ['a crash in the middle of writing it', '{"host":'],
];

for (const [what, holder] of STALE) {
  test(`the lock of ${what} is taken over`, () => {
    writeFileSync(path, holder);

    const release = takeLock(folder);

    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid, process.pid);
    release();
  });
}

// A folder that is held, and one look of its holder at a time.
function held(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tributary-held-'));
  writeFileSync(join(dir, 'journal.log'), '');
  const lost: string[] = [];
  let look = () => {};
  const release = takeLock({
    dir,
    witness: 'journal.log',
    lost: (error) => lost.push(error.code),
    clock: { now: clock.now, sleep: () => new Promise((resolve) => (look = resolve)) },
  });
  t.after(() => {
    release();
    look();
    rmSync(dir, { recursive: true, force: true });
  });
  const looked = async () => {
    look();
    await new Promise(setImmediate);
  };
  return { dir, lost, looked, release };
}

test('a holder whose folder was removed is told so, once', async (t) => {
  const { dir, lost, looked } = held(t);
  await looked();
  assert.deepEqual(lost, []);
  rmSync(dir, { recursive: true });

  await looked();
  await looked();

  assert.deepEqual(lost, ['TRIB_LOG_FOLDER_GONE']);
});

test('a holder whose folder was replaced by another one of its name is told so', async (t) => {
  const { dir, lost, looked } = held(t);
  renameSync(dir, `${dir}-away`);
  t.after(() => rmSync(`${dir}-away`, { recursive: true }));
  mkdirSync(dir);
  writeFileSync(join(dir, 'journal.log'), '');

  await looked();

  assert.deepEqual(lost, ['TRIB_LOG_FOLDER_GONE']);
});

test('a holder whose files were removed from its folder is told so', async (t) => {
  const { dir, lost, looked } = held(t);
  rmSync(join(dir, 'journal.log'));
  rmSync(join(dir, 'lock'));

  await looked();

  assert.deepEqual(lost, ['TRIB_LOG_FOLDER_GONE']);
});

test('a lock that was removed alone is put back', async (t) => {
  const { dir, lost, looked } = held(t);
  rmSync(join(dir, 'lock'));

  await looked();

  assert.deepEqual(lost, []);
  assert.equal((JSON.parse(readFileSync(join(dir, 'lock'), 'utf8')) as { pid: number }).pid, process.pid);
});

test('a holder whose lock another process has taken gives way and leaves that lock alone', async (t) => {
  const { dir, lost, looked, release } = held(t);
  const other = JSON.stringify({ host: hostname(), pid: 1, startedAt: 1 });
  writeFileSync(join(dir, 'lock'), other);

  await looked();
  release();

  assert.deepEqual(lost, ['TRIB_LOG_LOCKED']);
  assert.equal(readFileSync(join(dir, 'lock'), 'utf8'), other);
});
