import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('a disk that is full under LMDB fails the write and not the process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trib-full-'));
  const child = join(import.meta.dirname, 'support/full-disk-child.ts');
  // A limit on file size answers like a full disk, without the rights to mount one.
  const script = `trap '' XFSZ; ulimit -f 400; exec "$0" --conditions=source "$1" "$2"`;

  const { stdout } = spawnSync('bash', ['-c', script, process.execPath, child, folder], { encoding: 'utf8' });

  assert.equal(stdout, 'alive TRIB_STATE_FOLDER transient\n');
  rmSync(folder, { recursive: true });
});
