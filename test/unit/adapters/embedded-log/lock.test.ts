import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
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

test('a folder in use is refused, and free again after it was let go', () => {
  const release = takeLock(dir, clock);

  assert.throws(
    () => takeLock(dir, clock),
    (error: TributaryError) => error.kind === 'conflict' && error.message.includes(`process ${process.pid}`),
  );
  release();
  takeLock(dir, clock)();
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

    const release = takeLock(dir, clock);

    assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid, process.pid);
    release();
  });
}
