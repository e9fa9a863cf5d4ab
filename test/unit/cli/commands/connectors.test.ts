import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectorsIn } from '../../../../src/host/index.ts';
import { runCli } from '../../../support/cli-run.ts';
import { SinkProbe } from '../../../support/host-world.ts';
import { type RestWorld, restWorld } from '../../../support/rest-world.ts';

const run = (world: RestWorld, ...args: string[]) => runCli(world, args, async () => connectorsIn);

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'trib-cli-')), name);
  writeFileSync(path, text);
  return path;
}

const world = async () => {
  const made = await restWorld([new SinkProbe().definition()]);
  await made.broker.createTopics([{ name: 'in', partitions: 1 }]);
  return made;
};
const SINK = { 'connector.class': 'ProbeSink', topics: 'in' };

test('apply creates from either JSON shape and from properties, updates what differs, and leaves the rest', async () => {
  const host = await world();
  const enveloped = file('a.json', JSON.stringify({ name: 'a', config: SINK, initial_state: 'STOPPED' }));
  const flat = file('b.json', JSON.stringify({ name: 'b', ...SINK }));
  const properties = file('c.properties', 'name=c\nconnector.class=ProbeSink\ntopics=in\n');

  const first = await run(host, 'connectors', 'apply', '-f', enveloped, '-f', flat, '-f', properties);
  const changed = file('b.json', JSON.stringify({ name: 'b', ...SINK, 'tasks.max': '2' }));
  const second = await run(host, 'connectors', 'apply', '-f', enveloped, '-f', changed);

  assert.deepEqual(first, { code: 0, out: 'a: created\nb: created\nc: created\n', err: '' });
  assert.deepEqual(second, { code: 0, out: 'a: unchanged\nb: configured\n', err: '' });
});

test('a config that is refused changes nothing and names each setting; a stranger is named with what was meant', async () => {
  const host = await world();
  const good = file('a.json', JSON.stringify({ name: 'a', config: SINK }));
  const bad = file('b.json', JSON.stringify({ name: 'b', config: { ...SINK, 'tasks.max': 'many', topic: 'in' } }));

  const { code, out, err } = await run(host, 'connectors', 'apply', '-f', good, '-f', bad);

  assert.equal(code, 3);
  assert.equal(out, '');
  assert.match(err, /error {2}b: tasks\.max: Invalid value many for configuration tasks\.max/);
  assert.match(err, /warning {2}b: "topic" is not a setting of ProbeSink\. Did you mean "topics"\?/);
  assert.deepEqual((await host.call('GET', '/connectors')).body, []);
});

test('a file that is no JSON is told with line and column', async () => {
  const { code, err } = await run(await world(), 'connectors', 'validate', '-f', file('a.json', '{"name": "a",}'));

  assert.equal(code, 3);
  assert.match(err, /a\.json:1:\d+: This is not valid JSON/);
});

test('a connector that is not there is answered with the nearest name', async () => {
  const host = await world();
  await host.call('PUT', '/connectors/orders-sink/config', SINK);

  const { code, err } = await run(host, 'connectors', 'pause', 'order-sink');

  assert.equal(code, 4);
  assert.equal(err, 'error  There is no connector "order-sink". Did you mean "orders-sink"?\n');
});

test('a verb that is not there is wrong use, with the nearest', async () => {
  const { code, err } = await run(await world(), 'connectors', 'restrat', 'a');

  assert.equal(code, 2);
  assert.match(err, /"restrat" is not a verb of trib connectors\. Did you mean "restart"\?/);
});

test('offsets are moved to an end after a look at what that does', async () => {
  const host = await world();
  await host.produce('in', ['1', '2', '3']);
  await host.call('PUT', '/connectors/a/config', SINK);
  const committed = async () => (await host.broker.committed('connect-a', ['in-0'])).get('in-0');
  await host.until('read', async () => (await committed()) === 3);

  const running = await run(host, 'connectors', 'offsets', 'a', '--to-earliest');
  await run(host, 'connectors', 'stop', 'a');
  await host.until('stopped', () => host.worker.status('a').tasks.length === 0);
  const dry = await run(host, 'connectors', 'offsets', 'a', '--to-earliest', '--dry-run');
  const afterDry = await committed();
  const moved = await run(host, 'connectors', 'offsets', 'a', '--to-earliest');
  const set = await run(host, 'connectors', 'offsets', 'set', 'a', '--set', 'in:0=2');

  assert.equal(running.code, 3);
  assert.match(running.err, /must be in the STOPPED state/);
  const lines = [
    'PARTITION  NOW  AFTER  READ AGAIN  PASSED OVER',
    'in:0         3      0           3            -',
    '',
  ];
  assert.equal(dry.out, lines.join('\n'));
  assert.equal(afterDry, 3);
  assert.deepEqual([moved.code, set.code, await committed()], [0, 0, 2]);
  assert.equal((await run(host, 'connectors', 'offsets', 'a')).out, 'PARTITION  OFFSET\nin:0            2\n');
});

test('lists say what fails, and why', async () => {
  const probe = new SinkProbe();
  probe.script = {
    onStart: () => {
      throw new Error('No way.');
    },
  };
  const host = await restWorld([probe.definition()]);
  await host.call('PUT', '/connectors/a/config', SINK);
  await host.until('failed', () => host.worker.status('a').tasks[0]?.state === 'FAILED');

  const { out } = await run(host, 'connectors', 'list');

  assert.match(out, /^NAME {2}TYPE {2}STATE {3}TASKS {2}CAUSE\na {5}sink {2}FAILED {4}0\/1 {2}Error: No way\./);
});

test('a name that is not there does not keep the others from being served', async () => {
  const host = await world();
  for (const name of ['one', 'two']) await host.call('PUT', `/connectors/${name}/config`, SINK);

  const { code, out, err } = await run(host, 'connectors', 'delete', 'one', 'nowhere', 'two');

  assert.equal(code, 4);
  assert.equal(out, 'one: deleted\ntwo: deleted\n');
  assert.match(err, /^error {2}There is no connector "nowhere"\./);
  assert.deepEqual((await host.call('GET', '/connectors')).body, []);
});

test('an option that is not there is answered with the one that was meant', async () => {
  const { code, err } = await run(await world(), 'connectors', 'list', '--jsn');

  assert.deepEqual([code, err], [2, 'error  --jsn is not an option here. Did you mean --json?\n']);
});
