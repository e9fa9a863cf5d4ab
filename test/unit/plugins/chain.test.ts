import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord } from '../../../src/connect/records.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../src/plugins/index.ts';

const registry = new PluginRegistry(builtInPlugins);
const TRANSFORMS = 'org.apache.kafka.connect.transforms';

function run(config: Readonly<Record<string, string>>, records: readonly ConnectRecord[]) {
  const batch: (ConnectRecord | null)[] = [...records];
  const failures: unknown[] = [];
  compileChain(config, registry)(batch, (index, { alias, className, error, record }) =>
    failures.push({ index, alias, className, message: error.message, topic: record.topic }),
  );
  return { topics: batch.map((record) => record?.topic ?? null), failures };
}

const record = (topic: string, value: string | null = 'x') => new ConnectRecord({ topic, value });

test('stages run in order, and a dropped record meets no further stage', () => {
  const { topics, failures } = run(
    {
      transforms: 'route, drop',
      'transforms.route.type': 'RegexRouter',
      'transforms.route.regex': 'a(.*)',
      'transforms.route.replacement': 'b$1',
      'transforms.drop.type': 'Filter',
      'transforms.drop.predicate': 'dead',
      predicates: 'dead',
      'predicates.dead.type': 'RecordIsTombstone',
    },
    [record('a1'), record('a2', null), record('c')],
  );

  assert.deepEqual(topics, ['b1', null, 'c']);
  assert.deepEqual(failures, []);
});

test('negate turns a predicate round', () => {
  const { topics } = run(
    {
      transforms: 'keep',
      'transforms.keep.type': 'Filter',
      'transforms.keep.predicate': 'mine',
      'transforms.keep.negate': 'true',
      predicates: 'mine',
      'predicates.mine.type': 'TopicNameMatches',
      'predicates.mine.pattern': 'a.*',
    },
    [record('a'), record('b')],
  );

  assert.deepEqual(topics, ['a', null]);
});

test('a record that a stage cannot take is reported with the stage, and the others go on', () => {
  const { topics, failures } = run(
    {
      transforms: 'route,time',
      'transforms.route.type': 'RegexRouter',
      'transforms.route.regex': '(.*)',
      'transforms.route.replacement': 'x.$1',
      'transforms.time.type': 'TimestampRouter',
    },
    [new ConnectRecord({ topic: 'a', timestampMs: 0 }), record('b'), new ConnectRecord({ topic: 'c', timestampMs: 0 })],
  );

  assert.deepEqual(topics, ['x.a-19700101', null, 'x.c-19700101']);
  assert.deepEqual(failures, [
    {
      index: 1,
      alias: 'time',
      className: `${TRANSFORMS}.TimestampRouter`,
      message: 'Timestamp missing on record of topic x.b',
      topic: 'x.b',
    },
  ]);
});

const faults: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['a stage without type', { transforms: 'a' }, /Missing required configuration "transforms\.a\.type"/],
  ['an unknown class', { transforms: 'a', 'transforms.a.type': 'RegxRouter' }, /Did you mean .*RegexRouter/],
  ['a predicate as transform', { transforms: 'a', 'transforms.a.type': 'HasHeaderKey' }, /Not a Transformation/],
  [
    'an alias twice',
    { transforms: 'a,a', 'transforms.a.type': 'Filter' },
    /Invalid value \[a, a\] for configuration transforms: Duplicate alias provided\./,
  ],
  [
    'negate without predicate',
    { transforms: 'a', 'transforms.a.type': 'Filter', 'transforms.a.negate': 'true' },
    /no config 'transforms\.a\.predicate'/,
  ],
  [
    'an unknown predicate',
    { transforms: 'a', 'transforms.a.type': 'Filter', 'transforms.a.predicate': 'p' },
    /transforms\.a\.predicate: no predicate of that alias/,
  ],
  [
    'settings that cannot work together',
    { transforms: 'a', 'transforms.a.type': `${TRANSFORMS}.InsertField$Value` },
    /transforms\.a: No field insertion configured/,
  ],
];
for (const [name, config, message] of faults) {
  test(`the config fault is told: ${name}`, () => {
    assert.throws(() => compileChain(config, registry), { code: 'TRIB_CONFIG_INVALID', message });
  });
}
