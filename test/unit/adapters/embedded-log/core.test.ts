import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EmbeddedProducer } from '../../../../src/adapters/embedded-log/producer.ts';
import { storageError } from '../../../../src/adapters/embedded-log/storage.ts';
import { isTransient } from '../../../../src/core/errors.ts';
import { append, faultyStorage, memoryStorage, open, readAll, transactional, type WriteFault } from './world.ts';

// Ten transactions over two partitions and a group; answers how many the caller was told of before the storage failed.
async function work(storage: ReturnType<typeof memoryStorage>): Promise<number> {
  let told = 0;
  try {
    const core = open(storage);
    core.topics.create({ name: 't', partitions: 2, config: { 'segment.bytes': '400' } });
    const output = transactional(core, 'id');
    for (let i = 0; i < 10; i++) {
      output.begin();
      append(output.lane('t', 0), 'k', String(i));
      append(output.lane('t', 1), 'k', String(i));
      if (i === 4) {
        await output.flush();
        await output.abort();
        continue;
      }
      await output.commit('group', new Map([['input-0', i + 1]]));
      told = i + 1;
    }
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'crashed') throw error;
  }
  return told;
}

test('whatever write a crash hits, a transaction is there wholly or not at all, and none that was acknowledged is lost', async () => {
  for (const kind of ['lose', 'tear'] as const) {
    for (let crashAt = 1; crashAt < 75; crashAt++) {
      const disk = memoryStorage();
      const told = await work(faultyStorage(disk, (write) => (write === crashAt ? kind : 'none')));

      const core = open(disk);
      if (core.topics.info('t') === null) continue;
      const place = `${kind} at write ${crashAt}`;
      const values = async (key: string): Promise<string[]> =>
        (await readAll(core, key)).map((row) => row.slice(2, row.indexOf('@')));
      const [left, right] = [await values('t-0'), await values('t-1')];
      const offset = core.journal.groups.get('group')?.get('input-0') ?? 0;
      const expected = Array.from({ length: offset }, (_, i) => String(i)).filter((value) => value !== '4');

      assert.deepEqual([left, right], [expected, expected], place);
      assert.ok(offset === told || offset === told + 1 || (told === 4 && offset === 6), `${place}: ${told}, ${offset}`);
      assert.equal(core.topics.log('t-0').openTransactions.size, 0, place);
    }
  }
});

test('the log goes on after recovery', async () => {
  const disk = memoryStorage();
  await work(faultyStorage(disk, (write) => (write === 30 ? 'tear' : 'none')));

  const core = open(disk);
  const before = (await readAll(core, 't-0')).length;
  const output = transactional(core, 'id');
  output.begin();
  append(output.lane('t', 0), 'k', 'again');
  await output.commit(null, new Map());
  const reopened = open(disk);

  const rows = await readAll(reopened, 't-0');
  assert.equal(rows.length, before + 1);
  assert.match(rows.at(-1)!, /^k=again@/);
});

function diskFull(): WriteFault {
  return { throws: storageError(Object.assign(new Error('no space'), { code: 'ENOSPC' }), '/data') };
}

test('a full disk is transient: the transaction can be done again, and nothing is stored twice', async () => {
  for (let fullAt = 4; fullAt < 12; fullAt++) {
    const disk = memoryStorage();
    const core = open(faultyStorage(disk, (write) => (write === fullAt ? diskFull() : 'none')));
    core.topics.create({ name: 't', partitions: 2 });
    const output = transactional(core, 'id');
    let done = 0;
    for (let attempt = 0; attempt < 20 && done < 3; attempt++) {
      try {
        output.begin();
        append(output.lane('t', 0), 'k', String(done));
        append(output.lane('t', 1), 'k', String(done));
        await output.commit('group', new Map([['input-0', done + 1]]));
        done++;
      } catch (error) {
        if (!isTransient(error)) throw error;
        await output.abort();
      }
    }

    const values = (await readAll(open(disk), 't-0')).map((row) => row.slice(2, row.indexOf('@')));
    assert.deepEqual([done, values], [3, ['0', '1', '2']], `full at write ${fullAt}`);
  }
});

test('a topic made anew has neither the records nor the offsets of the former one', async () => {
  const disk = memoryStorage();
  const core = open(disk);
  core.topics.create({ name: 't', partitions: 1 });
  const output = transactional(core, 'id');
  output.begin();
  append(output.lane('t', 0), 'k', 'old');
  await output.commit('group', new Map([['t-0', 1]]));

  core.topics.delete('t');
  core.topics.create({ name: 't', partitions: 1 });
  const reopened = open(disk);

  assert.deepEqual(await readAll(reopened, 't-0'), []);
  assert.equal(reopened.journal.groups.get('group')?.get('t-0'), undefined);
});

test('retention by size and by time deletes the oldest segments', async () => {
  const core = open(memoryStorage());
  core.topics.create({ name: 'size', partitions: 1, config: { 'segment.bytes': '100', 'retention.bytes': '150' } });
  core.topics.create({ name: 'time', partitions: 1, config: { 'segment.bytes': '100', 'retention.ms': '500000' } });
  const output = new EmbeddedProducer(core, 0);
  for (let i = 0; i < 6; i++) {
    append(output.lane('size', 0), 'k', String(i), 1);
    append(output.lane('time', 0), 'k', String(i), i * 200_000);
    await output.flush();
  }

  const [size, time] = [core.topics.log('size-0'), core.topics.log('time-0')];

  assert.deepEqual(await readAll(core, 'size-0'), ['k=3@3', 'k=4@4', 'k=5@5']);
  assert.deepEqual(await readAll(core, 'time-0'), ['k=3@3', 'k=4@4', 'k=5@5']);
  assert.deepEqual([size.nextOffset, time.nextOffset], [6, 6]);
  assert.throws(() => size.checkRange(0), /Offset 0 is not in the log/);
});

test('a record that no topic takes is refused alone and at once, unless its topic was made for such', async () => {
  const core = open(memoryStorage());
  core.topics.create({ name: 't', partitions: 1 });
  core.topics.create({ name: 'wide', partitions: 1, config: { 'max.message.bytes': '20000000' } });
  const output = new EmbeddedProducer(core, 0);
  const large = 'x'.repeat(9_000_000);
  append(output.lane('t', 0), 'a', 'before');

  assert.throws(() => append(output.lane('t', 0), 'b', large), { code: 'TRIB_RECORD_TOO_LARGE', kind: 'data' });
  append(output.lane('t', 0), 'c', 'after');
  append(output.lane('wide', 0), 'd', large);

  assert.deepEqual(
    await output.flush(),
    new Map([
      ['t-0', 2],
      ['wide-0', 1],
    ]),
  );
});
