// Writes state until the disk takes no more (the parent limits how large a file may get), and tells how that ended.
import { setTimeout } from 'node:timers/promises';
import { LmdbStateStore } from '../../../src/adapters/lmdb/state-store.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';

const store = new LmdbStateStore({ folder: process.argv[2]!, clock: systemClock() });
const { token } = await store.open('t');
const value = Buffer.alloc(20_000);
let failure: unknown = null;
for (let i = 0; i < 100 && failure === null; i++) {
  const entries = new Map([['s', [[Buffer.from(`k${i}`), value] as const]]]);
  await store.write('t', token, entries, new Map([['p-0', i]])).catch((error: unknown) => {
    failure = error;
  });
}
// A promise that nobody holds would end the process now.
await setTimeout(300);
const { code, kind } = failure as { code: string; kind: string };
process.stdout.write(`alive ${code} ${kind}\n`);
process.exit();
