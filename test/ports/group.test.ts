import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { stallableBroker } from '../support/stallable-broker.ts';
import { groupContract } from './group.contract.ts';

groupContract('embedded log', 'g-', 100, async () => {
  const broker = memoryBroker(systemClock());
  return { open: async () => stallableBroker(broker), close: () => broker.close() };
});
