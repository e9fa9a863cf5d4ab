// A plugin thread of `trib`: started by the host, never by hand.
import { parentPort, workerData } from 'node:worker_threads';
import { runPluginThread } from './wiring/plugin-thread.ts';
import type { ThreadData } from './wiring/plugin-threads.ts';

await runPluginThread(workerData as ThreadData, parentPort!);
