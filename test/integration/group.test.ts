// The group contract over real Kafka.
import { test } from 'node:test';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { groupContract } from '../ports/group.contract.ts';
import { stoppableClock } from '../support/stoppable-clock.ts';

const brokers = process.env['KAFKA_BROKERS'];
// The brokers' own least: group.min.session.timeout.ms.
const SESSION_TIMEOUT_MS = 6_000;

if (brokers === undefined) test('group contract: Kafka', { skip: 'KAFKA_BROKERS is not set' });
else {
  groupContract('Kafka', `gc-${process.pid}-${Date.now().toString(36)}-`, SESSION_TIMEOUT_MS, async () => {
    const opened: Broker[] = [];
    return {
      open: async () => {
        const clock = stoppableClock(systemClock());
        const broker = await kafkaBroker({ clock, config: { 'bootstrap.servers': brokers } });
        opened.push(broker);
        return { broker, stall: clock.stop, resume: clock.go };
      },
      close: async () => {
        await Promise.all(opened.map((broker) => broker.close()));
      },
    };
  });
}
