// W1 to W3: persistent queries, stated as a user would state them.
//
// The clock starts with the first record of the input topic, so W1's table stands before its join is created: what the peers do.
import type { Environment } from '../src/host/index.ts';
import { QueryEngine } from '../src/queries/index.ts';
import type { Result, Run } from './contract.ts';
import { Meter } from './meter.ts';
import { openProduct } from './product.ts';

/** The latest name of each event. */
const names = (run: Run) => `
  CREATE STREAM names WITH (KAFKA_TOPIC='${run.nameTopic}', VALUE_FORMAT='AVRO');
  CREATE TABLE event_names
  WITH (KAFKA_TOPIC='${run.prefix}TABLE.EVENT.NAME', KEY_FORMAT='AVRO', VALUE_FORMAT='AVRO') AS
  SELECT after->id AS \`id\`, LATEST_BY_OFFSET(after->name) AS \`name\`
  FROM names WHERE after->id IS NOT NULL GROUP BY after->id EMIT CHANGES;`;

/** Sign-ups with the names of their events, by user. */
const join = (run: Run) => `
  CREATE STREAM submits WITH (KAFKA_TOPIC='${run.inTopic}', VALUE_FORMAT='AVRO');
  CREATE STREAM joined
  WITH (KAFKA_TOPIC='${run.prefix}out', KEY_FORMAT='JSON', VALUE_FORMAT='JSON', RETENTION_MS=-1) AS
  SELECT s.after->user_id AS \`user_id\`, e.\`name\` AS \`event_name\`, s.after->created_at AS \`event_time\`
  FROM submits s LEFT JOIN event_names e ON s.after->event_id = e.\`id\`
  WHERE (s.op = 'r' OR s.op = 'c') AND s.after->event_id IS NOT NULL AND e.\`id\` IS NOT NULL
  PARTITION BY s.after->user_id EMIT CHANGES;`;

/** The smallest order id of each user. */
const firstOrders = (run: Run) => `
  CREATE STREAM orders WITH (KAFKA_TOPIC='${run.inTopic}', VALUE_FORMAT='AVRO');
  CREATE TABLE first_orders
  WITH (KAFKA_TOPIC='${run.prefix}out', KEY_FORMAT='AVRO', VALUE_FORMAT='AVRO') AS
  SELECT after->user_id AS \`user_id\`, MIN(after->order_id) AS \`min_order_id\`
  FROM orders WHERE op = 'c' AND after->user_id IS NOT NULL GROUP BY after->user_id EMIT CHANGES;`;

/** Sign-ups, flattened. */
const flat = (run: Run) => `
  CREATE STREAM submits WITH (KAFKA_TOPIC='${run.inTopic}', VALUE_FORMAT='AVRO');
  CREATE STREAM flat
  WITH (KAFKA_TOPIC='${run.prefix}out', KEY_FORMAT='JSON', VALUE_FORMAT='JSON', RETENTION_MS=-1) AS
  SELECT after->user_id AS \`user_id\`, after->event_id AS \`event_id\`, after->created_at AS \`created_at\`,
         op AS \`op\`, ts_ms AS \`ts_ms\`
  FROM submits WHERE op = 'r' OR op = 'c' PARTITION BY after->user_id EMIT CHANGES;`;

const MEASURED: Readonly<Record<string, (run: Run) => string>> = { W1: join, W2: firstOrders, W3: flat };

export async function runSql(run: Run): Promise<Result> {
  const meter = new Meter(run.inTopic, run.records);
  const product = await openProduct(run, (broker) => meter.watch(broker), []);
  const engine = await openEngine(product.environment, run);
  const startedMs = performance.now();
  await prepare(engine, run);
  const details = { prepare_seconds: Math.round(performance.now() - startedMs) / 1000 };
  await startMeasured(engine, run);
  const watch = setInterval(() => failIfFailed(engine), 500);
  await meter.done;
  clearInterval(watch);
  const { rowsOut } = (await engine.queries()).at(-1)!;
  const result = { workload: run.workload, outputs: rowsOut, ...meter.report(), ...details };
  await execute(engine, 'TERMINATE ALL;', run);
  await engine.close();
  await product.close();
  return result;
}

/** What stands before the clock starts: W1's table. */
export async function prepare(engine: QueryEngine, run: Run): Promise<void> {
  if (run.workload !== 'W1') return;
  await execute(engine, names(run), run);
  await engine.caughtUp('EVENT_NAMES', new AbortController().signal);
}

/** Starts the query that is measured; its output goes to `<prefix>out`. */
export function startMeasured(engine: QueryEngine, run: Run): Promise<void> {
  return execute(engine, MEASURED[run.workload]!(run), run);
}

/** An engine over the product's ports, as a worker starts it. */
export async function openEngine(environment: Environment, run: Pick<Run, 'prefix'>): Promise<QueryEngine> {
  const engine = new QueryEngine(
    { ...environment, log: environment.logs.logger('sql'), random: Math.random },
    { clusterId: run.prefix },
  );
  await engine.start();
  return engine;
}

/** Executes statements; throws the first failure. */
async function execute(
  engine: QueryEngine,
  text: string,
  { guarantee, commitMs }: Pick<Run, 'guarantee' | 'commitMs'>,
): Promise<void> {
  const { failure } = await engine.execute(text, {
    properties: {
      'auto.offset.reset': 'earliest',
      'processing.guarantee': guarantee === 'exactly_once' ? 'exactly_once_v2' : 'at_least_once',
      'commit.interval.ms': String(commitMs),
    },
  });
  if (failure !== null) throw failure.error;
}

function failIfFailed(engine: QueryEngine): void {
  for (const run of engine.runs.all()) {
    const [error] = run.tally.errors;
    if (run.state === 'ERROR') throw new Error(error?.message ?? `query ${run.queryId} failed`);
  }
}
