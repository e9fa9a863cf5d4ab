import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { strangeSettings, strangeText } from '../../../src/wiring/strange-settings.ts';
import { WORKER_CONFIG } from '../../../src/wiring/worker-settings.ts';

const KNOWN = WORKER_CONFIG.map(({ name }) => name);
const told = (...names: string[]) => strangeSettings(names, KNOWN).map(strangeText);

test('a slip is told with the setting that was meant, in families with names of others too', () => {
  assert.deepEqual(
    told('lisners', 'bootstrap.server', 'offset.flush.intervall.ms', 'config.storage.topik', 'ksql.listener', 'moon'),
    [
      'Unknown worker setting lisners is ignored. Did you mean listeners?',
      'Unknown worker setting bootstrap.server is ignored. Did you mean bootstrap.servers?',
      'Unknown worker setting offset.flush.intervall.ms is ignored. Did you mean offset.flush.interval.ms?',
      'Unknown worker setting config.storage.topik is ignored. Did you mean config.storage.topic?',
      'Unknown worker setting ksql.listener is ignored. Did you mean ksql.listeners?',
      'Unknown worker setting moon is ignored.',
    ],
  );
});

test('what a Kafka Connect worker takes is no slip', () => {
  const file = [
    ...['rest.port', 'rest.extension.classes', 'plugin.path', 'plugin.discovery', 'metric.reporters'],
    ...['key.converter.schemas.enable', 'value.converter.schema.registry.url', 'internal.key.converter'],
    ...['internal.key.converter.schemas.enable', 'producer.linger.ms', 'consumer.sasl.jaas.config', 'admin.retries'],
    ...['config.providers', 'config.providers.file.class', 'config.providers.file.param.allowed.paths'],
    ...['ssl.keystore.location', 'sasl.mechanism', 'security.protocol', 'listeners.https.ssl.client.auth'],
    ...['offset.storage.partitions', 'offset.storage.file.filename', 'config.storage.min.insync.replicas'],
    ...['status.storage.cleanup.policy', 'offset.storage.segment.bytes', 'connect.protocol', 'group.id'],
    ...['offset.flush.timeout.ms', 'scheduled.rebalance.max.delay.ms', 'access.control.allow.origin'],
    ...['schema.registry.ssl.truststore.location', 'ksql.service.id', 'confluent.license', 'client.id'],
    ...['response.http.headers.config', 'admin.listeners', 'request.timeout.ms', 'metrics.context.a'],
  ];

  assert.deepEqual(told(...file), []);
});

test('the worker files that we ship have no slips', () => {
  const folder = join(import.meta.dirname, '..', '..', '..', 'config');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
    /worker[^/]*\.json$/.test(one),
  );
  assert.ok(files.length > 0);
  for (const name of files) {
    const settings = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
    assert.deepEqual([name, ...told(...Object.keys(settings))], [name]);
  }
});
