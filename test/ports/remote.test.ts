// The ports that a thread borrows from its host, over a message port, keep the same promises as those behind them.
import { MessageChannel } from 'node:worker_threads';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { EmbeddedRegistry } from '../../src/adapters/registry/embedded.ts';
import { borrowPorts, type LentPorts, lendPorts } from '../../src/adapters/remote/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { brokerContract } from './broker.contract.ts';
import { clusterAdminContract } from './cluster-admin.contract.ts';
import { schemaRegistryContract } from './schema-registry.contract.ts';
import { stateStoreContract } from './state-store.contract.ts';

const clock = systemClock();

/** A borrowed port whose `close` ends the lending, too. */
async function borrowed<K extends keyof LentPorts>(name: K, own: Partial<LentPorts> = {}): Promise<LentPorts[K]> {
  const { port1, port2 } = new MessageChannel();
  const real: LentPorts = {
    broker: memoryBroker(clock),
    store: new MemoryStateStore(clock),
    registry: new EmbeddedRegistry(null),
    ...own,
  };
  const lent = lendPorts(port1, real);
  const ports = borrowPorts(port2);
  return Object.assign(ports[name], {
    close: async () => {
      ports.close();
      await lent.close();
    },
  });
}

brokerContract('over a message port', 'r-', () => borrowed('broker'));
clusterAdminContract('over a message port', 'ra-', () => borrowed('broker'));
stateStoreContract('over a message port', () => borrowed('store'), false);
schemaRegistryContract('over a message port', () => borrowed('registry'), false);
