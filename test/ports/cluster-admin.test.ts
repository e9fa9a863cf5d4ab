import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { embeddedBroker, memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { clusterAdminContract } from './cluster-admin.contract.ts';

const dir = mkdtempSync(join(tmpdir(), 'tributary-admin-'));
after(() => rmSync(dir, { recursive: true, force: true }));

clusterAdminContract('embedded log in memory', 'm-', async () => memoryBroker(systemClock()));
clusterAdminContract('embedded log on disk', 'd-', () =>
  embeddedBroker({ dir: join(dir, 'log'), clock: systemClock() }),
);
