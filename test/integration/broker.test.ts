// The broker contract over real Kafka.

import { test } from 'node:test';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { brokerContract } from '../ports/broker.contract.ts';

const brokers = process.env['KAFKA_BROKERS'];

if (brokers === undefined) test('broker contract: Kafka', { skip: 'KAFKA_BROKERS is not set' });
else {
  const prefix = `bc-${process.pid}-${Date.now().toString(36)}-`;
  brokerContract('Kafka', prefix, () =>
    kafkaBroker({ clock: systemClock(), config: { 'bootstrap.servers': brokers } }),
  );
}
