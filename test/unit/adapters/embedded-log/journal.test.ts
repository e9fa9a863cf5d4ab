import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Journal } from '../../../../src/adapters/embedded-log/journal.ts';
import { memoryStorage } from './world.ts';

function filled(storage: ReturnType<typeof memoryStorage>): Journal {
  const journal = new Journal(storage, 'journal.log');
  journal.append({ kind: 'owner', id: 'x', owner: { producerId: 4, epoch: 2 } });
  journal.append({ kind: 'offsets', group: 'g', offsets: { 't-0': 5, 'u-1': 9 } });
  journal.append({ kind: 'commit', producerId: 4, touched: { 'topics/1-t/0': 7 }, group: 'g', offsets: { 't-0': 6 } });
  return journal;
}

function state(journal: Journal): unknown {
  return {
    owners: Object.fromEntries(journal.owners),
    groups: Object.fromEntries([...journal.groups].map(([group, offsets]) => [group, Object.fromEntries(offsets)])),
    next: [journal.nextProducerId, journal.nextTopicId],
  };
}

const STATE = { owners: { x: { producerId: 4, epoch: 2 } }, groups: { g: { 't-0': 6, 'u-1': 9 } }, next: [5, 1] };

test('a journal opened again has the same state', () => {
  const storage = memoryStorage();
  filled(storage);

  const reopened = new Journal(storage, 'journal.log');

  assert.deepEqual(state(reopened), STATE);
  assert.deepEqual([...reopened.lastCommits], [[4, { 'topics/1-t/0': 7 }]]);
});

test('a torn entry at the end is cut off, and the next one stands in its place', () => {
  const storage = memoryStorage();
  const journal = filled(storage);
  const file = storage.open('journal.log');
  const size = file.size();
  journal.append({ kind: 'offsets', group: 'g', offsets: { 't-0': 99 } });
  file.truncate(file.size() - 1);

  const reopened = new Journal(storage, 'journal.log');
  const cut = file.size();
  reopened.append({ kind: 'topic-gone', topic: 'u' });

  assert.equal(cut, size);
  assert.deepEqual(state(new Journal(storage, 'journal.log')), { ...STATE, groups: { g: { 't-0': 6 } } });
});

test('a compacted journal has the same state and no old commits', () => {
  const storage = memoryStorage();
  const journal = filled(storage);
  for (let i = 0; i < 50; i++) journal.append({ kind: 'offsets', group: 'g', offsets: { 't-0': 6 } });
  const before = storage.open('journal.log').size();

  journal.compact();
  journal.append({ kind: 'forget-group', group: 'other' });
  const reopened = new Journal(storage, 'journal.log');

  assert.ok(storage.open('journal.log').size() < before / 4);
  assert.deepEqual(state(reopened), STATE);
  assert.deepEqual([...reopened.lastCommits], []);
});
