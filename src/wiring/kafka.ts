// A real Kafka from the worker's or a connector's settings, under Kafka's own names.
import type { RawConfig } from '../core/config/define.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';

export async function openKafka(brokers: string, raw: RawConfig, clock: Clock): Promise<Broker> {
  const { kafkaBroker } = await import('../adapters/kafkajs/index.ts');
  const config: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) if (value !== null) config[name] = value;
  return kafkaBroker({ config: { ...config, 'bootstrap.servers': brokers }, clock });
}

/** The cluster that a connector names; null when it names none, or `embedded`: then the host's own is meant. */
export async function openOtherKafka(raw: RawConfig, clock: Clock): Promise<Broker | null> {
  const brokers = (raw['bootstrap.servers'] ?? '').trim();
  return brokers === '' || brokers === 'embedded' ? null : openKafka(brokers, raw, clock);
}
