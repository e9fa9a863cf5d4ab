import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipelineTable, type RunningHost, run } from '../../../../src/cli/commands/run.ts';
import type { CliIo } from '../../../../src/cli/io.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import type { ConnectorFact, Facts } from '../../../../src/lineage/graph.ts';

const sink: ConnectorFact = {
  name: 'braze',
  kind: 'sink',
  className: 'BrazeSink',
  state: 'RUNNING',
  tasks: [],
  reads: ['in'],
  writes: [],
  outside: 'Braze',
  counters: { records_read: 12, events_accepted: 10, events_rejected: 2 },
  lag: 0,
};
const facts: Facts = { connectors: [sink], queries: [], backfills: [] };

function world(outcome: { done: boolean; failures?: readonly string[] }, problems: readonly string[] = []) {
  const err: string[] = [];
  let closed = 0;
  const io: CliIo = {
    out: () => {},
    err: (text) => err.push(text),
    isTerminal: false,
    environment: {},
    sleep: (_ms, signal) =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
    onInterrupt: () => () => {},
  };
  const host: RunningHost = {
    urls: { rest: 'http://127.0.0.1:8083', ksql: null, page: null },
    notes: [],
    problems,
    facts: async () => facts,
    caughtUp: async () => outcome,
    complain: () => {},
    close: async () => {
      closed++;
    },
  };
  return { io, err, host, closed: () => closed };
}

test('one line a pipeline: records read, rows out, accepted, errors, lag', () => {
  assert.equal(
    pipelineTable(facts),
    [
      'PIPELINE  STATE    RECORDS READ  ROWS OUT  ACCEPTED  ERRORS  LAG',
      'braze     RUNNING            12        12        10       2    0',
      '',
    ].join('\n'),
  );
});

test('until caught up ends with 0, after the last table, and closes the host', async () => {
  const { io, err, host, closed } = world({ done: true });

  const code = await run(['--until-caught-up'], io, async () => host);

  assert.equal(code, 0);
  assert.match(err.join(''), /^Connect REST {2}http:\/\/127\.0\.0\.1:8083\nEverything is delivered\.\nPIPELINE/);
  assert.equal(closed(), 1);
});

test('the host is told that the run is to end by itself, and may refuse', async () => {
  const { io, err } = world({ done: true });
  const asked: boolean[] = [];
  const start = async ({ untilCaughtUp }: { readonly untilCaughtUp: boolean }): Promise<RunningHost> => {
    asked.push(untilCaughtUp);
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', { what: 'Not in a group.' });
  };

  const codes = [await run(['--until-caught-up'], io, start), await run([], io, start)];

  assert.deepEqual([codes, asked], [[3, 3], [true, false]]); // biome-ignore format: one thing
  assert.match(err.join(''), /error TRIB_CONFIG_INVALID {2}Not in a group\./);
});

test('until caught up ends with 1 and says what failed, or what was left out', async () => {
  const failed = world({ done: false, failures: ['task a-0: TRIB_X it broke'] });
  const leftOut = world({ done: true }, ['a.json:1:2: This is not valid JSON']);

  assert.equal(await run(['--until-caught-up'], failed.io, async () => failed.host), 1);
  assert.equal(await run(['--until-caught-up'], leftOut.io, async () => leftOut.host), 1);

  assert.match(failed.err.join(''), /failed: task a-0: TRIB_X it broke/);
  assert.match(leftOut.err.join(''), /problem: a\.json:1:2/);
});

test('a Kafka that is down under the live table ends neither the table nor the host', async () => {
  const { io, err, host, closed } = world({ done: true });
  let looks = 0;
  let caughtUp = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    caughtUp = resolve;
  });
  const down: RunningHost = {
    ...host,
    facts: async () => {
      looks++;
      if (looks === 3) caughtUp();
      if (looks < 3) throw new TributaryError('TRIB_KAFKA_UNREACHABLE', 'transient', { what: 'Kafka is down.' });
      return facts;
    },
    caughtUp: async () => {
      await waiting;
      return { done: true };
    },
  };
  // Each look at the host follows the one before without a wait.
  const quick: CliIo = { ...io, sleep: (_ms, signal) => (looks < 3 ? Promise.resolve() : io.sleep(0, signal)) };

  const code = await run(['--until-caught-up'], quick, async () => down);

  assert.equal(code, 0);
  assert.equal(closed(), 1);
  assert.match(err.join(''), /Everything is delivered/);
});

test('a signal while the start waits ends with the code of that signal, not with success', async () => {
  const waiting = ({ signal }: { readonly signal: AbortSignal }): Promise<RunningHost> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));
  for (const exitCode of [130, 143] as const) {
    const { io } = world({ done: true });
    const interrupted: CliIo = {
      ...io,
      onInterrupt: (act) => {
        queueMicrotask(() => act(exitCode));
        return () => {};
      },
    };

    assert.equal(await run([], interrupted, waiting), exitCode);
  }
});
