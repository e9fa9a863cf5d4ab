// TopicCopy beside a bare loop over the same reader and producer: what the connector costs above what the wire costs.
//
//   KAFKA_BROKERS=… [KAFKA_SOURCE_BROKERS=…] [N=500000] node --conditions=source bench/topic-copy.ts
import { topicCopy } from '../connectors/topic-copy/index.ts';
import { kafkaBroker } from '../src/adapters/kafkajs/index.ts';
import { systemClock } from '../src/adapters/system-clock.ts';
import { type ProcessorContext, type ProcessorTask, parseConfigOrThrow } from '../src/connect/index.ts';
import type { Broker } from '../src/ports/broker.ts';

const targetBrokers = process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092';
const sourceBrokers = process.env['KAFKA_SOURCE_BROKERS'] ?? targetBrokers;
const RECORDS = Number(process.env['N'] ?? 500_000);
const PARTITIONS = 4;
const VALUE_BYTES = 180;
const TRANSACTION_RECORDS = 50_000;

const clock = systemClock();
const open = (brokers: string): Promise<Broker> => kafkaBroker({ clock, config: { 'bootstrap.servers': brokers } });
const source = await open(sourceBrokers);
const target = await open(targetBrokers);
const run = `bench-${Date.now().toString(36)}`;
const keys = Array.from({ length: PARTITIONS }, (_, partition) => `${run}-${partition}`);

try {
  await fill();
  for (let round = 0; round < 2; round++) {
    await measured('floor', (round) => floor(`${run}.floor${round}`), round);
    await measured('TopicCopy', (round) => copy(`${run}-${round}`, {}), round);
    await measured('TopicCopy without marks', (round) => copy(`${run}-m${round}`, { 'emit.offset-syncs.enabled': 'false' }), round); // biome-ignore format: short
  }
} finally {
  await source.deleteTopics([run]);
  await source.close();
  await target.close();
}

async function fill(): Promise<void> {
  await source.createTopics([{ name: run, partitions: PARTITIONS }]);
  const producer = await source.produce();
  const value = Buffer.alloc(VALUE_BYTES, 'x');
  for (let i = 0; i < RECORDS; i++) {
    const key = Buffer.from(`key-${i}`);
    producer.lane(run, i % PARTITIONS).append(-1, key, 0, key.length, value, 0, VALUE_BYTES, null);
    if (i % 5_000 === 0) await producer.drain();
  }
  await producer.flush();
  await producer.close();
}

async function measured(name: string, work: (round: number) => Promise<void>, round: number): Promise<void> {
  const cpu = process.cpuUsage();
  const startedMs = Date.now();
  await work(round);
  const seconds = (Date.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const result = { name, round, recordsPerSecond: Math.round(RECORDS / seconds), cpuSecondsPerMillion: (user + system) / RECORDS }; // biome-ignore format: short
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Read, append, commit: no connector. */
async function floor(topic: string): Promise<void> {
  await target.createTopics([{ name: topic, partitions: PARTITIONS }]);
  const producer = await target.transact(run);
  const reader = await source.read(await source.offsets(keys, 'earliest'), { isolation: 'committed' });
  producer.begin();
  let open = 0;
  for (let done = 0; done < RECORDS; ) {
    for (const {
      partition,
      count,
      bytes,
      timestampsMs,
      keyStarts,
      keyEnds,
      valueStarts,
      valueEnds,
    } of await reader.poll(500)) {
      // biome-ignore format: short
      const lane = producer.lane(topic, partition);
      for (let i = 0; i < count; i++) {
        lane.append(timestampsMs[i]!, bytes, keyStarts[i]!, keyEnds[i]!, bytes, valueStarts[i]!, valueEnds[i]!, null);
      }
      done += count;
      open += count;
    }
    await producer.drain();
    if (open < TRANSACTION_RECORDS) continue;
    await producer.commit(null, new Map());
    producer.begin();
    open = 0;
  }
  await producer.commit(null, new Map());
  await reader.close();
  await producer.close();
  await target.deleteTopics([topic]);
}

async function copy(alias: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const raw = {
    'source.cluster.bootstrap.servers': sourceBrokers,
    'source.cluster.alias': alias,
    topics: run,
    'emit.checkpoints.enabled': 'false',
    'task.count': '1',
    ...settings,
  };
  const stop = new AbortController();
  let written = 0;
  const context: Partial<ProcessorContext> = {
    connector: run,
    task: 0,
    clock,
    signal: stop.signal,
    broker: target,
    openBroker: () => open(sourceBrokers),
    transactionalId: run,
    group: alias,
    count: (counter, by) => {
      if (counter === 'records_written') written += by;
      if (written >= RECORDS) stop.abort();
    },
    log: () => {},
  };
  const task = topicCopy.create().task() as ProcessorTask;
  await task.start(parseConfigOrThrow(topicCopy.config, raw, run), raw, context as ProcessorContext);
  await task.run();
  await target.deleteTopics([`${alias}.${run}`, `mm2-offset-syncs.${alias}.internal`]);
  await target.deleteGroup(alias);
}
