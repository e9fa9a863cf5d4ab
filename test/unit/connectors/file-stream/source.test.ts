import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileStreamSource } from '../../../../connectors/file-stream/source.ts';
import type { ConnectRecord, SourceConnector, SourceTaskContext } from '../../../../src/connect/index.ts';

async function started(file: string, stored: Record<string, unknown> | null, batchRows = 2000) {
  const task = (fileStreamSource.create() as SourceConnector).task();
  const context = {
    clock: { now: () => 1000, sleep: async () => {} },
    signal: new AbortController().signal,
    log: () => {},
    offset: async () => stored,
  } as unknown as SourceTaskContext;
  await task.start({ file, topic: 'lines', 'batch.size': batchRows }, {}, context);
  return task;
}
const shown = (records: readonly ConnectRecord[] | null) =>
  records?.map(({ value, sourceOffset }) => [value, sourceOffset?.['position']]) ?? null;

test('whole lines become records with the byte position after them; a line without its end waits', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'trib-file-')), 'in.txt');
  const task = await started(file, null);

  const beforeTheFile = await task.poll();
  writeFileSync(file, 'één\r\n\nlast');
  const first = shown(await task.poll());
  const nothing = await task.poll();
  appendFileSync(file, ' line\n');
  const second = shown(await task.poll());
  await task.stop();

  assert.equal(beforeTheFile, null);
  assert.deepEqual(first, [
    ['één', 7],
    ['', 8],
  ]);
  assert.equal(nothing, null);
  assert.deepEqual(second, [['last line', 18]]);
});

test('it goes on at the stored position, at most a batch at a time', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'trib-file-')), 'in.txt');
  writeFileSync(file, 'a\nb\nc\nd\n');
  const task = await started(file, { position: 2 }, 2);

  const first = shown(await task.poll());
  const second = shown(await task.poll());
  await task.stop();

  assert.deepEqual(first, [
    ['b', 4],
    ['c', 6],
  ]);
  assert.deepEqual(second, [['d', 8]]);
});

test('a lone carriage return ends a line, too, once the next byte shows that no line feed follows', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'trib-file-')), 'in.txt');
  writeFileSync(file, 'a\rb\r\nc\r');
  const task = await started(file, null);

  const first = shown(await task.poll());
  appendFileSync(file, '\nd\re');
  const second = shown(await task.poll());
  await task.stop();

  assert.deepEqual(first, [
    ['a', 2],
    ['b', 5],
  ]);
  assert.deepEqual(second, [
    ['c', 8],
    ['d', 10],
  ]);
});

test('a file that was cut short is read from its start', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'trib-file-')), 'in.txt');
  writeFileSync(file, 'one\ntwo\nrest');
  const task = await started(file, null);
  await task.poll();

  truncateSync(file);
  appendFileSync(file, 'new\n');
  const noticed = await task.poll();
  const after = shown(await task.poll());
  await task.stop();

  assert.equal(noticed, null);
  assert.deepEqual(after, [['new', 4]]);
});

test('a file that was replaced is read to its end, then the new one from its start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trib-file-'));
  const file = join(folder, 'in.txt');
  writeFileSync(file, 'one\n');
  const task = await started(file, null);
  await task.poll();

  appendFileSync(file, 'two\n');
  renameSync(file, join(folder, 'in.txt.1'));
  writeFileSync(file, 'three\n');
  const polls = [shown(await task.poll()), shown(await task.poll()), shown(await task.poll())];
  await task.stop();

  assert.deepEqual(polls, [[['two', 8]], null, [['three', 6]]]);
});
