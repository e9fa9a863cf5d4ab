// The brokers that one run of a task reads from, writes to and makes topics on: the host's own, with what the worker's
// `producer.`, `consumer.`, `admin.` settings and the connector's overrides say put on every reader and producer; or connections of
// the run's own, where they name others.

import { isDeepStrictEqual } from 'node:util';
import type { RawConfig } from '../../core/config/define.ts';
import type { Broker, ProducerOptions, ReadOptions } from '../../ports/broker.ts';
import {
  type ClientConfig,
  type ClientKind,
  clientConfig,
  isElsewhere,
  ownConnection,
  wholeSetting,
  wordSetting,
} from '../config/client-config.ts';
import type { ConnectorKind } from '../config/framework-config.ts';
import { ownOffsetsTopic } from '../config/offsets-topic.ts';
import type { Environment, HostSettings } from '../environment.ts';
import { lentBroker } from './lent-broker.ts';

/** The brokers of one run. */
export interface TaskClients {
  readonly consumer: Broker;
  readonly producer: Broker;
  /** Makes topics, and knows them. */
  readonly admin: Broker;
  /** Records go to another cluster than the host's: then nothing can be one transaction with what stands in the host's topics. */
  readonly producesElsewhere: boolean;
  /** The producer has a connection of its own, perhaps another user's, so it does not write what only the host may. */
  readonly producesApart: boolean;
  /** Closes what was opened for this run. */
  close(): Promise<void>;
}

type FetchOptions = Omit<ReadOptions, 'isolation'>;

/** Opens what the connector needs. `raw`: with references resolved. Throws `config`, and whatever opening throws. */
export async function openTaskClients(
  environment: Environment,
  raw: RawConfig,
  kind: ConnectorKind,
): Promise<TaskClients> {
  const { settings } = environment;
  const opened: Broker[] = [];
  const open = async (connection: RawConfig | null, otherwise: Broker): Promise<Broker> => {
    const own = connection === null ? null : await environment.openBroker(connection);
    if (own !== null) opened.push(own);
    return own ?? otherwise;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((broker) => broker.close()));
  };
  const config = (client: ClientKind): ClientConfig => clientConfig(client, raw, settings);
  const [producerConfig, consumerConfig] = [config('producer'), config('consumer')];
  try {
    const produce = producerOptions(producerConfig);
    const fetch = fetchOptions(consumerConfig);
    if (kind === 'processor') {
      // Reading, writing and the commit of both are one transaction: one connection, which the producer's settings decide last.
      const broker = await open(ownConnection({ ...consumerConfig, ...producerConfig }, settings), environment.broker);
      const both = tuned(broker, produce, fetch);
      return {
        consumer: both,
        producer: both,
        admin: both,
        producesElsewhere: false,
        producesApart: broker !== environment.broker,
        close,
      };
    }
    const writes = await open(ownConnection(producerConfig, settings), environment.broker);
    const reads =
      kind === 'source'
        ? await open(offsetsConnection(raw, consumerConfig, producerConfig, settings), writes)
        : await open(ownConnection(consumerConfig, settings), environment.broker);
    return {
      consumer: tuned(reads, null, fetch),
      producer: tuned(writes, produce, null),
      admin: await open(ownConnection(config('admin'), settings), writes),
      producesElsewhere: isElsewhere(producerConfig, settings),
      producesApart: writes !== environment.broker,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Sources read nothing but a topic of offsets of their own, which is where they write; null: by the same connection. */
function offsetsConnection(
  raw: RawConfig,
  consumer: ClientConfig,
  producer: ClientConfig,
  settings: HostSettings,
): RawConfig | null {
  if (ownOffsetsTopic(raw, settings) === null) return null;
  const servers = producer['bootstrap.servers'];
  const reading = ownConnection(
    servers === undefined ? consumer : { 'bootstrap.servers': servers, ...consumer },
    settings,
  );
  return isDeepStrictEqual(reading, ownConnection(producer, settings)) ? null : reading;
}

/** Works with the broker that a source writes to, and closes it again when it is not the host's. */
export async function withProducerBroker<T>(
  environment: Environment,
  raw: RawConfig,
  work: (broker: Broker) => Promise<T>,
): Promise<T> {
  return withBroker(environment, clientConfig('producer', raw, environment.settings), work);
}

/** Where a sink's committed offsets stand: works with that broker, and closes it again when it is not the host's. */
export async function withConsumerBroker<T>(
  environment: Environment,
  raw: RawConfig,
  work: (broker: Broker) => Promise<T>,
): Promise<T> {
  return withBroker(environment, clientConfig('consumer', raw, environment.settings), work);
}

async function withBroker<T>(
  environment: Environment,
  config: ClientConfig,
  work: (broker: Broker) => Promise<T>,
): Promise<T> {
  const connection = ownConnection(config, environment.settings);
  const own = connection === null ? null : await environment.openBroker(connection);
  try {
    return await work(own ?? environment.broker);
  } finally {
    await own?.close();
  }
}

/** A sink's input is on another cluster, whose ends this host does not watch. */
export function readsElsewhere(raw: RawConfig, settings: HostSettings): boolean {
  return isElsewhere(clientConfig('consumer', raw, settings), settings);
}

function producerOptions(config: ClientConfig): ProducerOptions | null {
  const whole = (name: string) => wholeSetting('producer', config, name);
  const compression = wordSetting('producer', config, 'compression.type', ['none', 'gzip', 'snappy', 'lz4', 'zstd']);
  const recordBytesMax = whole('max.request.size');
  const deliveryTimeoutMs = whole('delivery.timeout.ms');
  const transactionTimeoutMs = whole('transaction.timeout.ms');
  return orNull({
    ...(compression === null ? {} : { compression }),
    ...(recordBytesMax === null ? {} : { recordBytesMax }),
    ...(deliveryTimeoutMs === null ? {} : { deliveryTimeoutMs }),
    ...(transactionTimeoutMs === null ? {} : { transactionTimeoutMs }),
  });
}

function fetchOptions(config: ClientConfig): FetchOptions | null {
  const whole = (name: string, least = 1) => wholeSetting('consumer', config, name, least);
  const partitionBytesMax = whole('max.partition.fetch.bytes');
  const bytesMax = whole('fetch.max.bytes');
  const bytesMin = whole('fetch.min.bytes');
  const waitMs = whole('fetch.max.wait.ms', 0);
  return orNull({
    ...(partitionBytesMax === null ? {} : { partitionBytesMax }),
    ...(bytesMax === null ? {} : { bytesMax }),
    ...(bytesMin === null ? {} : { bytesMin }),
    ...(waitMs === null ? {} : { waitMs }),
  });
}

function orNull<T extends object>(options: T): T | null {
  return Object.keys(options).length === 0 ? null : options;
}

/** The broker, with these options on all producers and readers that say nothing else. Closing it closes nothing. */
function tuned(broker: Broker, produce: ProducerOptions | null, fetch: FetchOptions | null): Broker {
  if (produce === null && fetch === null) return broker;
  return lentBroker(broker, {
    read: (from, options) => broker.read(from, { ...fetch, ...options }),
    produce: (options) => broker.produce({ ...produce, ...options }),
    transact: (id, options) => broker.transact(id, { ...produce, ...options }),
  });
}
