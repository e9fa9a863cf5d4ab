import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fetched, Inbox } from '../../../src/engine/inbox.ts';

function fetched(partitionKey: string, timesMs: readonly number[], firstOffset = 0): Fetched {
  return {
    partitionKey,
    count: timesMs.length,
    decode: () => ({
      chunk: {
        length: timesMs.length,
        keys: timesMs.map((time) => [time]),
        rows: timesMs.map((time) => [time]),
        timesMs: [...timesMs],
      },
      offsets: timesMs.map((_, index) => firstOffset + index),
      nextOffset: firstOffset + timesMs.length + 1,
    }),
  };
}

function drained(inbox: Inbox): (readonly [source: number, timesMs: readonly number[], nextOffset: number])[] {
  const taken: (readonly [number, readonly number[], number])[] = [];
  for (let work = inbox.take(); work !== null; work = inbox.take()) {
    taken.push([work.source, work.chunk.timesMs, work.nextOffset]);
  }
  return taken;
}

test('rows of two sources leave in the order of their times, ties by source', () => {
  const inbox = new Inbox(2);
  inbox.add(0, fetched('a-0', [1, 2, 5, 9]));
  inbox.add(1, fetched('b-0', [2, 3, 9]));

  assert.deepEqual(drained(inbox), [
    [0, [1, 2], 2],
    [1, [2, 3], 2],
    [0, [5, 9], 5],
    [1, [9], 4],
  ]);
  assert.equal(inbox.empty, true);
});

test('a batch without rows leaves first: it only moves an offset', () => {
  const inbox = new Inbox(2);
  inbox.add(0, fetched('a-0', [7]));
  inbox.add(1, fetched('b-0', [], 4));

  assert.deepEqual(drained(inbox), [
    [1, [], 5],
    [0, [7], 2],
  ]);
});

test('one source alone hands out whole batches', () => {
  const inbox = new Inbox(1);
  inbox.add(0, fetched('a-0', [5, 1, 3]));
  inbox.add(0, fetched('a-0', [2], 3));

  assert.deepEqual(drained(inbox), [
    [0, [5, 1, 3], 4],
    [0, [2], 5],
  ]);
});
