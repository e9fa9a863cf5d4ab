// The embedded log in a folder. Files are opened when used; at most a fixed number stays open.

import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type LogFile, type Storage, storageError } from './storage.ts';

const OPEN_FILES_MAX = 256;

/** Storage under `root`, which is made when missing. */
export function diskStorage(root: string): Storage {
  return new DiskStorage(root);
}

class DiskStorage implements Storage {
  private readonly root: string;
  // In order of last use: the first is the one to close.
  private readonly opened = new Set<DiskFile>();

  constructor(root: string) {
    this.root = root;
    this.makeFolder('.');
  }

  open(path: string): LogFile {
    return new DiskFile(join(this.root, path), this.opened);
  }

  list(folder: string): readonly string[] {
    try {
      return readdirSync(join(this.root, folder)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw storageError(error, join(this.root, folder));
    }
  }

  makeFolder(folder: string): void {
    this.guard(folder, (path) => mkdirSync(path, { recursive: true }));
  }

  remove(path: string): void {
    this.guard(path, (full) => {
      for (const file of [...this.opened]) if (file.path === full || file.path.startsWith(`${full}/`)) file.close();
      rmSync(full, { recursive: true, force: true });
    });
  }

  rename(from: string, to: string): void {
    this.guard(to, (full) => renameSync(join(this.root, from), full));
  }

  readText(path: string): string | null {
    try {
      return readFileSync(join(this.root, path), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw storageError(error, join(this.root, path));
    }
  }

  writeText(path: string, text: string): void {
    this.guard(path, (full) => {
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(`${full}.new`, text, { flush: true });
      renameSync(`${full}.new`, full);
    });
  }

  close(): void {
    for (const file of [...this.opened]) file.close();
  }

  private guard(path: string, act: (full: string) => void): void {
    const full = join(this.root, path);
    try {
      act(full);
    } catch (error) {
      throw storageError(error, full);
    }
  }
}

class DiskFile implements LogFile {
  readonly path: string;
  private readonly opened: Set<DiskFile>;
  private fd: number | null = null;

  constructor(path: string, opened: Set<DiskFile>) {
    this.path = path;
    this.opened = opened;
  }

  size(): number {
    return this.guard((fd) => fstatSync(fd).size);
  }

  read(position: number, length: number): Buffer {
    return this.guard((fd) => {
      const bytes = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      while (filled < length) {
        const got = readSync(fd, bytes, filled, length - filled, position + filled);
        if (got === 0) break;
        filled += got;
      }
      return filled === length ? bytes : bytes.subarray(0, filled);
    });
  }

  write(bytes: Buffer, position: number): void {
    this.guard((fd) => {
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(fd, bytes, written, bytes.length - written, position + written);
      }
    });
  }

  truncate(size: number): void {
    this.guard((fd) => ftruncateSync(fd, size));
  }

  async sync(): Promise<void> {
    try {
      await promisify(fdatasync)(this.handle());
    } catch (error) {
      throw storageError(error, this.path);
    }
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
    this.opened.delete(this);
  }

  private handle(): number {
    this.opened.delete(this);
    this.opened.add(this);
    if (this.fd !== null) return this.fd;
    for (const file of this.opened) {
      if (this.opened.size <= OPEN_FILES_MAX) break;
      if (file !== this) file.close();
    }
    // Not 'a': on Linux a file opened for appending ignores the position of a write.
    this.fd = openOrCreate(this.path);
    return this.fd;
  }

  private guard<T>(act: (fd: number) => T): T {
    try {
      return act(this.handle());
    } catch (error) {
      throw storageError(error, this.path);
    }
  }
}

function openOrCreate(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'w+');
  }
}
