import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { embeddedBroker, memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { brokerContract } from './broker.contract.ts';

const dir = mkdtempSync(join(tmpdir(), 'tributary-broker-'));
after(() => rmSync(dir, { recursive: true, force: true }));

brokerContract('embedded log in memory', 'm-', async () => memoryBroker(systemClock()));
brokerContract('embedded log on disk', 'd-', () => embeddedBroker({ dir: join(dir, 'plain'), clock: systemClock() }));
brokerContract('embedded log on disk, synced', 's-', () =>
  embeddedBroker({ dir: join(dir, 'synced'), clock: systemClock(), fsync: true }),
);
