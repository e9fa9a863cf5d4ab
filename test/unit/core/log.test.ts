import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Logs } from '../../../src/core/log.ts';

function world() {
  const lines: Record<string, unknown>[] = [];
  const logs = new Logs({
    write: (line) => lines.push(JSON.parse(line)),
    now: () => 1_700_000_000_000,
    redact: (text) => text.replaceAll('swordfish', '[hidden]'),
  });
  return { logs, lines };
}

test('a line is one JSON object with time, level, logger, fields and message, and no secret', () => {
  const { logs, lines } = world();

  logs.logger('connect.a').with({ connector: 'a' }).warn('Password swordfish is wrong.', { attempt: 2 });

  assert.deepEqual(lines, [
    {
      time: '2023-11-14T22:13:20.000Z',
      level: 'warn',
      logger: 'connect.a',
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
