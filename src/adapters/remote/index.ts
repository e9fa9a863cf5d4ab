// Ports over a message port: what stands in this process but on another thread.
import type { MessagePort } from 'node:worker_threads';
import type { Broker } from '../../ports/broker.ts';
import type { SchemaRegistry } from '../../ports/schema-registry.ts';
import type { StateStore } from '../../ports/state-store.ts';
import { remoteBroker } from './broker.ts';
import { answerCalls, Caller } from './link.ts';
import { remoteSchemaRegistry, serveSchemaRegistry } from './schema-registry.ts';
import { serveBroker } from './serve-broker.ts';
import { remoteStateStore, serveStateStore } from './state-store.ts';

/** Ports that a thread may be lent. */
export interface LentPorts {
  readonly broker: Broker;
  readonly store: StateStore;
  readonly registry: SchemaRegistry;
}

/** Answers a thread's calls. `close` ends all that the thread has opened and left open, e.g. because it was terminated. */
export function lendPorts(port: MessagePort, { broker, store, registry }: LentPorts): { close(): Promise<void> } {
  const served = serveBroker(broker);
  answerCalls(port, new Map([...served.methods, ...serveStateStore(store), ...serveSchemaRegistry(registry)]));
  return {
    close: async () => {
      port.close();
      await served.close();
    },
  };
}

/** The lent ports as the thread sees them. */
export function borrowPorts(port: MessagePort): LentPorts & { close(): void } {
  const link = new Caller(port);
  return {
    broker: remoteBroker(link),
    store: remoteStateStore(link),
    registry: remoteSchemaRegistry(link),
    close: () => link.close(),
  };
}
