// A host as a process of its own, started from a worker file as a user would, so that it can be killed, stopped and cut off.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..');
const ANSWER_LIMIT_MS = 15_000;

export interface HostProcess {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
  /** Exit code (null: killed) when it has ended. */
  readonly ended: Promise<number | null>;
  /** What it wrote last. */
  output(): string;
  /** Calls its REST API; the body is JSON. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** Starts `trib run` with a worker file of these settings in `folder`. */
export function startHost(name: string, folder: string, settings: Readonly<Record<string, string>>): HostProcess {
  const file = join(folder, `${name}.properties`);
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const child = spawn(process.execPath, ['--conditions=source', join(ROOT, 'src', 'main.ts'), 'run', file], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-400_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const url = settings['listeners']!;
  return {
    name,
    url,
    process: child,
    ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
    output: () => text,
    call: async (method, path, body) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      const answered = await answer.text();
      return { status: answer.status, body: answered === '' ? null : JSON.parse(answered) };
    },
  };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Waits until `holds` answers true; errors count as false. Throws with `what` after the limit. */
export async function eventually(what: string, limitMs: number, holds: () => Promise<boolean>): Promise<number> {
  const startMs = Date.now();
  for (;;) {
    let cause: unknown;
    try {
      if (await holds()) return Date.now() - startMs;
    } catch (error) {
      cause = error;
    }
    if (Date.now() - startMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`, { cause });
    await pause(Math.min(200, limitMs / 200));
  }
}
