import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from '../../../../src/adapters/kafkajs/cluster.ts';
import { KafkaProducer } from '../../../../src/adapters/kafkajs/producer.ts';
import { isTransient } from '../../../../src/core/errors.ts';
import type { Lane } from '../../../../src/ports/broker.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import { random } from '../record-batch/batches.ts';
import { FakeKafka, type Fate } from './fake-kafka.ts';

const LIMITS = {
  codecId: 0,
  recordBytesMax: 400,
  batchBytesMax: 400,
  deliveryTimeoutMs: 60_000,
  transactionTimeoutMs: 60_000,
};

// Time passes only by sleeping, and at once.
function quickClock(): Clock {
  let time = 1_000_000;
  return {
    now: () => time,
    sleep: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve));
      time += ms;
    },
  };
}

async function producer(kafka: FakeKafka): Promise<KafkaProducer> {
  const cluster = new Cluster(kafka, [{ host: 'fake', port: 1 }], quickClock(), 60_000);
  return new KafkaProducer(cluster, LIMITS, null).open();
}

function append(lane: Lane, value: string): void {
  const bytes = Buffer.from(value);
  lane.append(1, bytes, 0, bytes.length, bytes, 0, bytes.length, null);
}

test('every record is stored once and in order, whatever fails on the way (seed 1 to 40)', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const next = random(seed);
    const fates: readonly Fate[] = ['good', 'good', 'good', 'refused', 'unheard', 'unanswered'];
    const kafka = new FakeKafka(3, () => fates[next(fates.length)]!);
    const output = await producer(kafka);
    const expected: string[][] = [[], [], []];
    for (let i = 0; i < 300; i++) {
      const partition = next(3);
      append(output.lane('t', partition), `${partition}-${i}`);
      expected[partition]!.push(`${partition}-${i}`);
      if (next(50) === 0) await output.flush();
    }

    const ends = await output.flush();
    await output.close();

    assert.deepEqual(kafka.logs, expected, `seed ${seed}`);
    for (const [key, end] of ends) assert.equal(end, expected[Number(key.slice(2))]!.length, `seed ${seed}`);
  }
});

test('what cannot be delivered within its time is told as transient, and the producer goes on afterwards', async () => {
  let fate: Fate = 'refused';
  const kafka = new FakeKafka(1, () => fate);
  const output = await producer(kafka);
  append(output.lane('t', 0), 'lost');

  await assert.rejects(output.flush(), isTransient);
  fate = 'good';
  append(output.lane('t', 0), 'kept');
  const ends = await output.flush();
  await output.close();

  assert.deepEqual([kafka.logs, [...ends]], [[['kept']], [['t-0', 1]]]);
});

test('batches of many partitions travel in one request', async () => {
  const kafka = new FakeKafka(20, () => 'good');
  const output = await producer(kafka);
  for (let i = 0; i < 40; i++) append(output.lane('t', i % 20), String(i));

  await output.flush();
  await output.close();

  assert.deepEqual([kafka.requests, kafka.logs[7]], [1, ['7', '27']]);
});

test('a record too large for any request is refused at once and nothing else is lost', async () => {
  const kafka = new FakeKafka(1, () => 'good');
  const output = await producer(kafka);
  append(output.lane('t', 0), 'before');

  assert.throws(() => append(output.lane('t', 0), 'x'.repeat(500)), /larger than a request may be/);
  append(output.lane('t', 0), 'after');
  await output.flush();
  await output.close();

  assert.deepEqual(kafka.logs, [['before', 'after']]);
});
