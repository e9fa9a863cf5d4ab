// kill −9 in mid-transaction: what was acknowledged is there, a transaction is there wholly or not at all.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { embeddedBroker } from '../../src/adapters/embedded-log/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { pollRows, rowsOf } from '../ports/broker-rows.ts';

const dir = mkdtempSync(join(tmpdir(), 'tributary-kill-'));
after(() => rmSync(dir, { recursive: true, force: true }));

// Lets the child work until it has told of `commits` more, then kills it; answers the last commit it told of.
function killAfter(commits: number): Promise<number> {
  const child = fileURLToPath(new URL('./embedded-kill-child.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, ['--conditions=source', child, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    process_.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > commits) process_.kill('SIGKILL');
    });
    process_.on('close', (_code, signal) => {
      const told = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1);
      if (signal === 'SIGKILL') resolve(Number(told));
      else reject(new Error(`the child ended by itself (${signal})`));
    });
  });
}

async function valuesOf(broker: Broker, topic: string, count: number): Promise<number[]> {
  const reader = await broker.read(new Map([[`${topic}-0`, 0]]), { isolation: 'committed' });
  const rows = await pollRows(reader, count);
  rows.push(...rowsOf(await reader.poll(20)));
  await reader.close();
  return rows.map((row) => Number(row.slice(2, row.indexOf('@'))));
}

test('after kill −9 the folder is taken over at once, and output and offsets agree', async () => {
  for (const commits of [1, 30, 77, 150]) {
    const told = await killAfter(commits);

    const broker = await embeddedBroker({ dir, clock: systemClock() });
    const offset = (await broker.committed('group', ['input-0'])).get('input-0') ?? 0;
    const [left, right] = [await valuesOf(broker, 'left', offset), await valuesOf(broker, 'right', offset)];
    const stable = await broker.offsets(['left-0', 'right-0'], 'stable');
    const latest = await broker.offsets(['left-0', 'right-0'], 'latest');
    await broker.close();

    const expected = Array.from({ length: offset }, (_, i) => i);
    assert.ok(offset >= told, `told of ${told}, found ${offset}`);
    assert.deepEqual([left, right], [expected, expected]);
    assert.deepEqual(stable, latest);
  }
});
