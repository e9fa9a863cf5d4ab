// A host with nothing but back-fills on real services. Run as a process of its own by `backfill.test.ts`, which kills it.

import { argv, env } from 'node:process';
import { BullJobQueue } from '../../../src/adapters/bullmq/job-queue.ts';
import { undiciClient } from '../../../src/adapters/http/undici-client.ts';
import { kafkaBroker } from '../../../src/adapters/kafkajs/index.ts';
import { ConfluentRegistry } from '../../../src/adapters/registry/confluent.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import { Backfills, type Target } from '../../../src/backfill/index.ts';
import { primitive, structOf } from '../../../src/core/data/schema.ts';
import type { Broker } from '../../../src/ports/broker.ts';

export interface BackfillHost {
  readonly broker: Broker;
  readonly backfills: Backfills;
  close(): Promise<void>;
}

/** Opens a host; all of one `cluster` share its ledger, queue and topic. */
export async function backfillHost(cluster: string, folder: string): Promise<BackfillHost> {
  const clock = systemClock();
  const broker = await kafkaBroker({ config: { 'bootstrap.servers': env['KAFKA_BROKERS']! }, clock });
  const http = undiciClient();
  const registry = new ConfluentRegistry({ url: env['SCHEMA_REGISTRY_URL']!, http, clock });
  const queue = new BullJobQueue({ url: env['REDIS_URL']!, clusterId: cluster, clock });
  const optional = { optional: true };
  const target: Target = {
    topic: `${cluster}-orders`,
    key: {
      ...{ format: 'AVRO', unwrapped: true, properties: {} },
      schema: structOf([{ name: 'ACCOUNT_ID', schema: primitive('int64', optional) }], optional),
    },
    value: {
      ...{ format: 'AVRO', unwrapped: false, properties: {} },
      schema: structOf([{ name: 'ORDER_ID', schema: primitive('int64', optional) }], optional),
    },
    partitions: 1,
  };
  await broker.createTopics([{ name: target.topic, partitions: 1 }]);
  const backfills = new Backfills({
    ...{ broker, registry, queue, clock, clusterId: cluster, folder },
    target: async () => target,
    caughtUp: async () => {},
  });
  await backfills.start();
  return {
    ...{ broker, backfills },
    close: async () => {
      await backfills.stop();
      await queue.close();
      await broker.close();
      await http.close();
    },
  };
}

const [, script, cluster, folder] = argv;
if (script?.endsWith('backfill-host.ts') === true) {
  const host = await backfillHost(cluster!, folder!);
  const definition = {
    name: 'history',
    backfill: {
      ...{ source: 'orders-*.csv.gz', into: 'orders' },
      columns: { ACCOUNT_ID: 'user_id', ORDER_ID: 'min_order_id' },
    },
  };
  await host.backfills.submit(definition);
  for (;;) {
    const { state, rows, rowsPerSecond } = host.backfills.status('history');
    process.stdout.write(`${state} ${rows} ${rowsPerSecond}\n`);
    if (state === 'released' || state === 'failed') break;
    await systemClock().sleep(50);
  }
  await host.close();
}
