import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConnectorDef,
  type ProcessorContext,
  type ProcessorTask,
  TributaryError,
} from '../../../../src/connect/index.ts';
import { hostWorld } from '../../../support/host-world.ts';

type Run = (context: ProcessorContext, stopped: Promise<void>) => Promise<void>;

function processor(run: Run, seen: string[] = []): ConnectorDef {
  return {
    kind: 'processor',
    name: 'ProbeProcessor',
    classes: ['test.ProbeProcessor'],
    doc: 'Runs what a test says.',
    version: '1.0',
    config: [],
    create: () => ({
      start: async () => {},
      taskConfigs: () => [{}],
      stop: async () => {},
      task: (): ProcessorTask => {
        const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
        let context: ProcessorContext;
        return {
          start: async (_config, _raw, given) => {
            context = given;
            seen.push('start');
          },
          run: () => run(context, stopped),
          stop: async () => {
            seen.push('stop');
            stop();
          },
        };
      },
    }),
  };
}
const config = { 'connector.class': 'ProbeProcessor' };

test('a processor is stopped on pause and made anew on resume', async () => {
  const seen: string[] = [];
  const world = await hostWorld([processor((_context, stopped) => stopped, seen)]);
  await world.worker.create('p', config, null);
  await world.until('running', () => world.worker.status('p').tasks[0]?.state === 'RUNNING');

  await world.worker.setTarget('p', 'PAUSED');
  await world.until('paused', () => world.worker.status('p').tasks[0]?.state === 'PAUSED');
  await world.worker.setTarget('p', 'STARTED');
  await world.until('running again', () => world.worker.status('p').tasks[0]?.state === 'RUNNING');

  assert.deepEqual(seen, ['start', 'stop', 'start']);
  await world.close();
});

test('an error of the run fails the task, and so does one from its background', async () => {
  let how: 'run' | 'background' = 'run';
  const world = await hostWorld([
    processor(async (context, stopped) => {
      if (how === 'run') throw new TributaryError('TRIB_TEST', 'fatal', { what: 'The run broke.' });
      context.fail(new Error('The background broke.'));
      await stopped;
    }),
  ]);
  await world.worker.create('p', config, null);
  await world.until('failed', () => world.worker.status('p').tasks[0]?.state === 'FAILED');
  const first = world.worker.status('p').tasks[0]?.trace;

  how = 'background';
  await world.worker.restartTask('p', 0);
  await world.until('failed', () => world.worker.status('p').tasks[0]?.state === 'FAILED');

  assert.match(first ?? '', /The run broke\./);
  assert.match(world.worker.status('p').tasks[0]?.trace ?? '', /The background broke\./);
  await world.close();
});

test('a processor that was taken over closes quietly', async () => {
  const world = await hostWorld([
    processor(async () => {
      throw new TributaryError('TRIB_PRODUCER_FENCED', 'fenced', { what: 'Another holds the id.' });
    }),
  ]);

  await world.worker.create('p', config, null);
  await world.until('closed', () => world.log.some((line) => line.includes('has taken this task over')));

  const task = {
    id: 0,
    state: 'UNASSIGNED',
    trace: null,
    workerId: 'localhost:8083',
    version: '1.0',
    restartsAtMs: null,
    retrying: null,
  };
  assert.deepEqual(world.worker.status('p').tasks, [task]);
  await world.close();
});

test('a transient error starts the task again without being asked for', async () => {
  let tries = 0;
  const world = await hostWorld([
    processor(async (_context, stopped) => {
      if (++tries < 3) throw new TributaryError('TRIB_TEST', 'transient', { what: 'Not now.' });
      await stopped;
    }),
  ]);

  await world.worker.create('p', config, null);
  await world.until('running', () => tries === 3 && world.worker.status('p').tasks[0]?.state === 'RUNNING');

  assert.equal(world.worker.status('p').tasks[0]?.trace, null);
  await world.close();
});

test('the host lends services, ids, converters and tolerance, and sees which topics are used', async () => {
  let lent: unknown[] = [];
  const world = await hostWorld([
    processor(async (context, stopped) => {
      await context.broker.createTopics([{ name: 'made', partitions: 1 }]);
      const producer = await context.broker.transact(context.transactionalId);
      producer.begin();
      producer.lane('made', 0).append(-1, null, 0, 0, Buffer.from('x'), 0, 1, null);
      await producer.commit(null, new Map());
      await producer.close();
      const reader = await context.broker.read(new Map([['made-0', 0]]), { isolation: 'committed' });
      await reader.close();
      const letter = context.failed({
        stage: 'TRANSFORMATION',
        className: 'x',
        topic: 'in',
        partition: 0,
        offset: 7,
        error: new Error('bad'),
      });
      lent = [
        context.service('greeting'),
        context.transactionalId,
        context.group,
        context.converters.value.decode('t', Buffer.from('hi'), 0, 2).value,
        letter,
      ];
      await stopped;
    }),
  ]);
  world.environment.services.provide('greeting', 'hello');

  await world.worker.create(
    'p',
    { ...config, 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'dead' },
    null,
  );
  await world.until('it ran', () => lent.length > 0);

  assert.deepEqual(lent, ['hello', 'test-p-0', 'connect-p', 'hi', { topic: 'dead', headers: [] }]);
  const { reads, writes } = world.worker.get('p');
  assert.deepEqual([[...reads], [...writes]], [['made'], ['made']]);
  await world.close();
});
