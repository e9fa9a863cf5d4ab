import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectorFact, Facts } from '../../../src/lineage/graph.ts';
import { FactsBoard } from '../../../src/wiring/facts-board.ts';
import { turningClock } from '../../support/turning-clock.ts';

const connector = (state: string, lag: number | null): ConnectorFact => ({
  name: 'a',
  kind: 'sink',
  className: 'ProbeSink',
  state,
  tasks: [],
  reads: [],
  writes: [],
  outside: null,
  counters: {},
  lag,
});
const facts = (state: string, lag: number | null): Facts => ({
  connectors: [connector(state, lag)],
  queries: [],
  backfills: [],
});
const shown = ({ connectors, stale }: Facts & { stale: boolean }) => [connectors[0]?.state, connectors[0]?.lag, stale];

test('an outage does not hold up an answer: states are as of now, lag as of the last answer, and it says so', async () => {
  const clock = turningClock();
  let isDown = false;
  const hangs = new Promise<Facts>(() => {});
  const board = new FactsBoard(
    () => (isDown ? hangs : Promise.resolve(facts('RUNNING', 7))),
    () => facts('FAILED', null),
    clock,
  );

  const well = shown(await board.read());
  isDown = true;
  await clock.sleep(5_000);
  const startedMs = clock.now();
  const down = shown(await board.read());

  assert.deepEqual(well, ['RUNNING', 7, false]);
  assert.deepEqual(down, ['FAILED', 7, true]);
  assert.ok(clock.now() - startedMs <= 500);
});

test('all askers within a second share one gathering', async () => {
  const clock = turningClock();
  let gathered = 0;
  const gather = async () => {
    gathered++;
    return facts('RUNNING', 0);
  };
  const board = new FactsBoard(gather, () => facts('RUNNING', null), clock);

  await Promise.all([board.read(), board.read(), board.read()]);
  await board.read();

  assert.equal(gathered, 1);
});
