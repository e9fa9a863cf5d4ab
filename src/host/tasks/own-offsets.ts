// Opens the topic in which a source keeps its offsets beside the worker's (see `config/offsets-topic.ts`), with the clients of a run.
import type { RawConfig } from '../../core/config/define.ts';
import { ownOffsetsTopic } from '../config/offsets-topic.ts';
import type { Environment } from '../environment.ts';
import { LayeredOffsets } from '../stores/layered-offsets.ts';
import { OffsetStore } from '../stores/offset-store.ts';
import { lentBroker } from './lent-broker.ts';
import type { TaskClients } from './task-clients.ts';

/** Opens the offsets of a source that has a topic of its own; null: it has none. Whoever calls closes them, before the clients. */
export function openOwnOffsets(
  environment: Environment,
  raw: RawConfig,
  clients: TaskClients,
  shared: OffsetStore,
): LayeredOffsets | null {
  const { settings, broker, clock, logs } = environment;
  const name = ownOffsetsTopic(raw, settings);
  if (name === null) return null;
  const own = lentBroker(clients.admin, {
    read: (from, options) => clients.consumer.read(from, options),
    produce: (options) => clients.producer.produce(options),
    transact: (id, options) => clients.producer.transact(id, options),
  });
  const log = logs.logger('host.offsets');
  const topic = { ...settings.stores.offsets, name, setting: 'offsets.storage.topic' };
  return new LayeredOffsets(new OffsetStore(own, { topic, clock, log, follows: false }), shared, {
    copiesTo: clients.producesApart ? broker : null,
    clock,
    log,
  });
}
