import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { Logs } from '../../../../src/core/log.ts';
import { SinkOffsets } from '../../../../src/host/tasks/sink-offsets.ts';
import type { Broker, Offsets } from '../../../../src/ports/broker.ts';
import { hostWorld, SinkProbe } from '../../../support/host-world.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const HOUR_MS = 3_600_000;
const log = new Logs({ write: () => {}, now: () => 0, redact: (text) => text }).logger('test');

/** A broker that notes what a group commits. */
function noting(broker: Broker, group: string): { readonly broker: Broker; readonly commits: Offsets[] } {
  const commits: Offsets[] = [];
  const noted = new Proxy(broker, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name === 'commit' && args[0] === group) commits.push(args[1] as Offsets);
        return (member as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { broker: noted, commits };
}

test('each hour all offsets that the group holds are committed again, moved or not', async () => {
  const clock = turningClock();
  const memory = memoryBroker(clock);
  await memory.createTopics([{ name: 'in', partitions: 4 }]);
  const { broker, commits } = noting(memory, 'g');
  const offsets = new SinkOffsets(broker, 'g', log, clock);
  // in-0 has a committed offset; in-1 and in-3 begin where the log does; in-2 is given away.
  offsets.begin(
    new Map([
      ['in-0', 5],
      ['in-1', 0],
      ['in-2', 7],
      ['in-3', 0],
    ]),
    ['in-0', 'in-2'],
  );
  offsets.drop(['in-2']);
  offsets.handed('in-1', 3, 3);

  await offsets.commit(offsets.handedOver());
  const before = await offsets.commit(offsets.handedOver());
  await clock.sleep(HOUR_MS);
  const renewed = await offsets.commit(offsets.handedOver());
  const after = await offsets.commit(offsets.handedOver());

  assert.deepEqual([before, renewed, after], ['unchanged', 'unchanged', 'unchanged']);
  assert.deepEqual(commits, [
    new Map([['in-1', 3]]),
    new Map([
      ['in-0', 5],
      ['in-1', 3],
    ]),
  ]);
});

test('a paused sink keeps its offsets alive', async () => {
  const { broker, commits } = noting(memoryBroker(turningClock()), 'connect-a');
  const world = await hostWorld([new SinkProbe().definition()], { broker });
  await broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['a']);
  await world.worker.create('a', { 'connector.class': 'ProbeSink', topics: 'in' }, null);
  await world.until('committed', () => commits.length === 1);
  await world.worker.setTarget('a', 'PAUSED');
  await world.until('paused', () => world.worker.status('a').tasks[0]?.state === 'PAUSED');

  await world.clock.sleep(2 * HOUR_MS);
  await world.until('renewed', () => commits.length >= 3);

  for (const commit of commits) assert.deepEqual(commit, new Map([['in-0', 1]]));
  assert.equal(world.worker.status('a').tasks[0]?.state, 'PAUSED');
  await world.close();
});
