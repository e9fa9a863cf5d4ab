import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CliParts, trib } from '../../../src/cli/index.ts';
import type { CliIo } from '../../../src/cli/io.ts';
import { TributaryError } from '../../../src/core/errors.ts';

function world() {
  const out: string[] = [];
  const err: string[] = [];
  const io: CliIo = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    isTerminal: false,
    environment: {},
    sleep: async () => {},
    onInterrupt: () => () => {},
  };
  const parts: CliParts = {
    version: '1.2.3',
    startHost: async () => async () => {
      throw new TributaryError('TRIB_PORT_IN_USE', 'config', { what: 'Port 8083 is in use.' });
    },
    readConnectors: async () => () => [],
    commands: { eval: { summary: 'runs SQL', load: async () => async (args) => args.length } },
  };
  return { io, parts, out, err };
}

test('help names every command, and a command of its own is run with its arguments', async () => {
  const { io, parts, out } = world();

  assert.equal(await trib(['--help'], io, parts), 0);
  assert.equal(await trib(['eval', 'a', 'b'], io, parts), 2);

  assert.match(out[0]!, /run {9}start a worker/);
  assert.match(out[0]!, /eval {8}runs SQL/);
});

test('an unknown command is answered with the nearest one and exit code 2', async () => {
  const { io, parts, err } = world();

  assert.equal(await trib(['conectors'], io, parts), 2);

  assert.match(err[0]!, /"conectors" is not a command of trib\. Did you mean "trib connectors"\?/);
});

test('a start that fails says why on one line, without a stack', async () => {
  const { io, parts, err } = world();

  assert.equal(await trib(['run', 'worker.json'], io, parts), 3);

  assert.deepEqual(err, ['error TRIB_PORT_IN_USE  Port 8083 is in use.\n']);
});

test('an unknown flag is wrong use', async () => {
  const { io, parts, err } = world();

  assert.equal(await trib(['run', '--until-cought-up'], io, parts), 2);

  assert.match(err[0]!, /--until-cought-up/);
});
