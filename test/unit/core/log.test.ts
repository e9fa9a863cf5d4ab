import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Logs } from '../../../src/core/log.ts';

function world() {
  const lines: Record<string, unknown>[] = [];
  let nowMs = 1_700_000_000_000;
  const logs = new Logs({
    write: (line) => lines.push(JSON.parse(line)),
    now: () => nowMs,
    redact: (text) => text.replaceAll('swordfish', '[hidden]'),
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { logs, lines, pass };
}

test('a line is one JSON object with time, level, logger, fields and message, and no secret', () => {
  const { logs, lines } = world();

  logs.logger('connect.a').with({ connector: 'a' }).warn('Password swordfish is wrong.', { attempt: 2 });

  assert.deepEqual(lines, [
    {
      time: '2023-11-14T22:13:20.000Z',
      level: 'warn',
      logger: 'connect.a',
      'connector.context': '[a|worker]',
      connector: 'a',
      attempt: 2,
      message: 'Password [hidden] is wrong.',
    },
  ]);
});

test('a level holds for everything below its name until it is set there', () => {
  const { logs, lines } = world();
  const parent = logs.logger('one');
  const child = logs.logger('one.two');

  assert.deepEqual(logs.setLevel('one', 'DEBUG'), ['one', 'one.two']);
  child.debug('shown');
  logs.setLevel('one.two', 'OFF');
  child.error('not shown');
  parent.debug('shown too');

  assert.deepEqual(
    lines.map(({ message }) => message),
    ['shown', 'shown too'],
  );
  assert.deepEqual(logs.get('one.two'), { level: 'OFF', lastModified: 1_700_000_000_000 });
  assert.equal(logs.get('never'), null);
});

test('lines of a connector carry the context by which users of Kafka Connect filter', () => {
  const { logs, lines } = world();

  logs.logger('connect.orders.task-0').with({ connector: 'orders', task: 0 }).info('Task is running.');
  logs.logger('host').info('Connector created.', { connector: 'orders' });

  assert.deepEqual(
    lines.map((line) => line['connector.context']),
    ['[orders|task-0]', '[orders|worker]'],
  );
});

test('a storm of one line is told a few times and then counted', () => {
  const { logs, lines, pass } = world();
  const storm = (task: number) =>
    logs.logger(`connect.c${task}.task-0`).warn('The broker cannot be reached.', { error: `refused 10.0.0.1:${task}` });

  for (let round = 0; round < 3; round++) for (let task = 0; task < 100; task++) storm(task);
  pass(31_000);
  logs.flush();
  storm(7);

  assert.deepEqual(
    lines.map(({ logger, repeated }) => [logger, repeated]),
    [
      ['connect.c0.task-0', undefined],
      ['connect.c1.task-0', undefined],
      ['connect.c2.task-0', undefined],
      ['connect.c3.task-0', undefined],
      ['connect.c4.task-0', undefined],
      ['log', 295],
      ['connect.c7.task-0', undefined],
    ],
  );
  assert.equal(lines[5]!['loggerCount'], 100);
});

test('what one logger repeats is told under its name when the window ends', () => {
  const { logs, lines, pass } = world();
  const log = logs.logger('connect.a.task-0');
  for (let attempt = 0; attempt < 4; attempt++) log.error('Task failed.', { error: 'no' });

  pass(30_000);
  log.error('Task failed.', { error: 'no' });
  log.info('Fine.');
  log.info('Fine.');

  assert.deepEqual(
    lines.map(({ logger, message, repeated }) => [logger, message, repeated]),
    [
      ['connect.a.task-0', 'Task failed.', undefined],
      ['connect.a.task-0', 'Task failed.', 3],
      ['connect.a.task-0', 'Task failed.', undefined],
      ['connect.a.task-0', 'Fine.', undefined],
      ['connect.a.task-0', 'Fine.', undefined],
    ],
  );
});
