import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG } from '../../../../connectors/data-generator/config.ts';
import { crossChecks } from '../../../../connectors/data-generator/connector.ts';
import { dataGenerator } from '../../../../connectors/data-generator/index.ts';
import { QUICKSTARTS } from '../../../../connectors/data-generator/quickstarts.ts';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import {
  type ConnectRecord,
  parseConfigOrThrow,
  type RawConfig,
  type SourceTask,
  Struct,
} from '../../../../src/connect/index.ts';
import { fakeClock, sinkContext } from '../../../support/fakes.ts';
import { hostWorld } from '../../../support/host-world.ts';

const FAST = { 'kafka.topic': 'shop.db.orders', 'records.per.second': '0', 'batch.records': '10' };

/** So many records of one task, from where its offset says. */
async function generated(raw: RawConfig, count: number, next = 0, task = 0): Promise<readonly ConnectRecord[]> {
  const connector = dataGenerator.create();
  const full = { ...FAST, ...raw };
  await connector.start(parseConfigOrThrow(dataGenerator.config, full, 'test'), full, sinkContext());
  const own = (await connector.taskConfigs(Number(raw['tasks.max'] ?? 1)))[task]!;
  const source = connector.task() as SourceTask;
  await source.start(parseConfigOrThrow(dataGenerator.config, own, 'test'), own, {
    ...sinkContext(),
    task,
    transaction: null,
    registry: new EmbeddedRegistry(null),
    offset: async () => (next === 0 ? null : { next }),
  });
  const records: ConnectRecord[] = [];
  while (records.length < count) records.push(...((await source.poll()) ?? []));
  return records.slice(0, count);
}

const plain = (value: unknown): unknown =>
  value instanceof Struct
    ? Object.fromEntries(value.schema.fields!.map(({ name, index }) => [name, plain(value.cells[index])]))
    : value;
const shown = (records: readonly ConnectRecord[]) => records.map(({ key, value }) => [plain(key), plain(value)]);

test('record n is the same whenever it is made', async () => {
  const all = await generated({ quickstart: 'orders', rows: '7', 'rows.skew': '1' }, 60);
  const rest = await generated({ quickstart: 'orders', rows: '7', 'rows.skew': '1' }, 27, 33);

  assert.deepEqual(shown(rest), shown(all).slice(33));
  assert.deepEqual(rest[0]!.sourceOffset, { next: 34 });
  assert.deepEqual(rest[0]!.sourcePartition, { task: 0 });
});

test('another seed or task gives other records, and tasks never share a row', async () => {
  const one = await generated({ quickstart: 'orders', 'tasks.max': '2', rows: '6' }, 6);
  const other = await generated({ quickstart: 'orders', 'tasks.max': '2', rows: '6' }, 6, 0, 1);
  const seeded = await generated({ quickstart: 'orders', 'tasks.max': '2', rows: '6', seed: 'x' }, 6);

  assert.notDeepEqual(shown(one), shown(seeded));
  assert.deepEqual([...new Set(one.map(({ key }) => key))].sort(), [1, 3, 5]);
  assert.deepEqual([...new Set(other.map(({ key }) => key))].sort(), [2, 4, 6]);
});

test('change events of a row follow on each other: before is what the last one left', async () => {
  const records = await generated(
    { quickstart: 'orders', format: 'debezium', rows: '5', 'rows.skew': '1', deletes: '0.3', snapshot: 'true' },
    400,
  );

  const rows = new Map<string, unknown>();
  const ops = new Map<string, number>();
  const isSeen = new Set<string>();
  for (const record of records) {
    const key = JSON.stringify(plain(record.key));
    if (record.value === null) {
      assert.equal(rows.get(key), null, 'a tombstone follows a delete');
      continue;
    }
    const event = plain(record.value) as { before: unknown; after: unknown; op: string };
    assert.deepEqual(event.before, rows.get(key) ?? null);
    assert.equal(event.op, opOf(event, isSeen.has(key)));
    rows.set(key, event.after);
    isSeen.add(key);
    ops.set(event.op, (ops.get(event.op) ?? 0) + 1);
  }
  assert.deepEqual([...ops.keys()].sort(), ['c', 'd', 'r', 'u']);
  assert.equal(ops.get('r'), 5);
});

function opOf(event: { before: unknown; after: unknown }, isSeen: boolean): string {
  if (event.after === null) return 'd';
  if (event.before !== null) return 'u';
  return isSeen ? 'c' : 'r';
}

test('with a skew, low rows come more often, and every row comes in each round', async () => {
  const even = await generated({ fields: '{"id":"key()"}', 'key.field': 'id', rows: '10' }, 100);
  const skewed = await generated({ fields: '{"id":"key()"}', 'key.field': 'id', rows: '10', 'rows.skew': '1' }, 290);

  const count = (records: readonly ConnectRecord[], row: number) => records.filter(({ key }) => key === row).length;
  assert.deepEqual([count(even, 0), count(even, 9)], [10, 10]);
  assert.deepEqual([count(skewed, 0), count(skewed, 1), count(skewed, 9)], [100, 50, 10]);
});

test('every generator makes what it says', async () => {
  const fields = {
    a: 'int(3,3)',
    b: 'long(9007199254740991,9007199254740991)',
    c: 'double(1,1.004,2)',
    d: 'decimal(7,7,3)',
    e: 'boolean(1)',
    f: 'choice( x )',
    g: 'pick(p,q)',
    h: 'step(new,old)',
    i: 'string(4)!',
    j: 'key(100,2)',
    k: 'keyInt(5)',
    l: 'version()',
    m: 'sequence',
    n: 'time()',
    o: 'timestamp()',
    p: 'micros()',
    q: 'constant(a,b)',
    r: 'int(1,5)?1',
  };
  const [record] = await generated({ fields: JSON.stringify(fields), 'start.time': '2026-01-01T00:00:00Z' }, 1, 3);

  const { i, ...rest } = plain(record!.value) as Record<string, unknown>;
  assert.match(String(i), /^[a-z0-9]{4}$/);
  assert.deepEqual(rest, {
    a: 3,
    b: 9007199254740991,
    c: 1,
    d: { unscaled: 7000n, scale: 3 },
    e: true,
    f: 'x',
    g: 'q',
    h: 'new',
    j: 101,
    k: 8,
    l: 0,
    m: 3,
    n: '2026-01-01T00:00:03.000Z',
    o: 1767225603000,
    p: 1767225603000000,
    q: 'a,b',
    r: null,
  });
  assert.equal(record!.key, null);
});

test('words and ids look like words and ids', async () => {
  const fields = '{"n":"name()","c":"city()","e":"email()","u":"uuid()"}';
  const [record] = await generated({ fields }, 1);

  const { n, c, e, u } = plain(record!.value) as Record<string, string>;
  assert.match(n!, /^[A-Z][a-z]+ [A-Z][a-z]+$/);
  assert.match(c!, /^[A-Z][a-z]+$/);
  assert.match(e!, /^[a-z]+\.[a-z]+\.0@example\.com$/);
  assert.match(u!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('the rate holds over time, and iterations end it', async () => {
  const clock = fakeClock(0);
  const raw = { 'kafka.topic': 't', fields: '{"a":"sequence()"}', 'records.per.second': '50', iterations: '120' };
  const task = dataGenerator.create().task() as SourceTask;
  await task.start(parseConfigOrThrow(dataGenerator.config, raw, 'test'), raw, {
    ...sinkContext(),
    clock,
    transaction: null,
    registry: new EmbeddedRegistry(null),
    offset: async () => null,
  });
  const after: number[] = [];
  let count = 0;
  while (clock.now() < 4_000) {
    count += (await task.poll())?.length ?? 0;
    if (after.length < 2 && clock.now() >= (after.length + 1) * 1_000) after.push(count);
  }

  // What falls due at that very moment comes with the next poll.
  assert.deepEqual([...after, count], [49, 99, 120]);
});

test('settings that do not fit together are told with their field', () => {
  assert.deepEqual(crossChecks({ 'kafka.topic': 't' }), { quickstart: ['Must configure one of quickstart or fields'] });
  assert.deepEqual(crossChecks({ 'kafka.topic': 't', fields: '{"a":"sequence()"}', deletes: '0.5' }), {
    'key.field': ['deletes is above 0: name the fields of the key, by which rows are deleted.'],
  });
  assert.match(crossChecks({ 'kafka.topic': 't', fields: '{"a":"nmae()"}' })['fields']![0]!, /^a: "nmae\(\)" is no generator\. There are: int,/); // biome-ignore format: short
  assert.match(crossChecks({ 'kafka.topic': 't', fields: '{"a":"int(5,1)"}' })['fields']![0]!, /bounds the wrong way/);
  assert.match(crossChecks({ 'kafka.topic': 't', fields: '{"a":"int()"}', 'key.field': 'b' })['key.field']![0]!, /There is no field "b"/); // biome-ignore format: short
});

test('in a host each record stands in the topic once, over a restart', async () => {
  const first = await hostWorld([dataGenerator]);
  const config = {
    'connector.class': 'DataGenerator',
    'kafka.topic': 'made',
    fields: '{"n":"sequence()"}',
    'records.per.second': '0',
    'batch.records': '40',
    iterations: '100',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
  };
  await first.worker.put('made', { ...config, iterations: '40' });
  await first.until('40 records', async () => (await first.read('made').catch(() => [])).length === 40);
  // The first worker is not closed: it is as good as killed, and fenced by the second.
  const second = await hostWorld([dataGenerator], { broker: first.broker, clock: first.clock });

  await second.worker.put('made', config);
  await second.until('100 records', async () => (await second.read('made')).length >= 100);

  const numbers = (await second.read('made')).map(({ value }) => (JSON.parse(value!) as { n: number }).n);
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, n) => n),
  );
  await second.close();
});

for (const converter of ['JsonConverter', 'AvroConverter']) {
  test(`every quickstart passes the ${converter} and comes out of the unwrapping as a row`, async () => {
    const world = await hostWorld([dataGenerator]);
    for (const quickstart of Object.keys(QUICKSTARTS)) {
      await world.worker.put(quickstart, {
        'connector.class': 'DataGenerator',
        'kafka.topic': quickstart,
        quickstart,
        format: 'debezium',
        rows: '3',
        deletes: '0.5',
        'records.per.second': '0',
        iterations: '30',
        'key.converter': converter,
        'value.converter': converter,
        'key.converter.schema.registry.url': 'mock://here',
        'value.converter.schema.registry.url': 'mock://here',
        transforms: 'unwrap',
        'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
        'topic.creation.default.partitions': '1',
        'topic.creation.default.replication.factor': '1',
      });

      await world.until('30 records', async () => (await world.read(quickstart).catch(() => [])).length >= 30);
    }
    await world.close();
  });
}

test('a refused setting is named once, and a topic that cannot be is refused at once', () => {
  const given = { 'kafka.topic': 't', fields: '{"a":"int(1,2)"}', 'key.field': 'b' };
  assert.deepEqual(crossChecks(given), { 'key.field': ['There is no field "b". Use some of: a.'] });
  assert.match(
    crossChecks({ 'kafka.topic': 't', fields: '{}' })['fields']![0]!,
    /^The template has no field\. connectors\/data-generator\/README\.md lists/,
  );
  assert.match(
    crossChecks({ 'kafka.topic': 't', fields: '{"a":"long(1,9007199254740993)"}' })['fields']![0]!,
    /needs whole numbers below 2\^53/,
  );
  assert.equal(
    CONFIG.find(({ name }) => name === 'kafka.topic')!.check!('a b', 'kafka.topic'),
    'Use 1 to 249 letters, digits, dots, underscores and hyphens',
  );
});
