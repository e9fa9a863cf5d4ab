// Real services for integration tests. What is deleted here is only what the demo makes, and only on services that were started for tests.
import { Redis } from 'ioredis';
import type { Broker } from '../../src/ports/broker.ts';

const NAMES = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL'] as const;

/** True when all services, and the folder of scripts that started them, are known: tests may then stop, empty and restart them. */
export function realServices(): boolean {
  return [...NAMES, 'TRIB_SERVICES'].every((name) => process.env[name] !== undefined && process.env[name] !== '');
}

/** The environment by which the demo runs on the services. */
export function demoServices(): Record<string, string> {
  return Object.fromEntries(NAMES.map((name) => [name, process.env[name] ?? '']));
}

/** Empties Redis, as an operator's mistake would. */
export async function emptyRedis(): Promise<void> {
  const redis = new Redis(process.env['REDIS_URL']!, { maxRetriesPerRequest: 3 });
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

const DEMO_TOPICS = /^(EVENT_MYSQL|TRADE_MYSQL|MEMBER_MYSQL|ROW|STREAM|TABLE|DLQ)\./;

/** Deletes the demo's topics and groups of earlier runs, and empties Redis; closes the broker. */
export async function forgetDemo(broker: Broker, clusterId: string): Promise<void> {
  if (!realServices()) throw new Error('only on services that were started for tests');
  try {
    const topics = (await broker.listTopics()).map(({ name }) => name);
    const made = topics.filter(
      (name) => DEMO_TOPICS.test(name) || name.startsWith(`_${clusterId}_`) || name.startsWith(`${clusterId}-`),
    );
    if (made.length > 0) await broker.deleteTopics(made);
    await emptyRedis();
  } finally {
    await broker.close();
  }
}
