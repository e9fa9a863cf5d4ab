import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactLog } from '../../../../src/adapters/embedded-log/compaction.ts';
import type { LogCore } from '../../../../src/adapters/embedded-log/core.ts';
import { append, memoryStorage, open, readAll, still, transactional } from './world.ts';

type Step = readonly [key: string, value: string | null] | 'abort';

// Each step is a transaction of its own; small segments, so that all but the last few records are compacted.
async function fill(core: LogCore, steps: readonly Step[], config: Record<string, string> = {}): Promise<void> {
  core.topics.create({ name: 't', partitions: 1, config: { 'segment.bytes': '300', ...config } });
  const output = transactional(core, 'id');
  for (const step of steps) {
    output.begin();
    append(output.lane('t', 0), step === 'abort' ? 'a' : step[0], step === 'abort' ? 'aborted' : step[1]);
    await output.flush();
    if (step === 'abort') await output.abort();
    else await output.commit(null, new Map());
  }
}

const STEPS: readonly Step[] = [
  ['a', '1'],
  ['b', '1'],
  'abort',
  ['a', '2'],
  ['c', null],
  ['a', '3'],
  ['d', '1'],
  ['e', '1'],
];
const FILLER: readonly Step[] = Array.from({ length: 4 }, (_, i) => [`z${i}`, 'x'] as const);

async function compacted(
  config: Record<string, string> = {},
): Promise<{ core: LogCore; disk: ReturnType<typeof memoryStorage> }> {
  const disk = memoryStorage();
  const core = open(disk);
  await fill(core, [...STEPS, ...FILLER], config);
  const log = core.topics.log('t-0');
  await compactLog(log, disk, still, new AbortController().signal);
  return { core, disk };
}

test('of every key the latest committed record stays, at its offset', async () => {
  const { core } = await compacted();

  const rows = await readAll(core, 't-0');

  assert.deepEqual(rows.slice(0, 5), ['b=1@2', 'c=null@8', 'a=3@10', 'd=1@12', 'e=1@14']);
  assert.deepEqual(rows.length, 9);
});

test('small segments become one, and the log is the same after it is opened again', async () => {
  const { core, disk } = await compacted();
  const before = await readAll(core, 't-0');

  const reopened = open(disk);

  assert.ok(reopened.topics.log('t-0').segments.length < 5);
  assert.deepEqual(await readAll(reopened, 't-0'), before);
  assert.equal(reopened.topics.log('t-0').nextOffset, 24);
});

test('a reader in the middle passes over the hole', async () => {
  const { core } = await compacted();

  assert.deepEqual((await readAll(core, 't-0', 3)).slice(0, 2), ['c=null@8', 'a=3@10']);
});

test('tombstones go once their time is over', async () => {
  const { core } = await compacted({ 'delete.retention.ms': '-1' });

  const rows = await readAll(core, 't-0');

  assert.deepEqual(rows.slice(0, 2), ['b=1@2', 'a=3@10']);
});

test('what an open transaction might still change is left alone', async () => {
  const disk = memoryStorage();
  const core = open(disk);
  await fill(core, [
    ['a', '1'],
    ['a', '2'],
  ]);
  const other = transactional(core, 'other');
  other.begin();
  append(other.lane('t', 0), 'a', 'open');
  await other.flush();
  const output = transactional(core, 'id');
  for (let i = 0; i < 8; i++) {
    output.begin();
    append(output.lane('t', 0), 'b', String(i));
    await output.commit(null, new Map());
  }

  await compactLog(core.topics.log('t-0'), disk, still, new AbortController().signal);
  await other.commit(null, new Map());

  const rows = await readAll(core, 't-0');
  assert.deepEqual(rows.filter((row) => row.startsWith('b')).length, 8);
  assert.ok(rows.includes('a=open@4'));
});
