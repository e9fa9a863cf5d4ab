import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectorDef, type ProcessorTask, TributaryError } from '../../../../src/connect/index.ts';
import { RetryNote } from '../../../../src/host/tasks/retry-note.ts';
import { type HostWorld, hostWorld, SinkProbe, SourceProbe } from '../../../support/host-world.ts';

const down = (what: string) => new TributaryError('TRIB_TEST_DOWN', 'transient', { what });
const retryingOf = (world: HostWorld) => world.worker.status('a').tasks[0]?.retrying ?? null;

/** Waits until the work was tried some times; answers the note. */
async function noted(world: HostWorld) {
  await world.until('it is noted', () => (retryingOf(world)?.attempts ?? 0) >= 3);
  assert.equal(world.worker.status('a').tasks[0]?.state, 'RUNNING');
  assert.equal(world.worker.status('a').tasks[0]?.trace, null);
  return retryingOf(world)!;
}

test('a source that cannot be polled tells since when and why, until it can', async () => {
  const probe = new SourceProbe();
  let isDown = true;
  probe.onPoll = () => {
    if (isDown) throw down('The source does not answer.');
  };
  const world = await hostWorld([probe.definition()]);
  const startedMs = world.clock.now();
  await world.worker.create('a', { 'connector.class': 'ProbeSource', topic: 'out' }, null);

  const note = await noted(world);
  isDown = false;
  await world.until('it is over', () => retryingOf(world) === null);

  assert.equal(note.stage, 'poll');
  assert.equal(note.message, 'The source does not answer.');
  assert.ok(note.sinceMs >= startedMs && note.sinceMs <= world.clock.now() - 600, String(note.sinceMs - startedMs));
  await world.close();
});

test('a source whose registry is down tells so', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a');
  const world = await hostWorld([probe.definition()]);
  const { registry } = world.environment;
  const register = registry.register.bind(registry);
  registry.register = () => Promise.reject(down('The registry http://r:8081 does not answer.'));
  const avro = { 'value.converter': 'io.confluent.connect.avro.AvroConverter' };
  const config = { 'connector.class': 'ProbeSource', topic: 'out', 'value.converter.schema.registry.url': 'embedded' };
  await world.worker.create('a', { ...config, ...avro }, null);

  const note = await noted(world);
  registry.register = register;
  await world.until('it is over', () => retryingOf(world) === null);

  assert.equal(note.stage, 'write');
  assert.equal(note.message, 'The registry http://r:8081 does not answer.');
  await world.close();
});

test('a sink whose target is down tells so without its secrets, and nothing while it is paused', async () => {
  const probe = new SinkProbe();
  let isDown = true;
  probe.script = {
    onPut: () => {
      if (isDown) throw down('The target refuses swordfish.');
    },
  };
  const world = await hostWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['x']);
  const config = { 'connector.class': 'ProbeSink', topics: 'in', 'secret.word': '${' + 'env:WORD}' };
  await world.worker.create('a', config, null);

  const note = await noted(world);
  await world.worker.setTarget('a', 'PAUSED');
  await world.until('nothing is told', () => retryingOf(world) === null);
  await world.worker.setTarget('a', 'STARTED');
  await world.until('told again', () => retryingOf(world) !== null);
  isDown = false;
  await world.until('it is over', () => retryingOf(world) === null && probe.values.length === 1);

  assert.equal(note.stage, 'put');
  assert.doesNotMatch(note.message, /swordfish/);
  assert.match(note.message, /^The target refuses .+\.$/);
  await world.close();
});

test('a sink that reads well and cannot flush tells so', async () => {
  const probe = new SinkProbe();
  let isDown = true;
  probe.script = {
    onPreCommit: (handed) => {
      if (isDown) throw down('The target does not take the batch.');
      return handed;
    },
  };
  const world = await hostWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.produce('in', ['x']);
  await world.worker.create('a', { 'connector.class': 'ProbeSink', topics: 'in' }, null);

  const note = await noted(world);
  isDown = false;
  await world.until('it is over', () => retryingOf(world) === null);

  assert.equal(note.stage, 'flush');
  await world.close();
});

test('a task that tries again by itself tells of it', async () => {
  let isDown = true;
  const definition: ConnectorDef = {
    ...{ kind: 'processor', name: 'P', classes: ['test.P'], doc: 'Tries again.', version: '1.0', config: [] },
    create: () => ({
      start: async () => {},
      taskConfigs: () => [{}],
      stop: async () => {},
      task: (): ProcessorTask => {
        const { promise, resolve } = Promise.withResolvers<void>();
        return {
          start: async (_config, _raw, { clock, signal, retrying }) => {
            const work = async () => {
              for (; isDown && !signal.aborted; await clock.sleep(500)) retrying?.(new Error('No source cluster.'));
              retrying?.(null);
            };
            void work();
          },
          run: () => promise,
          stop: async () => resolve(),
        };
      },
    }),
  };
  const world = await hostWorld([definition]);
  await world.worker.create('a', { 'connector.class': 'P' }, null);

  const note = await noted(world);
  isDown = false;
  await world.until('it is over', () => retryingOf(world) === null);

  assert.equal(note.stage, 'task');
  assert.equal(note.message, 'No source cluster.');
  await world.close();
});

test('of several that fail the oldest is told, and each is over by its own success', () => {
  const note = new RetryNote();
  note.failed('flush', new Error('no flush'), 1000);
  note.failed('put', new Error('no put'), 2000);
  note.failed('flush', new Error('still no flush'), 3000);

  const first = note.current;
  note.done('read');
  note.done('flush');
  const second = note.current;
  note.done('put');

  assert.deepEqual(first, { stage: 'flush', sinceMs: 1000, attempts: 2, message: 'still no flush' });
  assert.deepEqual(second, { stage: 'put', sinceMs: 2000, attempts: 1, message: 'no put' });
  assert.equal(note.current, null);
});
