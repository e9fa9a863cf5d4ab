import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Redactor } from '../../../src/core/redact.ts';
import { readWorkerSettings, type WorkerSettings } from '../../../src/wiring/worker-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'worker-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function read(lines: readonly string[]): WorkerSettings {
  const file = join(folder, 'worker.properties');
  writeFileSync(file, lines.join('\n'));
  return readWorkerSettings(file, {}, new Redactor());
}

test('sources are exactly once on a worker that stands alone, and in a group only when that is said', () => {
  const exactlyOnce = (...lines: string[]) => read(lines).host.exactlyOnceSources;

  assert.equal(exactlyOnce('data.dir=x'), true);
  assert.equal(exactlyOnce('exactly.once.source.support=disabled'), false);
  assert.equal(exactlyOnce('group.id=g'), false);
  assert.equal(exactlyOnce('group.id=g', 'exactly.once.source.support=preparing'), false);
  assert.equal(exactlyOnce('group.id=g', 'exactly.once.source.support=enabled'), true);
});

test('with preparing and enabled a leader must write in transactions; else it does where it may', () => {
  const leader = (...lines: string[]) => read(['group.id=g', ...lines]).host.leaderTransactions;

  assert.equal(leader(), 'preferred');
  assert.equal(leader('exactly.once.source.support=disabled'), 'preferred');
  assert.equal(leader('exactly.once.source.support=preparing'), 'required');
  assert.equal(leader('exactly.once.source.support=enabled'), 'required');
});

test('exactly.once.source.support must be one of three words', () => {
  assert.throws(() => read(['exactly.once.source.support=maybe']), /disabled, preparing, enabled/);
});
