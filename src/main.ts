#!/usr/bin/env node
// `trib`: the process. Everything is loaded by the command that needs it, so that the command line answers at once.
import { once } from 'node:events';
import { type CliParts, trib } from './cli/index.ts';
import type { CliIo } from './cli/io.ts';
import { PRODUCT_VERSION } from './wiring/version.ts';

const parts: CliParts = {
  version: PRODUCT_VERSION,
  startHost: async () => (await import('./wiring/host.ts')).startHost,
  readConnectors: async () => (await import('./host/config-files.ts')).connectorsIn,
  commands: {
    backfill: {
      summary: 'start, follow, cancel and retry back-fills over REST',
      load: async () => (await import('./cli/commands/backfill.ts')).backfill,
    },
    sql: {
      summary: 'run SQL statements against a worker, or open a prompt',
      load: async () => (await import('./cli/commands/sql.ts')).sql,
    },
    eval: {
      summary: 'evaluate SQL on given rows, one JSON request a line',
      load: async () => (await import('./wiring/commands.ts')).evaluate,
    },
    transform: {
      summary: 'records through the transforms of a connector: a dry run',
      load: async () => (await import('./wiring/commands.ts')).transform,
    },
  },
};

process.exitCode = await trib(process.argv.slice(2), processIo(), parts);
// Written output leaves the process before it ends; what else is still open does not hold it.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => (stream.writableNeedDrain ? once(stream, 'drain') : undefined)),
);
process.exit();

function processIo(): CliIo {
  // A closed pipe (`| head`) ends quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    environment: process.env,
    sleep: async (ms, signal) => {
      const { systemClock } = await import('./adapters/system-clock.ts');
      await systemClock().sleep(ms, signal);
    },
    onInterrupt,
  };
}

/** The first signal asks to stop, the second ends the process at once. */
function onInterrupt(act: () => void): () => void {
  let asked = false;
  const listener = (name: NodeJS.Signals): void => {
    if (asked) process.exit(name === 'SIGINT' ? 130 : 143);
    asked = true;
    act();
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => process.off('SIGINT', listener).off('SIGTERM', listener);
}
