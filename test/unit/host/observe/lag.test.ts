import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LagBook, type LagSubject } from '../../../../src/host/observe/lag.ts';
import type { Broker, Offsets } from '../../../../src/ports/broker.ts';
import { turningClock } from '../../../support/turning-clock.ts';

interface Log {
  end: number;
  fails: boolean;
  asked: number;
}

function world(subject: Partial<LagSubject> & { settled?: Offsets; lastRecordMs?: number }) {
  const clock = turningClock();
  const log: Log = { end: 100, fails: false, asked: 0 };
  const broker = {
    offsets: async (_partitions: Iterable<string>, at: string) => {
      if (log.fails) throw new Error('down');
      if (at === 'stable') log.asked++;
      return new Map([['in-0', at === 'stable' ? log.end : 10]]);
    },
    committed: async () => new Map<string, number>(),
  } as unknown as Broker;
  const task = { id: 0, settled: subject.settled ?? new Map(), lastRecordMs: subject.lastRecordMs ?? 0 };
  const book = new LagBook(broker, clock, async () => [
    { name: 'a', group: 'connect-a', reset: 'earliest', partitions: ['in-0'], tasks: [task], ...subject },
  ]);
  const look = async (maxAgeMs = 0) => {
    const view = await book.view({ maxAgeMs, waitMs: 1000 });
    const partition = view?.connectors.get('a')?.[0];
    return partition === undefined ? null : [partition.position, partition.records, partition.milliseconds];
  };
  return { clock, log, look, task };
}

test('lag in time is how long ago the log was last seen to end at the position', async () => {
  const { clock, log, look } = world({ settled: new Map([['in-0', 100]]) });

  const caughtUp = await look();
  await clock.sleep(5_000);
  log.end = 130;
  await look();
  await clock.sleep(20_000);
  const behind = await look();

  assert.deepEqual(caughtUp, [100, 0, 0]);
  assert.deepEqual(behind, [100, 30, 25_000]);
});

test('the last record that was done tells the lag in time where the log has not been watched', async () => {
  const { clock, look, task } = world({ settled: new Map([['in-0', 40]]) });
  task.lastRecordMs = clock.now() - 90_000;

  assert.deepEqual(await look(), [40, 60, 90_000]);
});

test('without a committed offset lag counts from where reading would begin', async () => {
  const { look } = world({});

  assert.deepEqual(await look(), [10, 90, null]);
});

test('askers share an answer, and an outage leaves the last one standing', async () => {
  const { clock, log, look } = world({ settled: new Map([['in-0', 90]]) });
  await look();
  await look(5_000);
  const asked = log.asked;

  log.fails = true;
  await clock.sleep(10_000);
  const down = await look();

  assert.equal(asked, 1);
  assert.deepEqual(down?.slice(0, 2), [90, 10]);
});
