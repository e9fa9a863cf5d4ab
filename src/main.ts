#!/usr/bin/env node
// `trib`: the process. Everything is loaded by the command that needs it, so that the command line answers at once.
import { once } from 'node:events';
import { type CliParts, trib } from './cli/index.ts';
import type { CliIo } from './cli/io.ts';
import { PRODUCT_VERSION } from './wiring/version.ts';

const parts: CliParts = {
  version: PRODUCT_VERSION,
  startHost: guardedHost,
  readConnectors: async () => (await import('./host/config/config-files.ts')).connectorsIn,
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

/** A host is guarded against what no code catches; before it has a log, complaints go to standard error. */
async function guardedHost(): Promise<Awaited<ReturnType<CliParts['startHost']>>> {
  const [{ startHost }, { guardProcess }] = await Promise.all([
    import('./wiring/host.ts'),
    import('./wiring/process-guards.ts'),
  ]);
  return async (options) => {
    let complain = (text: string): unknown => process.stderr.write(`${text}\n`);
    guardProcess((text, verdict) => complain(`${verdict === 'exit' ? 'The host ends. ' : ''}Nobody caught: ${text}`));
    const host = await startHost(options);
    complain = host.complain;
    return host;
  };
}

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
function onInterrupt(act: (exitCode: 130 | 143) => void): () => void {
  let asked = false;
  const listener = (name: NodeJS.Signals): void => {
    const exitCode = name === 'SIGINT' ? 130 : 143;
    if (asked) process.exit(exitCode);
    asked = true;
    act(exitCode);
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => process.off('SIGINT', listener).off('SIGTERM', listener);
}
