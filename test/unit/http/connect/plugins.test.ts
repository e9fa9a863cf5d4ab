import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe, SourceProbe } from '../../../support/host-world.ts';
import { restWorld } from '../../../support/rest-world.ts';

test('plugins are listed, connectors only unless asked', async () => {
  const world = await restWorld([new SinkProbe().definition(), new SourceProbe().definition()]);

  const connectors = await world.call('GET', '/connector-plugins');
  const all = await world.call('GET', '/connector-plugins?connectorsOnly=false');

  assert.deepEqual(connectors.body, [
    { class: 'test.ProbeSink', type: 'sink', version: '1.0' },
    { class: 'test.ProbeSource', type: 'source', version: '1.0' },
  ]);
  assert.ok((all.body as object[]).length > 30);
  await world.close();
});

test('a plugin shows its own settings first, then those of the framework', async () => {
  const world = await restWorld([new SourceProbe().definition()]);

  const { body } = await world.call('GET', '/connector-plugins/ProbeSource/config');
  const unknown = await world.call('GET', '/connector-plugins/Nope/config');

  const names = (body as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 4), ['topic', 'name', 'connector.class', 'connector.plugin.version']);
  assert.deepEqual(unknown.body, { error_code: 404, message: 'Unknown plugin Nope.' });
  await world.close();
});

test('validate counts messages and answers 200', async () => {
  const world = await restWorld([new SourceProbe().definition()]);

  const { status, body } = await world.call('PUT', '/connector-plugins/ProbeSource/config/validate', {
    'connector.class': 'ProbeSource',
    name: 'a',
    'tasks.max': 'abc',
    transforms: 't',
    'transforms.t.type': 'no.such.Smt',
  });
  const mismatch = await world.call('PUT', '/connector-plugins/ProbeSink/config/validate', {
    'connector.class': 'ProbeSource',
  });

  const {
    error_count: count,
    groups,
    configs,
  } = body as {
    error_count: number;
    groups: string[];
    configs: { value: { name: string; errors: string[] } }[];
  };
  assert.equal(status, 200);
  assert.equal(count, 4);
  assert.deepEqual(groups.slice(0, 4), ['Common', 'Transforms', 'Predicates', 'Error Handling']);
  assert.deepEqual(
    configs.filter(({ value }) => value.errors.length > 0).map(({ value }) => value.name),
    ['tasks.max', 'transforms.t.type', 'topic'],
  );
  assert.deepEqual(mismatch.body, {
    error_code: 400,
    message: 'Included connector type ProbeSource does not match request type ProbeSink',
  });
  await world.close();
});

test('settings that the class does not declare are not shown, but their faults are', async () => {
  const world = await restWorld([new SourceProbe().definition()]);
  const config = {
    'connector.class': 'ProbeSource',
    name: 'a',
    topic: 't',
    'value.converter': 'io.debezium.converters.CloudEventsConverter',
    'value.converter.serializer.type': 'xml',
    'value.converter.data.serializer.type': 'json',
  };

  const declared = await world.call('GET', '/connector-plugins/io.debezium.converters.CloudEventsConverter/config');
  const { body } = await world.call('PUT', '/connector-plugins/ProbeSource/config/validate', config);

  const { configs } = body as { configs: { value: { name: string; errors: string[] } }[] };
  assert.deepEqual(declared.body, []);
  assert.deepEqual(
    configs
      .filter(({ value }) => value.name.startsWith('value.converter.'))
      .map(({ value }) => [value.name, value.errors]),
    [
      ['value.converter.plugin.version', []],
      [
        'value.converter.serializer.type',
        ['Invalid value xml for configuration serializer.type: String must be one of (case insensitive): json, avro'],
      ],
    ],
  );
  await world.close();
});
