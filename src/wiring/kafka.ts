// A real Kafka from the worker's settings, under Kafka's own names.
import { kafkaBroker } from '../adapters/kafkajs/index.ts';
import type { RawConfig } from '../core/config/define.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';

export function openKafka(brokers: string, raw: RawConfig, clock: Clock): Promise<Broker> {
  const config: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) if (value !== null) config[name] = value;
  return kafkaBroker({ config: { ...config, 'bootstrap.servers': brokers }, clock });
}
