import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe, SourceProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';

/** Every attribute of Kafka Connect's beans, by the group as exporters print it. */
const NAMES: Readonly<Record<string, string>> = {
  worker_metrics:
    'connector_count task_count connector_startup_attempts_total connector_startup_success_total connector_startup_success_percentage connector_startup_failure_total connector_startup_failure_percentage task_startup_attempts_total task_startup_success_total task_startup_success_percentage task_startup_failure_total task_startup_failure_percentage connector_total_task_count connector_running_task_count connector_paused_task_count connector_failed_task_count connector_unassigned_task_count connector_restarting_task_count connector_destroyed_task_count',
  worker_rebalance_metrics:
    'leader_name epoch connect_protocol completed_rebalances_total rebalancing rebalance_avg_time_ms rebalance_max_time_ms time_since_last_rebalance_ms',
  connector_metrics: 'status connector_type connector_class connector_version',
  connector_task_metrics:
    'status running_ratio pause_ratio batch_size_avg batch_size_max offset_commit_avg_time_ms offset_commit_max_time_ms offset_commit_success_percentage offset_commit_failure_percentage connector_class connector_type connector_version task_class task_version key_converter_class key_converter_version value_converter_class value_converter_version header_converter_class header_converter_version',
  source_task_metrics:
    'source_record_poll_rate source_record_poll_total source_record_write_rate source_record_write_total poll_batch_avg_time_ms poll_batch_max_time_ms source_record_active_count source_record_active_count_avg source_record_active_count_max transaction_size_avg transaction_size_min transaction_size_max',
  sink_task_metrics:
    'sink_record_read_rate sink_record_read_total sink_record_send_rate sink_record_send_total sink_record_active_count sink_record_active_count_avg sink_record_active_count_max partition_count offset_commit_seq_no offset_commit_completion_rate offset_commit_completion_total offset_commit_skip_rate offset_commit_skip_total put_batch_avg_time_ms put_batch_max_time_ms',
  task_error_metrics:
    'total_record_failures total_record_errors total_records_skipped total_retries total_errors_logged deadletterqueue_produce_requests deadletterqueue_produce_failures last_error_timestamp',
  coordinator_metrics:
    'assigned_connectors assigned_tasks rebalance_total rebalance_latency_avg heartbeat_rate heartbeat_total join_total join_rate join_time_avg sync_total sync_rate sync_time_max last_heartbeat_seconds_ago',
};

const series = (text: string, name: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

async function busyWorld() {
  const sink = new SinkProbe();
  const source = new SourceProbe();
  const world = await restWorld([sink.definition(), source.definition()]);
  await world.broker.createTopics([{ name: 'in', partitions: 2 }]);
  await world.produce('in', ['a', 'bad', 'c']);
  source.lines.push('1', '2', '3');
  await world.worker.create(
    'drain',
    {
      'connector.class': 'ProbeSink',
      topics: 'in',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'letters',
    },
    null,
  );
  await world.worker.create('spring', { 'connector.class': 'ProbeSource', topic: 'out' }, null);
  await world.until('delivered', () => sink.values.length === 2);
  await world.until('written', async () => (await world.read('out').catch(() => [])).length === 3);
  await world.until(
    'committed',
    async () => (await world.broker.committed('connect-drain', ['in-0'])).get('in-0') === 3,
  );
  return world;
}

test('every metric that Kafka Connect documents is there for a running source and sink', async () => {
  const world = await busyWorld();

  const { body } = await world.call('GET', '/metrics', undefined, { accept: 'text/plain' });

  const text = String(body);
  const wanted = Object.entries(NAMES).flatMap(([group, names]) =>
    names.split(' ').map((name) => `kafka_connect_${group}_${name}`),
  );
  assert.deepEqual(
    wanted.filter((name) => series(text, name).length === 0),
    [],
  );
  assert.deepEqual(
    wanted.filter((name) => !text.includes(`# TYPE ${name} `)),
    [],
  );
  assert.doesNotMatch(text, / (NaN|undefined|null|Infinity)$/m);
  await world.close();
});

test('the figures of a sink tell what it did', async () => {
  const world = await busyWorld();

  const text = String((await world.call('GET', '/metrics')).body);

  const value = (name: string, labels: string) =>
    series(text, name).find((line) => line.startsWith(`${name}{${labels}}`));
  const sink = 'connector="drain",task="0"';
  assert.equal(
    value('kafka_connect_sink_task_metrics_sink_record_read_total', sink),
    `kafka_connect_sink_task_metrics_sink_record_read_total{${sink}} 3`,
  );
  assert.equal(
    value('kafka_connect_sink_task_metrics_sink_record_send_total', sink),
    `kafka_connect_sink_task_metrics_sink_record_send_total{${sink}} 2`,
  );
  assert.equal(
    value('kafka_connect_task_error_metrics_deadletterqueue_produce_requests', sink),
    `kafka_connect_task_error_metrics_deadletterqueue_produce_requests{${sink}} 1`,
  );
  assert.equal(
    value('kafka_connect_connector_task_metrics_status', 'connector="drain",task="0",status="running"'),
    'kafka_connect_connector_task_metrics_status{connector="drain",task="0",status="running"} 1',
  );
  assert.equal(value('trib_consumer_lag_records', sink), `trib_consumer_lag_records{${sink}} 0`);
  assert.equal(value('trib_consumer_lag_seconds', sink), `trib_consumer_lag_seconds{${sink}} 0`);
  await world.close();
});
