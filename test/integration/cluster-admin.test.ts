// The cluster-admin contract over real Kafka.

import { test } from 'node:test';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { clusterAdminContract } from '../ports/cluster-admin.contract.ts';

const brokers = process.env['KAFKA_BROKERS'];

if (brokers === undefined) test('cluster admin contract: Kafka', { skip: 'KAFKA_BROKERS is not set' });
else {
  const prefix = `ca-${process.pid}-${Date.now().toString(36)}-`;
  clusterAdminContract('Kafka', prefix, () =>
    kafkaBroker({ clock: systemClock(), config: { 'bootstrap.servers': brokers } }),
  );
}
