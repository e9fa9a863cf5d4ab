import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqlWorld } from '../../support/sql-world.ts';

test('3: a query that reads bad messages counts them and names the first', async () => {
  const world = await sqlWorld();
  await world.topics('clicks');
  const producer = await world.broker.produce();
  const lane = producer.lane('clicks', 0);
  for (const text of ['{"N":1}', 'no json', '{"N":2}', '{"N":']) {
    const bytes = Buffer.from(text);
    lane.append(-1, null, 0, 0, bytes, 0, bytes.length, null);
  }
  await producer.flush();
  await producer.close();

  await world.run(
    "CREATE STREAM clicks (n INT) WITH (kafka_topic='clicks', value_format='JSON'); CREATE STREAM copy AS SELECT * FROM clicks EMIT CHANGES;",
  );
  await world.settle('COPY');
  const [query] = await world.engine.queries();

  assert.deepEqual([query?.rowsOut, query?.skipped.count], [2, 2]);
  assert.match(query?.skipped.first?.where ?? '', /clicks.*1/);
  assert.notEqual(query?.skipped.first?.message ?? '', '');
  await world.close();
});
