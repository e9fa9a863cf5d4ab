// The demo as a user runs it: all three pipelines to the end, and a second start that delivers nothing twice.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { embeddedBroker } from '../../src/adapters/embedded-log/index.ts';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { BrazeStandIn } from '../../src/http/braze-stand-in.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { assertDelivered, assertTopics } from '../support/delivered.ts';
import { startDemo } from '../support/demo-host.ts';
import { demoServices, forgetDemo, realServices } from '../support/services.ts';

const CLUSTER = 'demotest';

async function deliversOnce(
  services: Readonly<Record<string, string>>,
  openBroker: (dataDir: string) => Promise<Broker>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'trib-demo-'));
  const standIn = new BrazeStandIn({ port: 0, host: '127.0.0.1', apiKey: 'stand-in-key', file: null });
  const brazeEndpoint = await standIn.listen();
  const settings = { dataDir, clusterId: CLUSTER, brazeEndpoint, replayRecords: 100, replayPauseMs: 0, services };
  try {
    const first = startDemo(settings, ['--until-caught-up']);
    assert.equal(await first.ended, 0, first.output().slice(-4000));
    const { repeats } = assertDelivered(standIn, new Set());
    assert.equal(repeats, 0);
    const delivered = standIn.accepted.length;

    const second = startDemo(settings, ['--until-caught-up']);
    assert.equal(await second.ended, 0, second.output().slice(-4000));
    assert.equal(standIn.accepted.length, delivered, 'a second start delivers nothing');

    const broker = await openBroker(dataDir);
    try {
      await assertTopics(broker);
    } finally {
      await broker.close();
    }
  } finally {
    await standIn.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

test('the three pipelines deliver what the recordings imply, once, on embedded adapters', {
  timeout: 120_000,
}, async () => {
  const clock = systemClock();

  await deliversOnce({}, (dataDir) => embeddedBroker({ dir: join(dataDir, 'log'), clock }));
});

test('the three pipelines deliver the same on Kafka, schema registry and Redis', {
  skip: realServices() ? false : 'set KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL and TRIB_SERVICES',
  timeout: 180_000,
}, async () => {
  const services = demoServices();
  const clock = systemClock();
  const connect = () => kafkaBroker({ config: { 'bootstrap.servers': services['KAFKA_BROKERS']! }, clock });
  await forgetDemo(await connect(), CLUSTER);

  await deliversOnce(services, connect);
});
