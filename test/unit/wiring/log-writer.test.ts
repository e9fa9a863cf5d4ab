import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { logWriter } from '../../../src/wiring/log-writer.ts';
import { RecentErrors } from '../../../src/wiring/recent-errors.ts';

test('a log file that cannot be written harms nobody: its lines go to the terminal until it can', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-writer-'));
  const file = join(folder, 'logs', 'host.log');
  const shown: string[] = [];
  const write = logWriter({ parsed: { 'log.file': file } }, new RecentErrors(), (line) => shown.push(line));

  write('one');
  write('two');
  mkdirSync(join(folder, 'logs'));
  write('three');
  const kept = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });

  assert.deepEqual(shown, [`problem: log.file ${file} cannot be written: ENOENT. The log goes on here.`, 'one', 'two']);
  assert.equal(kept, 'three\n');
});
