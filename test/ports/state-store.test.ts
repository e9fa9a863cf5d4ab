import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { LmdbStateStore } from '../../src/adapters/lmdb/state-store.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { stateStoreContract } from './state-store.contract.ts';

const clock = { now: () => 1_700_000_000_000, sleep: async () => {} };
const folder = mkdtempSync(join(tmpdir(), 'trib-lmdb-'));
after(() => rmSync(folder, { recursive: true, force: true }));

stateStoreContract('memory', async () => new MemoryStateStore(clock), false);
stateStoreContract('LMDB', async () => new LmdbStateStore({ folder, clock }), true);
