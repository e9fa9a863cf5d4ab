// What every broker promises (`src/ports/broker.ts`), run over the embedded log and over real Kafka.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Broker, Headers, Offsets, ReadOptions } from '../../src/ports/broker.ts';
import { headerAt, headersAt } from '../../src/ports/headers.ts';
import { appendRows, pollRows, type Row, rejectsWith, rowsOf, settledStable } from './broker-rows.ts';

const COMMITTED: ReadOptions = { isolation: 'committed' };
const UNCOMMITTED: ReadOptions = { isolation: 'uncommitted' };

/** Runs the contract. `prefix` starts every topic, group and id of this run, so that runs do not meet. */
export function brokerContract(name: string, prefix: string, open: () => Promise<Broker>): void {
  describe(`broker contract: ${name}`, () => {
    let broker: Broker;
    let made: string[] = [];
    let count = 0;

    before(async () => {
      broker = await open();
    });
    after(async () => {
      await broker.deleteTopics(made);
      made = [];
      await broker.close();
    });

    async function topic(partitions = 1, config: Record<string, string> = {}, replication = 1): Promise<string> {
      const fresh = `${prefix}${count++}`;
      made.push(fresh);
      const settings = { 'retention.ms': '-1', ...config };
      await broker.createTopics([{ name: fresh, partitions, replication, config: settings }]);
      return fresh;
    }

    async function write(name: string, rows: readonly Row[], partition = 0): Promise<Offsets> {
      const producer = await broker.produce();
      appendRows(producer.lane(name, partition), rows);
      const ends = await producer.flush();
      await producer.close();
      return ends;
    }

    async function readAll(name: string, expected: number, options = COMMITTED): Promise<string[]> {
      const reader = await broker.read(new Map([[`${name}-0`, 0]]), options);
      const rows = await pollRows(reader, expected);
      rows.push(...rowsOf(await reader.poll(50)));
      await reader.close();
      return rows;
    }

    test('topics are made once, listed, described and deleted', async () => {
      const name = `${prefix}life`;
      const spec = { name, partitions: 3, replication: 1, config: { 'cleanup.policy': 'compact' } };

      const first = await broker.createTopics([spec]);
      const second = await broker.createTopics([{ ...spec, partitions: 5 }]);
      const info = await broker.topic(name);
      const listed = (await broker.listTopics()).find((other) => other.name === name);
      await broker.deleteTopics([name, `${prefix}never-made`]);

      assert.deepEqual(first, [name]);
      assert.deepEqual(second, []);
      assert.deepEqual(info, { name, partitions: 3, replication: 1 });
      assert.deepEqual(listed, info);
      assert.equal(await broker.topic(`${prefix}never-made`), null);
    });

    test('a topic may be made with as many partitions and replicas as the broker thinks best', async () => {
      const name = await topic(-1, {}, -1);
      const info = await broker.topic(name);
      assert.ok((info?.partitions ?? 0) >= 1 && (info?.replication ?? 0) >= 1);
    });

    test('what is wrong with a topic to be made is the user’s to mend', async () => {
      await rejectsWith('config', () => broker.createTopics([{ name: 'no spaces!', partitions: 1, replication: 1 }]));
      await rejectsWith('config', () =>
        broker.createTopics([
          { name: `${prefix}bad`, partitions: 1, replication: 1, config: { 'cleanup.policy': 'compress' } },
        ]),
      );
    });

    test('null keys, null values, empty values and timestamps come back as they were', async () => {
      const name = await topic();
      await write(name, [
        { key: 'a', value: 'one', timestampMs: 1_700_000_000_000 },
        { key: null, value: 'two', timestampMs: 1_700_000_000_500 },
        { key: 'b', value: null, timestampMs: 1_600_000_000_000 },
        { key: '', value: '', timestampMs: 0 },
      ]);

      const reader = await broker.read(new Map([[`${name}-0`, 0]]), COMMITTED);
      const [records] = await reader.poll(5000);
      await reader.close();

      assert.deepEqual(rowsOf([records!]), ['a=one@0', 'null=two@1', 'b=null@2', '=@3']);
      assert.deepEqual([...records!.timestampsMs], [1_700_000_000_000, 1_700_000_000_500, 1_600_000_000_000, 0]);
      assert.deepEqual([records!.topic, records!.partition, records!.count, records!.nextOffset], [name, 0, 4, 4]);
      assert.deepEqual([...records!.headerStarts], [-1, -1, -1, -1]);
    });

    test('headers come back in order, with doubles, nulls and names beyond ASCII', async () => {
      const name = await topic();
      const headers: Headers = [
        ['trace', Buffer.from('1')],
        ['trace', Buffer.from('2')],
        ['größe', null],
        ['empty', Buffer.alloc(0)],
      ];
      await write(name, [
        { key: 'a', value: 'x', headers },
        { key: 'b', value: 'y' },
      ]);

      const reader = await broker.read(new Map([[`${name}-0`, 0]]), COMMITTED);
      const [records] = await reader.poll(5000);
      await reader.close();

      assert.deepEqual(headersAt(records!, 0), headers);
      assert.deepEqual(headersAt(records!, 1), []);
      assert.deepEqual(headerAt(records!, 0, Buffer.from('trace')), Buffer.from('2'));
      assert.equal(headerAt(records!, 0, Buffer.from('größe')), null);
      assert.equal(headerAt(records!, 0, Buffer.from('other')), undefined);
      assert.equal(headerAt(records!, 1, Buffer.from('trace')), undefined);
    });

    test('a record without a time gets the producer’s', async () => {
      const name = await topic();
      const earliest = Date.now() - 1000;
      await write(name, [{ key: 'a', value: 'x' }]);

      const reader = await broker.read(new Map([[`${name}-0`, 0]]), COMMITTED);
      const [records] = await reader.poll(5000);
      await reader.close();

      const time = records!.timestampsMs[0]!;
      assert.ok(time >= earliest && time <= Date.now() + 1000, String(time));
    });

    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      test(`many records go through with compression ${compression}`, async () => {
        const name = await topic();
        const producer = await broker.produce({ compression });
        const lane = producer.lane(name, 0);
        const value = Buffer.from('some text that repeats, some text that repeats, 0000000');
        for (let i = 0; i < 5000; i++) {
          value.write(String(i).padStart(7, '0'), value.length - 7);
          lane.append(1_700_000_000_000 + i, value, value.length - 7, value.length, value, 0, value.length, null);
        }
        const ends = await producer.flush();
        await producer.close();

        const rows = await readAll(name, 5000);

        assert.deepEqual([...ends], [[`${name}-0`, 5000]]);
        assert.equal(rows.length, 5000);
        assert.equal(rows[0], '0000000=some text that repeats, some text that repeats, 0000000@0');
        assert.equal(rows[4999], '0004999=some text that repeats, some text that repeats, 0004999@4999');
      });
    }

    test('several megabytes go through in batches, in order', async () => {
      const name = await topic();
      const producer = await broker.produce();
      const lane = producer.lane(name, 0);
      const value = Buffer.alloc(10_000, 'v');
      for (let i = 0; i < 600; i++) {
        const key = Buffer.from(String(i));
        lane.append(1, key, 0, key.length, value, 0, value.length, null);
        await producer.drain();
      }
      await producer.flush();
      await producer.close();

      const reader = await broker.read(new Map([[`${name}-0`, 0]]), {
        isolation: 'committed',
        partitionBytesMax: 50_000,
      });
      const rows = await pollRows(reader, 600);
      await reader.close();

      assert.deepEqual(
        rows.map((row) => row.slice(row.lastIndexOf('@') + 1)),
        Array.from({ length: 600 }, (_, i) => String(i)),
      );
    });

    test('a record too large for the topic is a fault of the data', async () => {
      const name = await topic(1, { 'max.message.bytes': '2000' });
      const producer = await broker.produce();
      appendRows(producer.lane(name, 0), [{ key: 'a', value: 'x'.repeat(10_000) }]);

      await rejectsWith('data', () => producer.flush());

      appendRows(producer.lane(name, 0), [{ key: 'b', value: 'small' }]);
      await producer.flush();
      await producer.close();
      assert.deepEqual(await readAll(name, 1), ['b=small@0']);
    });

    test('many records go into a topic that takes only small batches', async () => {
      const name = await topic(1, { 'max.message.bytes': '2000' });
      const producer = await broker.produce();
      const lane = producer.lane(name, 0);
      for (let i = 0; i < 500; i++) appendRows(lane, [{ key: String(i), value: 'x'.repeat(50) }]);

      const ends = await producer.flush();
      appendRows(lane, [{ key: 'last', value: 'y', headers: [['a', Buffer.from('1')]] }]);
      await producer.flush();
      await producer.close();

      const rows = await readAll(name, 501);
      assert.deepEqual([...ends], [[`${name}-0`, 500]]);
      assert.deepEqual(
        rows.map((row) => row.slice(0, row.indexOf('='))),
        [...Array.from({ length: 500 }, (_, i) => String(i)), 'last'],
      );
    });

    test('a record without a key is refused by a compacted topic', async () => {
      const name = await topic(1, { 'cleanup.policy': 'compact' });
      const producer = await broker.produce();
      appendRows(producer.lane(name, 0), [{ key: null, value: 'x' }]);

      await rejectsWith('data', () => producer.flush());
      await producer.close();
    });

    test('many partitions are written and read together, each in its order', async () => {
      const name = await topic(4);
      const producer = await broker.produce();
      for (let i = 0; i < 400; i++) appendRows(producer.lane(name, i % 4), [{ key: `${i}`, value: `${i % 4}` }]);
      const ends = await producer.flush();
      await producer.close();

      const from = new Map([0, 1, 2, 3].map((partition) => [`${name}-${partition}`, 0]));
      const reader = await broker.read(from, COMMITTED);
      const rows = await pollRows(reader, 400);
      await reader.close();

      assert.deepEqual(new Map([...ends].sort()), new Map([...from.keys()].map((key) => [key, 100])));
      const third = rows.filter((row) => row.includes('=2@')).map((row) => row.split('=')[0]);
      assert.deepEqual(
        third,
        Array.from({ length: 100 }, (_, i) => String(i * 4 + 2)),
      );
    });

    test('flush answers only the lanes written since the last one', async () => {
      const name = await topic(2);
      const producer = await broker.produce();
      appendRows(producer.lane(name, 0), [{ key: 'a', value: '1' }]);
      const first = await producer.flush();
      appendRows(producer.lane(name, 1), [{ key: 'b', value: '2' }]);
      const second = await producer.flush();
      const third = await producer.flush();
      await producer.close();

      assert.deepEqual([...first], [[`${name}-0`, 1]]);
      assert.deepEqual([...second], [[`${name}-1`, 1]]);
      assert.deepEqual([...third], []);
    });

    test('an empty poll answers in time, and a record wakes a waiting one', async () => {
      const name = await topic();
      const reader = await broker.read(new Map([[`${name}-0`, 0]]), COMMITTED);
      await reader.poll(0);

      const start = Date.now();
      const nothing = await reader.poll(200);
      const waitedMs = Date.now() - start;
      const waiting = reader.poll(20_000);
      await write(name, [{ key: 'a', value: 'x' }]);
      const something = await waiting;
      await reader.close();

      assert.deepEqual(nothing, []);
      assert.ok(waitedMs >= 150 && waitedMs < 2000, `waited ${waitedMs} ms`);
      assert.deepEqual(rowsOf(something), ['a=x@0']);
    });

    test('a reader seeks, pauses and resumes', async () => {
      const name = await topic(2);
      await write(name, [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
        { key: 'c', value: '3' },
      ]);
      const reader = await broker.read(new Map([[`${name}-0`, 1]]), COMMITTED);

      const fromSecond = await pollRows(reader, 2);
      reader.seek(name, 0, 0);
      const again = await pollRows(reader, 3);
      reader.pause([`${name}-0`]);
      reader.seek(name, 0, 2);
      const paused = rowsOf(await reader.poll(200));
      reader.resume([`${name}-0`]);
      const resumed = await pollRows(reader, 1);
      await reader.close();

      assert.deepEqual(fromSecond, ['b=2@1', 'c=3@2']);
      assert.deepEqual(again, ['a=1@0', 'b=2@1', 'c=3@2']);
      assert.deepEqual(paused, []);
      assert.deepEqual(resumed, ['c=3@2']);
    });

    test('a paused partition does not hold the others up, nor lose what was fetched', async () => {
      const name = await topic(2);
      await write(name, [{ key: 'a', value: '0' }], 0);
      await write(name, [{ key: 'b', value: '1' }], 1);
      const reader = await broker.read(
        new Map([
          [`${name}-0`, 0],
          [`${name}-1`, 0],
        ]),
        COMMITTED,
      );

      reader.pause([`${name}-0`]);
      const other = await pollRows(reader, 1);
      reader.resume([`${name}-0`]);
      const first = await pollRows(reader, 1);
      await reader.close();

      assert.deepEqual([other, first], [['b=1@0'], ['a=0@0']]);
    });

    test('reading on from the end waits; reading beyond it is fatal', async () => {
      const name = await topic();
      await write(name, [{ key: 'a', value: '1' }]);

      const atEnd = await broker.read(new Map([[`${name}-0`, 1]]), COMMITTED);
      assert.deepEqual(await atEnd.poll(100), []);
      await atEnd.close();
      const beyond = await broker.read(new Map([[`${name}-0`, 99]]), COMMITTED);

      await rejectsWith('fatal', async () => {
        for (let i = 0; i < 20; i++) await beyond.poll(500);
      });
      await beyond.close();
    });

    test('a committed reader sees a transaction only once it is committed; an uncommitted one at once', async () => {
      const name = await topic();
      const output = await broker.transact(`${prefix}visible`);
      output.begin();
      appendRows(output.lane(name, 0), [{ key: 'a', value: '1' }]);
      await output.flush();

      const hidden = await readAll(name, 0);
      const seen = await readAll(name, 1, UNCOMMITTED);
      const stableBefore = await broker.offsets([`${name}-0`], 'stable');
      const latestBefore = await broker.offsets([`${name}-0`], 'latest');
      const ends = await output.commit(null, new Map());
      const committed = await readAll(name, 1);
      await output.close();

      assert.deepEqual([hidden, seen], [[], ['a=1@0']]);
      assert.deepEqual([...stableBefore.values(), ...latestBefore.values()], [0, 1]);
      assert.deepEqual([...ends], [[`${name}-0`, 1]]);
      assert.deepEqual(committed, ['a=1@0']);
    });

    test('aborted records stay hidden, and the reader passes over them and the markers', async () => {
      const name = await topic();
      const output = await broker.transact(`${prefix}aborting`);
      for (const [value, commits] of [
        ['1', true],
        ['2', false],
        ['3', true],
        ['4', false],
      ] as const) {
        output.begin();
        appendRows(output.lane(name, 0), [{ key: 'k', value }]);
        await output.flush();
        if (commits) await output.commit(null, new Map());
        else await output.abort();
      }
      await settledStable(broker, name, 8);
      await write(name, [{ key: 'k', value: '5' }]);

      const reader = await broker.read(new Map([[`${name}-0`, 0]]), COMMITTED);
      const rows = await pollRows(reader, 3);
      await reader.close();
      const all = await readAll(name, 5, UNCOMMITTED);
      await output.close();

      assert.deepEqual(rows, ['k=1@0', 'k=3@4', 'k=5@8']);
      assert.deepEqual(all, ['k=1@0', 'k=2@2', 'k=3@4', 'k=4@6', 'k=5@8']);
    });

    test('polling reaches the stable end even when only a marker is left', async () => {
      const name = await topic();
      const output = await broker.transact(`${prefix}end`);
      output.begin();
      appendRows(output.lane(name, 0), [{ key: 'a', value: '1' }]);
      await output.commit(null, new Map());
      await output.close();

      const reader = await broker.read(new Map([[`${name}-0`, 0]]), COMMITTED);
      let reached = 0;
      for (let i = 0; i < 20 && reached < 2; i++) {
        for (const records of await reader.poll(500)) reached = records.nextOffset;
      }
      const end = await settledStable(broker, name, 2);
      await reader.close();

      assert.deepEqual([reached, end], [2, 2]);
    });

    test('output over several partitions and the input offsets commit as one', async () => {
      const left = await topic(2);
      const right = await topic();
      const input = await topic(2);
      const group = `${prefix}group`;
      const output = await broker.transact(`${prefix}multi`);

      output.begin();
      appendRows(output.lane(left, 0), [{ key: 'a', value: '1' }]);
      appendRows(output.lane(left, 1), [{ key: 'b', value: '2' }]);
      appendRows(output.lane(right, 0), [{ key: 'c', value: '3' }]);
      const ends = await output.commit(
        group,
        new Map([
          [`${input}-0`, 17],
          [`${input}-1`, 4],
        ]),
      );
      const committed = await broker.committed(group, [`${input}-0`, `${input}-1`, `${left}-0`]);
      await output.close();

      assert.deepEqual(
        new Map([...ends].sort()),
        new Map([
          [`${left}-0`, 1],
          [`${left}-1`, 1],
          [`${right}-0`, 1],
        ]),
      );
      assert.deepEqual(
        new Map([...committed].sort()),
        new Map([
          [`${input}-0`, 17],
          [`${input}-1`, 4],
        ]),
      );
      assert.deepEqual(await readAll(right, 1), ['c=3@0']);
    });

    test('an aborted transaction commits neither output nor offsets', async () => {
      const name = await topic();
      const group = `${prefix}aborted-group`;
      await broker.commit(group, new Map([[`${name}-0`, 5]]));
      const output = await broker.transact(`${prefix}abort-offsets`);

      output.begin();
      appendRows(output.lane(name, 0), [{ key: 'a', value: '1' }]);
      await output.abort();
      output.begin();
      await output.commit(group, new Map([[`${name}-0`, 6]]));
      await output.close();

      assert.deepEqual(await readAll(name, 0), []);
      assert.deepEqual([...(await broker.committed(group, [`${name}-0`]))], [[`${name}-0`, 6]]);
    });

    test('an empty transaction commits nothing and costs nothing', async () => {
      const output = await broker.transact(`${prefix}empty`);
      output.begin();
      const ends = await output.commit(null, new Map());
      await output.close();

      assert.deepEqual([...ends], []);
    });

    test('taking an id over aborts the open transaction and fences the older holder', async () => {
      const name = await topic();
      const older = await broker.transact(`${prefix}fence`);
      older.begin();
      appendRows(older.lane(name, 0), [{ key: 'old', value: '1' }]);
      await older.flush();

      const newer = await broker.transact(`${prefix}fence`);
      await rejectsWith('fenced', () => older.commit(`${prefix}fence-group`, new Map([[`${name}-0`, 1]])));
      newer.begin();
      appendRows(newer.lane(name, 0), [{ key: 'new', value: '2' }]);
      await newer.commit(null, new Map());
      await older.close();
      await newer.close();

      assert.deepEqual(await readAll(name, 1), ['new=2@2']);
      assert.deepEqual([...(await broker.committed(`${prefix}fence-group`, [`${name}-0`]))], []);
    });

    test('a fenced holder that appends again is told so', async () => {
      const name = await topic();
      const older = await broker.transact(`${prefix}fence-2`);
      const newer = await broker.transact(`${prefix}fence-2`);
      older.begin();
      appendRows(older.lane(name, 0), [{ key: 'old', value: '1' }]);

      await rejectsWith('fenced', () => older.commit(null, new Map()));
      await older.close();
      await newer.close();
      assert.deepEqual(await readAll(name, 0, UNCOMMITTED), []);
    });

    test('many small transactions follow each other without a hole in sequence', async () => {
      const name = await topic();
      const output = await broker.transact(`${prefix}many`);
      for (let i = 0; i < 30; i++) {
        output.begin();
        appendRows(output.lane(name, 0), [{ key: 'k', value: String(i) }]);
        if (i % 5 === 4) await output.abort();
        else await output.commit(`${prefix}many-group`, new Map([[`${name}-0`, i]]));
      }
      await output.close();

      const rows = await readAll(name, 24);

      assert.deepEqual(
        rows.map((row) => Number(row.slice(2, row.indexOf('@')))),
        Array.from({ length: 30 }, (_, i) => i).filter((i) => i % 5 !== 4),
      );
      assert.deepEqual([...(await broker.committed(`${prefix}many-group`, [`${name}-0`]))], [[`${name}-0`, 28]]);
    });

    test('offsets: earliest, latest, by time, and the end when no record is late enough', async () => {
      const name = await topic(2);
      const keys = [`${name}-0`, `${name}-1`];
      await write(name, [
        { key: 'a', value: '1', timestampMs: 1000 },
        { key: 'b', value: '2', timestampMs: 3000 },
        { key: 'c', value: '3', timestampMs: 2000 },
      ]);

      assert.deepEqual([...(await broker.offsets(keys, 'earliest')).values()], [0, 0]);
      assert.deepEqual(
        new Map(await broker.offsets(keys, 'latest')),
        new Map([
          [keys[0], 3],
          [keys[1], 0],
        ]),
      );
      assert.deepEqual(
        new Map(await broker.offsetsForTime(keys, 1500)),
        new Map([
          [keys[0], 1],
          [keys[1], 0],
        ]),
      );
      assert.deepEqual(
        new Map(await broker.offsetsForTime(keys, 0)),
        new Map([
          [keys[0], 0],
          [keys[1], 0],
        ]),
      );
      assert.deepEqual(
        new Map(await broker.offsetsForTime(keys, 3001)),
        new Map([
          [keys[0], 3],
          [keys[1], 0],
        ]),
      );
    });

    test('a group’s offsets are kept, moved, and forgotten with the group', async () => {
      const name = await topic(2);
      const keys = [`${name}-0`, `${name}-1`];
      const group = `${prefix}memberless`;

      const none = await broker.committed(group, keys);
      await broker.commit(group, new Map([[keys[0]!, 3]]));
      await broker.commit(group, new Map([[keys[0]!, 7]]));
      const one = await broker.committed(group, keys);
      await broker.deleteGroup(group);
      const gone = await broker.committed(group, keys);
      await broker.deleteGroup(group);

      assert.deepEqual([[...none], [...one], [...gone]], [[], [[keys[0], 7]], []]);
    });

    test('an unknown topic is said to be unknown', async () => {
      const key = `${prefix}nowhere-0`;
      await rejectsWith('notFound', () => broker.offsets([key], 'latest'));
      await rejectsWith('notFound', async () => {
        const reader = await broker.read(new Map([[key, 0]]), COMMITTED);
        await reader.poll(100).finally(() => reader.close());
      });
      const producer = await broker.produce();
      appendRows(producer.lane(`${prefix}nowhere`, 0), [{ key: 'a', value: '1' }]);
      await rejectsWith('notFound', () => producer.flush());
      await producer.close();
      const known = await topic(1);
      await rejectsWith('notFound', () => broker.offsets([`${known}-7`], 'latest'));
    });
  });
}
