// The embedded log without a disk: for tests and one-off evaluation. Same code above it, nothing durable below.

import type { LogFile, Storage } from './storage.ts';

/** Storage that ends with the process. */
export function memoryStorage(): Storage {
  return new MemoryStorage();
}

class MemoryStorage implements Storage {
  private readonly files = new Map<string, MemoryFile>();
  private readonly texts = new Map<string, string>();
  private readonly folders = new Set<string>();

  open(path: string): LogFile {
    const found = this.files.get(path);
    if (found !== undefined) return found;
    const made = new MemoryFile(path);
    this.files.set(path, made);
    return made;
  }

  list(folder: string): readonly string[] {
    const names = new Set<string>();
    for (const path of [...this.files.keys(), ...this.texts.keys(), ...this.folders]) {
      if (path.startsWith(`${folder}/`)) names.add(path.slice(folder.length + 1).split('/')[0]!);
    }
    return [...names].sort();
  }

  makeFolder(folder: string): void {
    this.folders.add(folder);
  }

  remove(path: string): void {
    for (const entries of [this.files, this.texts, this.folders]) {
      for (const name of [...entries.keys()]) if (name === path || name.startsWith(`${path}/`)) entries.delete(name);
    }
  }

  rename(from: string, to: string): void {
    moveEntries(this.files, from, to);
    moveEntries(this.texts, from, to);
    for (const name of [...this.folders]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.folders.delete(name);
      this.folders.add(to + name.slice(from.length));
    }
  }

  readText(path: string): string | null {
    return this.texts.get(path) ?? null;
  }

  writeText(path: string, text: string): void {
    this.texts.set(path, text);
  }

  close(): void {
    this.files.clear();
  }
}

function moveEntries<T>(entries: Map<string, T>, from: string, to: string): void {
  for (const [name, entry] of [...entries]) {
    if (name !== from && !name.startsWith(`${from}/`)) continue;
    entries.delete(name);
    entries.set(to + name.slice(from.length), entry);
  }
}

class MemoryFile implements LogFile {
  readonly path: string;
  private bytes = Buffer.alloc(0);
  private used = 0;

  constructor(path: string) {
    this.path = path;
  }

  size(): number {
    return this.used;
  }

  read(position: number, length: number): Buffer {
    return Buffer.from(this.bytes.subarray(position, Math.min(this.used, position + length)));
  }

  write(bytes: Buffer, position: number): void {
    const end = position + bytes.length;
    if (end > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(4096, this.bytes.length * 2, end));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, position);
    this.used = Math.max(this.used, end);
  }

  truncate(size: number): void {
    this.used = Math.min(this.used, size);
  }

  async sync(): Promise<void> {}

  close(): void {}
}
