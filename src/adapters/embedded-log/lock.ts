// One process at a time uses a data folder.
//
// The lock is a file that names its holder: host, process id and that process' start time. A holder on this host that is
// gone (kill −9), or whose id now belongs to another process, is stale and taken over at once. A holder on another host
// (a shared volume, a container made anew) cannot be asked; it touches the file, and is stale when it has not for a while.
//
// Law: a process that no longer has its folder writes nothing more. Files that were removed can still be written to, and all
// of it would be gone at the next start; so the holder looks each second whether folder and lock are still its own.

import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';

const LOOK_EVERY_MS = 1_000;
const FOREIGN_STALE_AFTER_MS = 20_000;

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks after boot, where the system tells; −1 elsewhere. */
  readonly startedAt: number;
}

/** A folder to hold. */
export interface LockedFolder {
  readonly dir: string;
  readonly clock: Clock;
  /** A file that stands in the folder as long as its content is whole, whoever removes the lock. */
  readonly witness: string;
  /** Called at most once, when the folder is no longer this process'. */
  lost(error: TributaryError): void;
}

/** Takes the folder; throws `conflict` while another live process has it. Answers how to let it go. */
export function takeLock(folder: LockedFolder): () => void {
  const { dir, clock } = folder;
  const path = join(dir, 'lock');
  const self: Holder = { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) };
  for (let attempt = 0; !tryCreate(path, self); attempt++) {
    const holder = readHolder(path);
    if (holder !== null && isAlive(path, holder, self, clock)) throw heldBy(dir, holder);
    if (attempt > 3) throw heldBy(dir, holder ?? self);
    rmSync(path, { force: true });
  }
  const released = new AbortController();
  void keep(folder, self, released.signal);
  return () => {
    released.abort();
    if (isOurs(path, self)) rmSync(path, { force: true });
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

async function keep(folder: LockedFolder, self: Holder, stop: AbortSignal): Promise<void> {
  const { dir, clock } = folder;
  const { ino } = statSync(dir);
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, stop);
    if (stop.aborted) return;
    try {
      const error = look(folder, ino, self);
      if (error === null) continue;
      folder.lost(error);
      return;
    } catch {
      // Out of file handles, or a disk that does not answer: whoever writes meets it. Looked at again.
    }
  }
}

function look({ dir, clock, witness }: LockedFolder, ino: number, self: Holder): TributaryError | null {
  const path = join(dir, 'lock');
  const holder = readHolder(path);
  if (holder !== null && isSame(holder, self)) {
    const seconds = clock.now() / 1000;
    utimesSync(path, seconds, seconds);
    return null;
  }
  if (holder !== null) return heldBy(dir, holder);
  // Only the lock was removed: it is put back, lest another process takes the folder too. The number of the folder alone
  // proves nothing where there are none that last (FUSE).
  const isOldFolder = statSync(dir, { throwIfNoEntry: false })?.ino === ino;
  if (!isOldFolder || !existsSync(join(dir, witness))) return goneFrom(dir);
  tryCreate(path, self);
  return null;
}

function isOurs(path: string, self: Holder): boolean {
  const holder = readHolder(path);
  return holder !== null && isSame(holder, self);
}

function isSame(left: Holder, right: Holder): boolean {
  return left.host === right.host && left.pid === right.pid && left.startedAt === right.startedAt;
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

function goneFrom(dir: string): TributaryError {
  return new TributaryError('TRIB_LOG_FOLDER_GONE', 'fatal', {
    what: 'The data folder was removed or replaced while this process was using it.',
    where: dir,
    fix: 'Nothing more is written. Put the folder back (a backup, the right mount) or accept an empty one, then start again.',
  });
}

function heldBy(dir: string, holder: Holder): TributaryError {
  return new TributaryError('TRIB_LOG_LOCKED', 'conflict', {
    what: `The data folder is in use by process ${holder.pid} on ${holder.host}.`,
    where: dir,
    fix: `Stop that process, or give this one another "data.dir". If it is surely gone, delete ${join(dir, 'lock')}.`,
  });
}
