import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/connect/index.ts';
import { gatherFacts } from '../../../../src/wiring/facts.ts';
import { runCli } from '../../../support/cli-run.ts';
import { SinkProbe } from '../../../support/host-world.ts';
import { restWorld } from '../../../support/rest-world.ts';

interface Shown {
  readonly tasks: readonly { readonly state: string; readonly retrying?: Readonly<Record<string, unknown>> | null }[];
  readonly summary?: { readonly state: string; readonly cause: string | null };
}

async function stuckWorld() {
  const probe = new SinkProbe();
  probe.script = {
    onPut: () => {
      throw new TributaryError('TRIB_TEST_DOWN', 'transient', { what: 'The target is down.' });
    },
  };
  const world = await restWorld([probe.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await world.call('PUT', '/connectors/a/config', { 'connector.class': 'ProbeSink', topics: 'in' });
  await world.until('it is noted', () => (world.worker.status('a').tasks[0]?.retrying?.attempts ?? 0) >= 2);
  return { world, probe };
}

test('with details a status tells what is tried again, and why; without, it is that of the reference', async () => {
  const { world, probe } = await stuckWorld();

  const plain = (await world.call('GET', '/connectors/a/status')).body as Shown;
  const full = (await world.call('GET', '/connectors/a/status?details=true')).body as Shown;
  probe.script = {};
  await world.until('it is over', () => world.worker.status('a').tasks[0]?.retrying === null);
  const after = (await world.call('GET', '/connectors/a/status?details=true')).body as Shown;

  assert.deepEqual(Object.keys(plain.tasks[0]!), ['id', 'state', 'worker_id', 'version']);
  assert.equal(full.tasks[0]?.state, 'RUNNING');
  const { since, attempts, ...rest } = full.tasks[0]?.retrying ?? {};
  assert.deepEqual(rest, { stage: 'put', message: 'The target is down.' });
  assert.match(String(since), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok((attempts as number) >= 2);
  assert.equal(full.summary?.state, 'RUNNING');
  assert.match(full.summary?.cause ?? '', /^retrying since \d\d:\d\d:\d\dZ \(\d+ times\): The target is down\.$/);
  assert.deepEqual([after.tasks[0]?.retrying, after.summary?.cause], [null, null]);
  await world.close();
});

test('terminal and page show what is tried again as the cause', async () => {
  const { world } = await stuckWorld();
  const told = /retrying since \S+Z \(\d+ times\): The target is down\./;

  const list = await runCli(world, ['connectors', 'list']);
  const show = await runCli(world, ['connectors', 'show', 'a']);
  const facts = await gatherFacts(world.worker, { queries: () => [], backfills: () => [] });

  assert.match(list.out.split('\n')[1] ?? '', /^a +sink +RUNNING +1\/1 +retrying/);
  assert.match(list.out, told);
  assert.match(show.out.split('\n')[2] ?? '', /^task 0 +RUNNING/);
  assert.match(show.out, told);
  assert.match(facts.connectors[0]?.tasks[0]?.retrying ?? '', told);
  await world.close();
});
