// W4 and W5: a sink connector in the host, configured as it would be over REST.
import { assert } from '../src/core/errors.ts';
import { Worker } from '../src/host/index.ts';
import type { Result, Run } from './contract.ts';
import { Meter } from './meter.ts';
import { nullSink } from './null-sink.ts';
import { openProduct } from './product.ts';

const UNWRAP = {
  'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
  'transforms.unwrap.delete.tombstone.handling.mode': 'rewrite',
  'transforms.unwrap.add.fields': 'op,source.ts_ms',
};

/** Avro → unwrap → rename, exclude → time as text → counting sink. */
const NULL_SINK = {
  'connector.class': 'bench.NullSink',
  transforms: 'unwrap,rename,time',
  ...UNWRAP,
  'transforms.rename.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
  'transforms.rename.renames': 'amount:price',
  'transforms.rename.exclude': 'status',
  'transforms.time.type': 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
  'transforms.time.field': 'created_at',
  'transforms.time.target.type': 'string',
  'transforms.time.format': "yyyy-MM-dd'T'HH:mm:ss'Z'",
};

/** Avro → unwrap → 75 events a request. The local server has no rate limit, so neither has the sink. */
const BRAZE_SINK = {
  'connector.class': 'BrazeSink',
  transforms: 'unwrap',
  ...UNWRAP,
  'braze.api.key': 'bench',
  'braze.object': 'event',
  'braze.external.id': 'value.user_id',
  'braze.event.name': 'event_submit',
  'braze.time': 'value.created_at',
  'braze.properties': 'event_id',
  'braze.requests.per.minute': '10000000',
};

export async function runConnect(run: Run): Promise<Result> {
  const meter = new Meter(run.inTopic, run.records);
  const sink = nullSink();
  const product = await openProduct(run, (broker) => meter.watch(broker), [sink.def]);
  const { environment } = product;
  const worker = new Worker(environment);
  await worker.open();
  const name = `${run.prefix}sink`;
  const isNull = run.workload === 'W4';
  await worker.create(
    name,
    {
      ...(isNull ? NULL_SINK : { ...BRAZE_SINK, 'braze.endpoint': run.httpUrl.replace(/\/users\/track$/, '') }),
      topics: run.inTopic,
      'tasks.max': String(run.threads),
      'key.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
      'value.converter': 'io.confluent.connect.avro.AvroConverter',
      'value.converter.schema.registry.url': run.registryUrl,
    },
    null,
  );
  const watch = setInterval(() => failIfFailed(worker, name), 500);
  await meter.done;
  clearInterval(watch);
  const outputs = isNull ? sink.seen.records : environment.metrics.total('events_accepted');
  assert(outputs === run.records, `every record reaches the sink: ${outputs} of ${run.records}`);
  const result = { workload: run.workload, outputs, ...meter.report() };
  await worker.close();
  await environment.broker.deleteTopics([`${run.prefix}configs`, `${run.prefix}offsets`]);
  await environment.broker.deleteGroup(`connect-${name}`);
  await product.close();
  return result;
}

function failIfFailed(worker: Worker, name: string): void {
  const { connector, tasks } = worker.status(name);
  for (const { state, trace } of [connector, ...tasks]) if (state === 'FAILED') throw new Error(trace ?? 'failed');
}
