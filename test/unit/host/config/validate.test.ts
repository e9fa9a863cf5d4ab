import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigInfos, validateConnector } from '../../../../src/host/config/validate.ts';
import { makeConverter } from '../../../../src/host/tasks/converters.ts';
import { hostWorld, SinkProbe, SourceProbe } from '../../../support/host-world.ts';

const SOURCE = { name: 's', 'connector.class': 'ProbeSource', topic: 'out' };
const SINK = { name: 's', 'connector.class': 'ProbeSink', topics: 'in' };

async function validated(config: Record<string, string | null>, settings = {}): Promise<ConfigInfos> {
  const probe = new SourceProbe();
  const world = await hostWorld([probe.definition(), new SinkProbe().definition()], { settings });
  try {
    return await validateConnector(config, world.environment);
  } finally {
    await world.close();
  }
}

const errorsOf = (infos: ConfigInfos) =>
  Object.fromEntries(
    infos.configs.filter(({ value }) => value.errors.length > 0).map(({ value }) => [value.name, value.errors]),
  );

test('settings of a transform that fail only together are refused at validation', async () => {
  const infos = await validated({
    ...SOURCE,
    transforms: 'i',
    'transforms.i.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
  });

  assert.deepEqual(errorsOf(infos), {
    'transforms.i.type': [
      'Invalid value org.apache.kafka.connect.transforms.InsertField$Value for configuration transforms.i.type: No field insertion configured',
    ],
  });
  assert.equal(infos.error_count, 1);
});

test('an unknown target type of Cast is found, under its own key', async () => {
  const infos = await validated({
    ...SOURCE,
    transforms: 'c',
    'transforms.c.type': 'org.apache.kafka.connect.transforms.Cast$Value',
    'transforms.c.spec': 'f:int33',
  });

  assert.deepEqual(Object.keys(errorsOf(infos)), ['transforms.c.spec']);
  assert.equal(infos.error_count, 1);
});

test('an expression that does not parse is refused with its place', async () => {
  const infos = await validated({
    ...SOURCE,
    transforms: 'f',
    'transforms.f.type': 'io.debezium.transforms.Filter',
    'transforms.f.language': 'jsr223.graal.js',
    'transforms.f.condition': "value.op = = 'u'",
  });

  assert.match(errorsOf(infos)['transforms.f.type']![0]!, /condition, line 1, column 12: Unexpected token/);
});

test('Groovy is refused with what to write instead', async () => {
  const infos = await validated({
    ...SOURCE,
    transforms: 'f',
    'transforms.f.type': 'io.debezium.transforms.Filter',
    'transforms.f.language': 'jsr223.groovy',
    'transforms.f.condition': "value.op == 'u'",
  });

  assert.match(
    errorsOf(infos)['transforms.f.language']![0]!,
    /Groovy is not offered.*jsr223\.graal\.js.*value\.op == 'u'/,
  );
});

test('what is most likely a slip is warned of, outside of the errors', async () => {
  const infos = await validated({
    ...SOURCE,
    'tasks.maks': '2',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schema.enable': 'false',
    transforms: 'f',
    'transforms.f.type': 'Filter',
    'transforms.f.predicate': 'nope',
    predicates: 'none',
    'predicates.none.type': 'RecordIsTombstone',
    'transforms.g.type': 'Filter',
    'topic.creation.big.partitions': '3',
    file: `\${vaultt:a:b}`,
  });

  assert.equal(infos.error_count, 0);
  assert.deepEqual(infos.warnings, [
    '"transforms" does not name "g": the settings transforms.g.* have no effect.',
    '"topic.creation.groups" does not name "big": the settings topic.creation.big.* have no effect.',
    'The setting "tasks.maks" is not known and has no effect. Did you mean "tasks.max"?',
    'The setting "value.converter.schema.enable" is not known and has no effect. Did you mean "value.converter.schemas.enable"?',
    'file: there is no config provider "vaultt" (there are: file, env, directory, dir), so ${vaultt:a:b} stands as it is written.',
    'transforms.f.predicate: no predicate of the alias "nope" stands in "predicates"; the connector cannot be created so. Did you mean "none"?',
  ]);
});

test('a config with nothing to warn of has no such member', async () => {
  assert.equal('warnings' in (await validated(SOURCE)), false);
});

test('groups of topics to be made are checked up front', async () => {
  const infos = await validated({
    ...SOURCE,
    'topic.creation.groups': 'big',
    'topic.creation.default.partitions': '0',
    'topic.creation.default.replication.factor': 'many',
    'topic.creation.big.include': 'a.*,b[(',
    'topic.creation.big.partitions': '-1',
  });

  assert.deepEqual(Object.keys(errorsOf(infos)).toSorted(), [
    'topic.creation.big.include',
    'topic.creation.default.partitions',
    'topic.creation.default.replication.factor',
  ]);
});

test('a client override that does not parse is an error of its key', async () => {
  const infos = await validated({ ...SINK, 'consumer.override.max.poll.records': 'many' });

  assert.deepEqual(errorsOf(infos), {
    'consumer.override.max.poll.records': [
      'Invalid value many for configuration max.poll.records: Not a number of type INT',
    ],
  });
});

test('the policy Allowlist allows what the worker lists', async () => {
  const infos = await validated(
    { ...SINK, 'consumer.override.max.poll.records': '5', 'consumer.override.group.id': 'g' },
    {
      overridePolicy: 'Allowlist',
      raw: { 'connector.client.config.override.allowlist': 'max.poll.records, client.id' },
    },
  );

  assert.deepEqual(errorsOf(infos), {
    'consumer.override.group.id': [
      "The 'Allowlist' policy does not allow 'group.id' to be overridden in the connector configuration.",
    ],
  });
});

test('exactly once is asked of the connector where it is required', async () => {
  const off = await validated({ ...SOURCE, 'exactly.once.support': 'required' }, { exactlyOnceSources: false });
  const on = await validated({ ...SOURCE, 'exactly.once.support': 'REQUIRED' });

  assert.deepEqual(errorsOf(off), {
    'exactly.once.support': ['This worker does not have exactly-once source support enabled.'],
  });
  assert.deepEqual(errorsOf(on), {});
});

test('passwords of client overrides are hidden, known to a client or not', async () => {
  const infos = await validated({
    ...SOURCE,
    'producer.override.ssl.keystore.password': 'hush',
    'producer.override.sasl.jaas.config': 'PlainLoginModule required password="hush";',
    'producer.override.my.own.password': 'hush',
    'producer.override.ssl.keystore.location': '/keys.p12',
  });
  const shown = infos.configs.filter(({ value }) => value.name.startsWith('producer.override.'));

  assert.deepEqual(
    shown.map(({ definition, value }) => [value.name.slice(18), definition?.type ?? null, value.value]),
    [
      ['ssl.keystore.password', 'PASSWORD', '[hidden]'],
      ['sasl.jaas.config', 'PASSWORD', '[hidden]'],
      ['my.own.password', null, '[hidden]'],
      ['ssl.keystore.location', 'STRING', '/keys.p12'],
    ],
  );
});

test('a JSON null is an error of its key, whoever knows the key, but for those of the connector', async () => {
  const infos = await validated({ ...SOURCE, 'errors.tolerance': null, nobody: null });

  assert.deepEqual(errorsOf(infos), {
    nobody: ['Null value can not be supplied as the configuration value.'],
    'errors.tolerance': [
      'Invalid value null for configuration errors.tolerance: String must be one of: none, all',
      'Null value can not be supplied as the configuration value.',
    ],
  });
  assert.equal(infos.error_count, 3);
});

test('an empty name of a converter is no converter', async () => {
  const infos = await validated({ ...SOURCE, 'key.converter': '' });

  assert.deepEqual(errorsOf(infos), {
    'key.converter': ['Invalid value  for configuration key.converter: Class  could not be found.'],
  });
});

test('what a transform lacks, or has of another type, is told by its whole name', async () => {
  const infos = await validated({
    ...SOURCE,
    transforms: 'r',
    'transforms.r.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.r.regex': '.*',
    'transforms.r.negate': 'maybe',
    'transforms.r.predicate': 'p',
  });

  assert.deepEqual(errorsOf(infos), {
    'transforms.r.replacement': [
      'Missing required configuration "transforms.r.replacement" which has no default value.',
    ],
    'transforms.r.negate': [
      'Invalid value maybe for configuration transforms.r.negate: Expected value to be either true or false',
    ],
  });
});

test('a setting of a transform is looked for under the same transform only', async () => {
  const { warnings } = await validated({
    ...SOURCE,
    transforms: 'u,m',
    'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.u.delete.handling.mode': 'rewrite',
    'transforms.u.add.field': 'op',
    'transforms.m.type': 'NoSuchTransform',
    'transforms.m.fields': 'a',
  });

  assert.deepEqual(warnings, [
    'The setting "transforms.u.delete.handling.mode" is of an older version and has no effect: "transforms.u.delete.tombstone.handling.mode" has replaced it. To go on as before, set it to "rewrite".',
    'The setting "transforms.u.add.field" is not known and has no effect. Did you mean "transforms.u.add.fields"?',
  ]);
});

test('what a converter refuses is told with its side', async () => {
  const world = await hostWorld([new SourceProbe().definition()]);
  const raw = {
    'value.converter': 'AvroConverter',
    'value.converter.value.subject.name.strategy': 'RecrodNameStrategy',
  };

  assert.throws(() => makeConverter('value', raw, world.environment), {
    message: /^value\.converter: value\.subject\.name\.strategy is "RecrodNameStrategy"\./,
  });
  await world.close();
});

test('a dead letter topic that no topic can be called is refused under its own setting', async () => {
  const named = async (name: string) =>
    errorsOf(await validated({ ...SINK, 'errors.deadletterqueue.topic.name': name }));
  const key = 'errors.deadletterqueue.topic.name';
  const rule = 'Not a name of a topic: use 1 to 249 letters, digits, dots, underscores and hyphens';

  assert.deepEqual(await named('no spaces!'), {
    [key]: [`Invalid value no spaces! for configuration ${key}: ${rule}`],
  });
  assert.deepEqual(await named('..'), { [key]: [`Invalid value .. for configuration ${key}: ${rule}`] });
  assert.deepEqual(await named('DLQ.a_b-1'), {});
  assert.deepEqual(await named(''), {});
});
