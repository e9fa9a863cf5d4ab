// The calls of well-known clients, one after the other as they make them: each must succeed with what the client's decoder takes.
// Which calls, and what they check: the reference of the REST API, "what real clients send".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../../support/host-process.ts';
import { SinkProbe } from '../../../support/host-world.ts';
import { type Answer, type RestWorld, restWorld } from '../../../support/rest-world.ts';

const config = { 'connector.class': 'ProbeSink', topics: 'in', 'tasks.max': '2' };

/** Calls and expects this status; a client that meets another shows an error. */
async function ok(world: RestWorld, status: number, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await world.call(method, path, body);
  assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer;
}

async function running(world: RestWorld, name: string): Promise<void> {
  await eventually(`${name} runs`, 5_000, async () => {
    const { body } = await world.call('GET', `/connectors/${name}/status`);
    const { connector, tasks } = body as Status;
    return connector?.state === 'RUNNING' && tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING');
  });
}

interface Status {
  readonly name: string;
  readonly type: string;
  readonly connector: { readonly state: string; readonly worker_id: string };
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker_id: string }[];
}

test('kcctl: every command succeeds', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  // info, and the version that it decides by
  const { body: info } = await ok(world, 200, 'GET', '/');
  assert.match((info as { version: string }).version, /^\d+\.\d+(\.\d+)?$/);
  // get plugins, describe plugin
  await ok(world, 200, 'GET', '/connector-plugins?connectorsOnly=false');
  await ok(world, 200, 'GET', '/connector-plugins?connectorsOnly=true');
  await ok(world, 200, 'GET', '/connector-plugins/ProbeSink/config');
  // apply: validate, look, create (with a slash behind), apply again
  await ok(world, 200, 'PUT', '/connector-plugins/ProbeSink/config/validate', { name: 'a', ...config });
  await ok(world, 200, 'GET', '/connectors/');
  await ok(world, 201, 'POST', '/connectors/', { name: 'a', config });
  await running(world, 'a');
  await ok(world, 200, 'PUT', '/connectors/a/config', { ...config, 'tasks.max': '1' });
  await running(world, 'a');
  // get connectors, describe connector
  await ok(world, 200, 'GET', '/connectors?expand=info&expand=status');
  for (const part of ['', '/status', '/topics', '/config', '/tasks', '/offsets']) {
    await ok(world, 200, 'GET', `/connectors/a${part}`);
  }
  // pause, resume, restart, restart task
  await ok(world, 202, 'PUT', '/connectors/a/pause');
  await ok(world, 202, 'PUT', '/connectors/a/resume');
  await running(world, 'a');
  await ok(world, 204, 'POST', '/connectors/a/restart');
  await ok(world, 202, 'POST', '/connectors/a/restart?includeTasks=true&onlyFailed=false');
  await running(world, 'a');
  await ok(world, 204, 'POST', '/connectors/a/tasks/0/restart');
  // stop, patch offsets, delete offsets
  await ok(world, 204, 'PUT', '/connectors/a/stop');
  await eventually(
    'its tasks are gone',
    5_000,
    async () => ((await world.call('GET', '/connectors/a/status')).body as Status).tasks.length === 0,
  );
  await world.environment.broker.createTopics([{ name: 'in', partitions: 1 }]);
  await ok(world, 200, 'PATCH', '/connectors/a/offsets', {
    offsets: [{ partition: { kafka_topic: 'in', kafka_partition: 0 }, offset: { kafka_offset: 3 } }],
  });
  const { body: offsets } = await ok(world, 200, 'GET', '/connectors/a/offsets');
  const [first] = (offsets as { offsets: { partition: unknown; offset: unknown }[] }).offsets;
  assert.deepEqual(first?.partition, { kafka_partition: 0, kafka_topic: 'in' });
  assert.deepEqual(first?.offset, { kafka_offset: 3 });
  await ok(world, 200, 'DELETE', '/connectors/a/offsets');
  // patch, loggers, delete
  await ok(world, 200, 'PATCH', '/connectors/a/config', { 'tasks.max': '2' });
  await ok(world, 200, 'GET', '/admin/loggers');
  await ok(world, 200, 'PUT', '/admin/loggers/org.apache.kafka.connect', { level: 'DEBUG' });
  await ok(world, 204, 'PUT', '/admin/loggers/org.apache.kafka.connect?scope=cluster', { level: 'INFO' });
  await ok(world, 200, 'GET', '/admin/loggers/org.apache.kafka.connect');
  await ok(world, 204, 'DELETE', '/connectors/a');
  // Errors are told by status and text.
  const { body: gone } = await ok(world, 404, 'GET', '/connectors/a');
  assert.deepEqual(gone, { error_code: 404, message: 'Connector a not found' });
  await world.close();
});

const WIDTHS = ['SHORT', 'MEDIUM', 'LONG', 'NONE'];
const IMPORTANCES = ['LOW', 'MEDIUM', 'HIGH'];
const TYPES = ['BOOLEAN', 'CLASS', 'DOUBLE', 'INT', 'LIST', 'LONG', 'PASSWORD', 'SHORT', 'STRING'];
const STATES = ['RUNNING', 'FAILED', 'PAUSED', 'RESTARTING', 'UNASSIGNED'];

interface Definition {
  readonly name: string;
  readonly type: string;
  readonly width: string;
  readonly importance: string;
}

test('kafka-ui: its strict enums hold, and its calls succeed', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  const { body: plugins } = await ok(world, 200, 'GET', '/connector-plugins');
  for (const plugin of plugins as { class: string; type: string }[]) assert.match(plugin.type, /^(source|sink)$/);
  const { body: validated } = await ok(world, 200, 'PUT', '/connector-plugins/ProbeSink/config/validate', {
    name: 'a',
    ...config,
  });
  for (const { definition } of (validated as { configs: { definition: Definition | null }[] }).configs) {
    if (definition === null) continue;
    assert.ok(TYPES.includes(definition.type), `${definition.name}: type ${definition.type}`);
    assert.ok(WIDTHS.includes(definition.width), `${definition.name}: width ${definition.width}`);
    assert.ok(IMPORTANCES.includes(definition.importance), `${definition.name}: importance ${definition.importance}`);
  }
  await ok(world, 201, 'POST', '/connectors', { name: 'a', config });
  await running(world, 'a');
  await ok(world, 200, 'GET', '/connectors?expand=status&expand=info');
  const { body: connector } = await ok(world, 200, 'GET', '/connectors/a');
  assert.match((connector as { type: string }).type, /^(source|sink)$/);
  const { body: status } = await ok(world, 200, 'GET', '/connectors/a/status');
  assert.ok(STATES.includes((status as Status).connector.state));
  for (const { id, state, worker_id } of (status as Status).tasks) {
    assert.equal(typeof id, 'number');
    assert.ok(STATES.includes(state));
    assert.match(worker_id, /^.+:\d+$/);
  }
  await ok(world, 200, 'GET', '/connectors/a/tasks');
  await ok(world, 200, 'GET', '/connectors/a/tasks/0/status');
  await ok(world, 200, 'GET', '/connectors/a/topics');
  await ok(world, 200, 'PUT', '/connectors/a/config', { ...config, 'tasks.max': '1' });
  await ok(world, 204, 'POST', '/connectors/a/tasks/0/restart');
  await ok(world, 204, 'POST', '/connectors/a/restart');
  await ok(world, 202, 'POST', '/connectors/a/restart?includeTasks=true&onlyFailed=true');
  await ok(world, 202, 'PUT', '/connectors/a/pause');
  await ok(world, 202, 'PUT', '/connectors/a/resume');
  await ok(world, 204, 'PUT', '/connectors/a/stop');
  await ok(world, 200, 'DELETE', '/connectors/a/offsets');
  await ok(world, 204, 'DELETE', '/connectors/a');
  await world.close();
});

test('Redpanda Console and Strimzi: create, watch, change, reset topics, delete', async () => {
  const world = await restWorld([new SinkProbe().definition()]);

  await ok(world, 200, 'GET', '/connectors?expand=info&expand=status');
  await ok(world, 200, 'GET', '/connector-plugins?connectorsOnly=false');
  await ok(world, 404, 'GET', '/connectors/a/status');
  await ok(world, 404, 'GET', '/connectors/a/config');
  await ok(world, 201, 'POST', '/connectors', { name: 'a', config, initial_state: 'STOPPED' });
  await eventually(
    'it is stopped',
    5_000,
    async () => ((await world.call('GET', '/connectors/a/status')).body as Status).connector?.state === 'STOPPED',
  );
  await ok(world, 202, 'PUT', '/connectors/a/resume');
  await running(world, 'a');
  await ok(world, 200, 'PUT', '/connectors/a/config', { ...config, 'max.poll.records': '7' });
  await ok(world, 202, 'PUT', '/connectors/a/topics/reset');
  await ok(world, 200, 'GET', '/admin/loggers');
  const conflict = await ok(world, 409, 'POST', '/connectors', { name: 'a', config });
  const { error_code, message } = conflict.body as { error_code: number; message: string };
  assert.deepEqual({ error_code, message }, { error_code: 409, message: 'Connector a already exists' });
  await ok(world, 204, 'DELETE', '/connectors/a');
  await world.close();
});
