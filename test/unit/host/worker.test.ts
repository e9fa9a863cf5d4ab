import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/connect/index.ts';
import { hostWorld, SinkProbe, SourceProbe } from '../../support/host-world.ts';

const sinkConfig = (more: Record<string, string> = {}) => ({ 'connector.class': 'ProbeSink', topics: 'in', ...more });

test('a created connector comes to run with its tasks', async () => {
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('a', sinkConfig({ 'tasks.max': '2' }), null);
  await world.until('both tasks started', () => probe.starts.length === 2);

  const { name, type, connector, tasks } = world.worker.status('a');
  assert.deepEqual([name, type, connector.state, tasks.map(({ id }) => id)], ['a', 'sink', 'RUNNING', [0, 1]]);
  await world.close();
});

test('a start that hangs blocks neither other connectors nor its own deletion', async () => {
  const stuck = new SinkProbe();
  const definition = stuck.definition('StuckSink');
  const probe = new SinkProbe();
  const hanging = {
    ...definition,
    create: () => ({ ...definition.create(), start: () => new Promise<void>(() => {}) }),
  };
  const world = await hostWorld([probe.definition(), hanging as typeof definition]);

  await world.worker.create('stuck', sinkConfig({ 'connector.class': 'StuckSink' }), null);
  await world.worker.create('well', sinkConfig(), null);
  await world.until('the other runs', () => probe.starts.length === 1);

  assert.equal(world.worker.status('stuck').connector.state, 'UNASSIGNED');
  await world.worker.remove('stuck');
  assert.deepEqual(world.worker.names(), ['well']);
  await world.close();
});

test('a config that changes nothing restarts no task, and one that does restarts it', async () => {
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('a', sinkConfig(), null);
  await world.until('it runs', () => probe.starts.length === 1);

  await world.worker.put('a', sinkConfig());
  await world.until('settled', () => world.worker.get('a').settled);
  const startsAfterSame = probe.starts.length;
  await world.worker.put('a', sinkConfig({ extra: 'x' }));
  await world.until('restarted', () => probe.starts.length === 2);

  assert.equal(startsAfterSame, 1);
  assert.equal(probe.starts[1]?.['extra'], 'x');
  await world.close();
});

test('pause, resume and stop lead to the states that Connect shows', async () => {
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('a', sinkConfig(), null);
  const states = () => {
    const { connector, tasks } = world.worker.status('a');
    return [connector.state, ...tasks.map(({ state }) => state)].join(' ');
  };

  await world.worker.setTarget('a', 'PAUSED');
  await world.until('paused', () => states() === 'PAUSED PAUSED' || states() === 'PAUSED');
  await world.worker.setTarget('a', 'STARTED');
  await world.until('running again', () => states().startsWith('RUNNING'));
  await world.worker.setTarget('a', 'STOPPED');
  await world.until('stopped', () => states() === 'STOPPED');

  assert.equal(states(), 'STOPPED');
  await world.close();
});

test('a failed task shows its trace and starts again when asked', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onStart: () => {
      throw new TributaryError('TRIB_TEST_DOWN', 'fatal', { what: 'The target is down.' });
    },
  };
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('a', sinkConfig(), null);
  await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');
  const { trace } = world.worker.status('a').tasks[0]!;

  probe.script = {};
  await world.produce('in', ['x']).catch(async () => {
    await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
    await world.produce('in', ['x']);
  });
  const plan = await world.worker.restart('a', { includeTasks: true, onlyFailed: true });
  assert.deepEqual([plan.connector.state, plan.tasks[0]?.state], ['RUNNING', 'RESTARTING']);
  await world.until('delivered', () => probe.values.length === 1);

  assert.match(trace ?? '', /^TRIB_TEST_DOWN The target is down\./);
  assert.equal(world.worker.status('a').tasks[0]?.trace, null);
  await world.close();
});

test('a failed task starts again by itself only when the settings say so, and not after a config error', async () => {
  const probe = new SinkProbe();
  let kind: 'fatal' | 'config' = 'fatal';
  probe.script = {
    onStart: () => {
      throw new TributaryError('TRIB_TEST', kind, { what: 'no.' });
    },
  };
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('a', sinkConfig({ 'task.restart.enable': 'true', 'task.restart.delay.ms': '500' }), null);
  await world.until('tried twice', () => probe.starts.length === 2);
  kind = 'config';
  await world.until('tried a third time', () => probe.starts.length === 3);
  await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');

  assert.equal(world.worker.status('a').tasks[0]?.restartsAtMs, null);
  await world.close();
});

test('connectors, their targets and their configs outlive the worker', async () => {
  const probe = new SinkProbe();
  const first = await hostWorld([probe.definition()]);
  await first.worker.create('runs', sinkConfig({ note: '${env:WORD}' }), null);
  await first.worker.create('stopped', sinkConfig(), 'STOPPED');
  await first.worker.create('gone', sinkConfig(), null);
  await first.worker.remove('gone');
  await first.close();

  const second = await hostWorld([probe.definition()], { broker: first.broker, clock: first.clock });

  assert.deepEqual([...second.worker.names()].sort(), ['runs', 'stopped']);
  await second.until('stopped', () => second.worker.status('stopped').connector.state === 'STOPPED');
  assert.equal(second.worker.info('runs').config['note'], '${env:WORD}');
  await second.close();
});

test('plugins get references resolved, and the secret shows nowhere', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onStart: (raw) => {
      throw new Error(`cannot log in with ${raw['secret.word']}`);
    },
  };
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('a', sinkConfig({ 'secret.word': '${env:WORD}' }), null);
  await world.until('failed', () => world.worker.status('a').tasks[0]?.state === 'FAILED');

  assert.equal(probe.starts[0]?.['secret.word'], 'swordfish');
  assert.match(world.worker.status('a').tasks[0]?.trace ?? '', /cannot log in with \[hidden\]/);
  assert.equal(world.log.join('\n').includes('swordfish'), false);
  await world.close();
});

test('a worker that was taken over cannot write configs any more', async () => {
  const probe = new SinkProbe();
  const first = await hostWorld([probe.definition()]);
  const second = await hostWorld([probe.definition()], { broker: first.broker, clock: first.clock });

  await assert.rejects(
    first.worker.create('late', sinkConfig(), null),
    (error) => error instanceof TributaryError && error.kind === 'fenced',
  );
  await second.worker.create('new', sinkConfig(), null);

  assert.deepEqual(second.worker.names(), ['new']);
  await second.close();
});

test('an unknown class is refused with the nearest name, and a taken name with a conflict', async () => {
  const world = await hostWorld([new SinkProbe().definition(), new SourceProbe().definition()]);
  await world.worker.create('a', sinkConfig(), null);

  await assert.rejects(
    world.worker.create('b', { 'connector.class': 'ProbSink' }, null),
    /Did you mean test\.ProbeSink\?/,
  );
  await assert.rejects(world.worker.create('a', sinkConfig(), null), /Connector a already exists/);
  await world.close();
});

test('a misspelt setting that nobody reads is named in the log, with the one that was meant', async () => {
  const world = await hostWorld([new SinkProbe().definition()]);

  await world.worker.create(
    'a',
    sinkConfig({ 'error.tolerance': 'all', 'consumer.override.max.pol.records': '1' }),
    null,
  );

  const warned = world.log.filter((line) => line.includes('"warn"')).map((line) => JSON.parse(line).message);
  assert.deepEqual(warned, [
    '"consumer.override.max.pol.records" is not known and has no effect. Did you mean "consumer.override.max.poll.records"?',
    'The setting "error.tolerance" is not known and has no effect. Did you mean "errors.tolerance"?',
  ]);
  await world.close();
});

test('a reference to an environment variable that is not set is named in the log', async () => {
  const world = await hostWorld([new SinkProbe().definition()]);

  await world.worker.create('a', sinkConfig({ 'api.key': '${' + 'env:NO_SUCH_KEY}', word: '${' + 'env:WORD}' }), null);

  const warned = world.log.filter((line) => line.includes('"warn"')).map((line) => JSON.parse(line).message);
  assert.deepEqual(warned, [
    'api.key: there is nothing to put in its place, so ${' + 'env:NO_SUCH_KEY} stands as it is written.',
  ]);
  await world.close();
});

test('a required setting that is missing because it is misspelt is refused with the slip', async () => {
  const world = await hostWorld([new SinkProbe().definition()]);

  await assert.rejects(
    world.worker.create('a', { 'connector.class': 'ProbeSink', topcs: 'in' }, null),
    /The setting "topcs" is not known and has no effect\. Did you mean "topics"\?/,
  );
  await world.close();
});
