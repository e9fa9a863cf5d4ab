import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { runTransform } from '../../../../src/cli/commands/transform.ts';
import { builtInPlugins, PluginRegistry } from '../../../../src/plugins/index.ts';

const registry = new PluginRegistry(builtInPlugins);
const CONNECTOR = {
  name: 'sample',
  config: {
    transforms: 'cut,drop',
    'transforms.cut.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
    'transforms.cut.renames': 'id:order_id',
    'transforms.drop.type': 'Filter',
    'transforms.drop.predicate': 'dead',
    predicates: 'dead',
    'predicates.dead.type': 'RecordIsTombstone',
  },
};

async function run(args: readonly string[], lines: readonly unknown[], connector: object = CONNECTOR) {
  let output = '';
  const code = await runTransform(args, registry, {
    input: Readable.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)),
    write: (text) => {
      output += text;
    },
    readFile: () => JSON.stringify(connector),
  });
  return { code, output };
}

test('each transform shows what it changed in a record', async () => {
  const { code, output } = await run(['connector.json'], [{ topic: 'orders', key: 7, value: { id: 1, price: 1.5 } }]);

  assert.equal(code, 0);
  assert.equal(
    output,
    `record
    topic orders
    timestamp none
    key = 7
    value : map
    value.id = 1
    value.price = 1.5
└ cut (ReplaceField$Value)
  - value.id = 1
  + value.order_id = 1
└ drop (Filter): its predicate does not apply
    (unchanged)

`,
  );
});

test('a dropped record and a failing one are told, and failure shows in the exit code', async () => {
  const { code, output } = await run(['connector.json'], [{ value: null }, { value: 'no map' }]);

  assert.equal(code, 1);
  assert.match(output, /└ drop \(Filter\)\n {2}× dropped/);
  assert.match(output, /! Only Map objects supported in absence of schema for \[field replacement\], found: string/);
});

test('a result that has no notation is an error answer', async () => {
  const schema = { type: 'string', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } };
  const request = {
    id: 'a',
    kind: 'converter-to',
    config: { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' },
    topic: 't',
    bytes: Buffer.from(JSON.stringify({ schema, payload: 12.3 })).toString('base64'),
  };

  const { code, output } = await run(['--ndjson'], [request]);

  const answer = JSON.parse(output) as { id: string; error: { type: string } };
  assert.deepEqual([code, answer.id, answer.error.type], [0, 'a', 'ConnectException']);
});

test('requests are answered one a line with their id, and a bad one ends nothing', async () => {
  const transform = {
    id: 'a',
    kind: 'transform',
    connector: 'source',
    config: {
      transforms: 't',
      'transforms.t.type': 'org.apache.kafka.connect.transforms.Cast$Value',
      'transforms.t.spec': 'int8',
    },
    record: { topic: 't', value: { schema: { type: 'int32' }, payload: 300 } },
  };
  const converter = {
    id: 'b',
    kind: 'converter-to',
    config: {
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
    },
    topic: 't',
    bytes: Buffer.from('{"a":1.0}').toString('base64'),
  };

  const { code, output } = await run(['--ndjson'], [transform, '{broken', converter]);

  assert.equal(code, 0);
  const answers = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(answers[0], {
    id: 'a',
    record: {
      topic: 't',
      partition: null,
      timestamp: null,
      key: { schema: null, payload: null },
      value: { schema: { type: 'int8', optional: false }, payload: 44 },
      headers: [],
    },
  });
  assert.deepEqual((answers[1]!['error'] as { type: string }).type, 'ConfigException');
  assert.deepEqual(answers[2], {
    id: 'b',
    record: { value: { schema: null, payload: { type: 'map', value: { a: { type: 'double', value: 1 } } } } },
  });
});

test('records that came before a script engine was loaded are not lost', async () => {
  const live = {
    transforms: 'live',
    'transforms.live.type': 'io.debezium.transforms.Filter',
    'transforms.live.language': 'jsr223.graal.js',
    'transforms.live.condition': "value.op == 'u'",
  };
  const records = ['u', 'd'].map((op) => ({ topic: 't', value: { op } }));

  const { code, output } = await run(['live.json'], records, { name: 'live', config: live });

  assert.equal(code, 0);
  assert.match(output, /unchanged/);
  assert.match(output, /dropped/);
});

test('all faults of a config are told at once', async () => {
  const config = {
    transforms: 'm,r,f',
    'transforms.m.type': 'MaskField',
    'transforms.r.type': 'RegexRouter',
    'transforms.f.type': 'Filter',
    'transforms.f.predicate': 'none',
  };

  await assert.rejects(run(['connector.json'], [], { name: 'x', config }), (error: Error) => {
    assert.match(error.message, /^connector\.json: The transforms have 3 faults:\n/);
    assert.match(error.message, /MaskField could not be found\. Did you mean .*MaskField\$Key or .*MaskField\$Value\?/);
    assert.match(error.message, /transforms\.r: .*"regex"/);
    assert.match(error.message, /no predicate of that alias stands in "predicates"/);
    return true;
  });
});

test('a line that is no record is told with its number, and the next ones are shown', async () => {
  const { code, output } = await run(['connector.json'], ['not json', { value: { id: 1 } }]);

  assert.equal(code, 1);
  assert.match(output, /^record of line 1\n {2}! This is not valid JSON: /);
  assert.match(output, /\+ value\.order_id = 1/);
});

test('a file that is not there and an unknown option are wrong use', async () => {
  await assert.rejects(runTransform(['no-such-file.json'], registry, { input: Readable.from([]), write: () => {} }), {
    message: /^no-such-file\.json cannot be read: ENOENT/,
  });
  await assert.rejects(run(['--sorce', 'a.json'], []), {
    message: '"--sorce" is not an option of trib transform: see --help.',
  });
});
