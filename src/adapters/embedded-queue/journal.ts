// The journal of the embedded job queue: one JSON line an event, appended. No lock and no open/close marks, so a killed
// process leaves nothing to clean up; a line cut by the crash is dropped.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TributaryError } from '../../core/errors.ts';

/** Append-only lines in a file. */
export class Journal {
  readonly #path: string;
  #handle: Promise<FileHandle> | null = null;
  #tail: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** All whole lines. Called once, before anything is appended. */
  load(): unknown[] {
    let text: string;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw this.#failure(error);
    }
    const lines = text.split('\n');
    // What stands behind the last line end was cut by a crash.
    lines.pop();
    return lines.filter((line) => line !== '').map((line) => this.#parse(line));
  }

  /** Replaces the file by these lines, in one step. */
  rewrite(lines: readonly unknown[]): void {
    try {
      const next = `${this.#path}.next`;
      writeFileSync(next, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      renameSync(next, this.#path);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Resolves when the line is in the file (`flushed`: on the disk). Lines are written in the order of the calls. */
  append(line: unknown, flushed: boolean): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    const done = this.#tail.then(() => this.#write(text, flushed));
    this.#tail = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    await this.#tail;
    await (await this.#handle)?.close();
    this.#handle = null;
  }

  async #write(text: string, flushed: boolean): Promise<void> {
    try {
      this.#handle ??= open(this.#path, 'a');
      const handle = await this.#handle;
      await handle.write(text);
      if (flushed) await handle.datasync();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #parse(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(cause: unknown): TributaryError {
    return new TributaryError('TRIB_JOBS_FILE', 'fatal', {
      what: `The job journal ${this.#path} cannot be used: ${cause instanceof Error ? cause.message : cause}.`,
      fix: 'Check that data.dir is writable. Deleting the file forgets finished jobs; running them again is safe.',
      cause,
    });
  }
}
