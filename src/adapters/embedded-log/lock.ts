// One process at a time uses a data folder.
//
// The lock is a file that names its holder: host, process id and that process' start time. A holder on this host that is
// gone (kill −9), or whose id now belongs to another process, is stale and taken over at once. A holder on another host
// (a shared volume, a container made anew) cannot be asked; it touches the file, and is stale when it has not for a while.

import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';

const TOUCH_EVERY_MS = 5_000;
const FOREIGN_STALE_AFTER_MS = 20_000;

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks after boot, where the system tells; −1 elsewhere. */
  readonly startedAt: number;
}

/** Takes the folder; throws `conflict` while another live process has it. Answers how to let it go. */
export function takeLock(dir: string, clock: Clock): () => void {
  const path = join(dir, 'lock');
  const self: Holder = { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) };
  for (let attempt = 0; !tryCreate(path, self); attempt++) {
    const holder = readHolder(path);
    if (holder !== null && isAlive(path, holder, self, clock)) throw heldBy(dir, holder);
    if (attempt > 3) throw heldBy(dir, holder ?? self);
    rmSync(path, { force: true });
  }
  const released = new AbortController();
  void keepTouched(path, clock, released.signal);
  return () => {
    released.abort();
    rmSync(path, { force: true });
  };
}

function tryCreate(path: string, holder: Holder): boolean {
  try {
    const fd = openSync(path, 'wx');
    writeSync(fd, JSON.stringify(holder));
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch (error) {
    // Gone in between, or torn by a crash while it was being written: nobody holds it.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(path: string, holder: Holder, self: Holder, clock: Clock): boolean {
  if (holder.host !== self.host) return clock.now() - touchedAt(path) < FOREIGN_STALE_AFTER_MS;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.startedAt === -1 || startOf(holder.pid) === holder.startedAt;
}

function touchedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.NEGATIVE_INFINITY;
    throw error;
  }
}

async function keepTouched(path: string, clock: Clock, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(TOUCH_EVERY_MS, stop);
    if (stop.aborted) return;
    const seconds = clock.now() / 1000;
    try {
      utimesSync(path, seconds, seconds);
    } catch (error) {
      // Removed by hand: the folder can still be used, only the proof of life is gone.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return;
    }
  }
}

// Field 22 of /proc/<pid>/stat; the name in field 2 may hold spaces and parentheses.
function startOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return -1;
  }
}

function heldBy(dir: string, holder: Holder): TributaryError {
  return new TributaryError('TRIB_LOG_LOCKED', 'conflict', {
    what: `The data folder is in use by process ${holder.pid} on ${holder.host}.`,
    where: dir,
    fix: `Stop that process, or give this one another "data.dir". If it is surely gone, delete ${join(dir, 'lock')}.`,
  });
}
