// Where the embedded log keeps its bytes. Two storages: the data folder and plain memory.
//
// Law: reads and writes are synchronous, so that a step of the log (append, commit, compaction's swap) is never seen half
// done by another task of the process. A write goes to the operating system's cache: it outlives the process; only `sync`
// outlives the machine.

import { TributaryError } from '../../core/errors.ts';

/** A file that is written at stated positions and never read beyond its end. */
export interface LogFile {
  readonly path: string;
  size(): number;
  /** Up to `length` bytes from `position`, in memory that is the caller's own. */
  read(position: number, length: number): Buffer;
  write(bytes: Buffer, position: number): void;
  truncate(size: number): void;
  sync(): Promise<void>;
  close(): void;
}

/** A tree of files. Paths are relative to the storage's root, with `/`. */
export interface Storage {
  open(path: string): LogFile;
  /** Names in a folder, sorted; empty when there is none. */
  list(folder: string): readonly string[];
  makeFolder(folder: string): void;
  /** Removes a file or a whole folder; missing ones are fine. */
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** The whole text of a small file; null when there is none. */
  readText(path: string): string | null;
  /** Replaces a small file, all or nothing. */
  writeText(path: string, text: string): void;
  close(): void;
}

/** Wraps an error of the file system: a full disk may be cured, most others cannot. */
export function storageError(cause: unknown, path: string): unknown {
  if (cause instanceof TributaryError || !(cause instanceof Error)) return cause;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TributaryError('TRIB_LOG_DISK_FULL', 'transient', {
      what: `The disk is full (${code}); nothing was written.`,
      where: path,
      fix: 'Free space or set retention.ms or retention.bytes of large topics; it goes on by itself then.',
      cause,
    });
  }
  const passing = code === 'EMFILE' || code === 'ENFILE' || code === 'EAGAIN' || code === 'EIO';
  return new TributaryError('TRIB_LOG_STORAGE', passing ? 'transient' : 'fatal', {
    what: `The embedded log cannot use its data folder (${code}).`,
    where: path,
    fix: 'Check that "data.dir" exists on a writable local disk and that the process may open enough files.',
    cause,
  });
}
