import assert from 'node:assert/strict';
import { test } from 'node:test';
import { screenOn } from '../../../../src/cli/commands/screen.ts';
import type { CliIo } from '../../../../src/cli/io.ts';

const INFO = '{"level":"info","logger":"host","message":"Connector created."}';
const WARN = '{"level":"warn","logger":"connect.a","message":"It is slow."}';

function world(isTerminal: boolean) {
  const written: string[] = [];
  const io: CliIo = {
    out: () => {},
    err: (text) => written.push(text),
    isTerminal,
    environment: {},
    sleep: async () => {},
    onInterrupt: () => () => {},
  };
  return { io, written };
}

test('a table is drawn over the one before', () => {
  const { io, written } = world(true);
  const screen = screenOn(io, false);

  screen.table('A  1\nB  2\n');
  screen.table('A  3\n');

  assert.deepEqual(written, ['A  1\nB  2\n', '\r\u001b[2A\u001b[J', 'A  3\n']);
});

test('a line takes the table away, and the next table stands below the line', () => {
  const { io, written } = world(true);
  const screen = screenOn(io, false);

  screen.table('A  1\n');
  screen.log(WARN);
  screen.table('A  2\n');

  assert.deepEqual(written, ['A  1\n', '\r\u001b[1A\u001b[J', 'WARN  connect.a: It is slow.\n', 'A  2\n']);
});

test('the last table stays above what is said after it', () => {
  const { io, written } = world(true);
  const screen = screenOn(io, false);

  screen.table('A  1\n', 'last');
  screen.say('Stopping …');

  assert.deepEqual(written, ['A  1\n', 'Stopping …\n']);
});

test('a terminal gets no line of mere information, unless everything is asked for', () => {
  const quiet = world(true);
  const loud = world(true);

  screenOn(quiet.io, false).log(INFO);
  screenOn(loud.io, true).log(INFO);

  assert.deepEqual(quiet.written, []);
  assert.deepEqual(loud.written, [`${INFO}\n`]);
});

test('elsewhere each log line is written as it is, and tables follow each other', () => {
  const { io, written } = world(false);
  const screen = screenOn(io, false);

  screen.log(INFO);
  screen.table('A  1\n');
  screen.table('A  2\n');

  assert.deepEqual(written, [`${INFO}\n`, 'A  1\n', 'A  2\n']);
});
