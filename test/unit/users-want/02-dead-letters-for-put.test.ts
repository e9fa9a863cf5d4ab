import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { hostWorld, SinkProbe } from '../../support/host-world.ts';
import { sinkConfig } from './world.ts';

const TOLERANT = {
  'errors.tolerance': 'all',
  'errors.deadletterqueue.topic.name': 'letters',
  'errors.deadletterqueue.context.headers.enable': 'true',
};

async function worldOf(probe: SinkProbe, records: readonly string[]) {
  const world = await hostWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', records);
  return world;
}

test('2: a record that put refuses goes to the dead letters with stage TASK_PUT, and the others are delivered', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onPut: (batch) => {
      if (batch.some(({ value }) => value === 'poison')) {
        throw new TributaryError('TRIB_TEST_400', 'data', { what: 'The target answered 400.' });
      }
    },
  };
  const world = await worldOf(probe, ['a', 'b', 'poison', 'c']);

  await world.worker.create('a', sinkConfig(TOLERANT), null);
  await world.until('delivered', () => probe.values.length === 3);
  await world.until('letter', async () => (await world.read('letters').catch(() => [])).length === 1);

  const [letter] = await world.read('letters');
  assert.deepEqual(probe.values, ['a', 'b', 'c']);
  assert.equal(letter?.value, 'poison');
  assert.equal(letter?.headers['__connect.errors.stage'], 'TASK_PUT');
  assert.match(letter?.headers['__connect.errors.exception.message'] ?? '', /The target answered 400/);
  await world.close();
});

test('2: the HTTP answer stands in headers of the dead letter, without secrets and cut', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onPut: (batch, context) => {
      for (const record of batch) {
        const why = new TributaryError('TRIB_TEST_400', 'data', { what: 'no.' });
        context.reject(record, why, { status: 400, body: `key swordfish is wrong${'.'.repeat(5000)}` });
      }
    },
  };
  const world = await worldOf(probe, ['poison']);
  world.environment.redactor.add('swordfish');

  await world.worker.create('a', sinkConfig(TOLERANT), null);
  await world.until('letter', async () => (await world.read('letters').catch(() => [])).length === 1);

  const { '__trib.http.status': status, '__trib.http.answer': answer } = (await world.read('letters'))[0]!.headers;
  assert.equal(status, '400');
  assert.match(answer ?? '', /^key .{1,20} is wrong\.+$/);
  assert.doesNotMatch(answer ?? '', /swordfish/);
  assert.equal(answer?.length, 2000);
  await world.close();
});

test('2: an outage of the target is waited for and makes no dead letter', async () => {
  const probe = new SinkProbe();
  let failures = 3;
  probe.script = {
    onPut: (batch) => {
      if (batch.length > 0 && failures-- > 0) throw new TributaryError('TRIB_TEST', 'transient', { what: 'down' });
    },
  };
  const world = await worldOf(probe, ['a', 'b']);

  await world.worker.create('a', sinkConfig(TOLERANT), null);
  await world.until('delivered', () => probe.values.length === 2);

  assert.deepEqual(await world.read('letters'), []);
  await world.close();
});

test('2: a target that refuses everything is heard of in the log, though no task fails', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onPut: () => {
      throw new TributaryError('TRIB_TEST_400', 'data', { what: 'The target answered 400.' });
    },
  };
  const world = await worldOf(
    probe,
    Array.from({ length: 50 }, (_, at) => `r${at}`),
  );

  await world.worker.create('a', sinkConfig(TOLERANT), null);
  await world.until('letters', async () => (await world.read('letters').catch(() => [])).length === 50);
  world.environment.logs.flush(true);

  const told = world.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ message }) => message === 'A record was sent to the dead letters.');
  assert.deepEqual(
    told.map(({ level, repeated }) => [level, repeated]),
    [
      ['warn', undefined],
      ['warn', 49],
    ],
  );
  await world.close();
});
