// A whole worker with naughty plugins, and a well-behaved pipeline beside them that must not notice.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningHost } from '../../src/cli/commands/run.ts';
import { startHost } from '../../src/wiring/host.ts';

export const NAUGHTY = join(import.meta.dirname, '..', 'naughty-plugins');

interface ShownStatus {
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string }[];
}

export class IsolationWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'trib-isolation-'));
  readonly log: string[] = [];
  slowestMs = 0;
  #host: RunningHost | null = null;
  #rest = '';
  #lines = 0;
  #going = true;
  #background: Promise<unknown> = Promise.resolve();

  async start(settings: Readonly<Record<string, string>> = {}): Promise<RunningHost> {
    const file = join(this.folder, 'worker.json');
    const all = {
      'data.dir': join(this.folder, 'data'),
      listeners: 'http://127.0.0.1:0',
      'ksql.listeners': '',
      'key.converter': 'StringConverter',
      'value.converter': 'StringConverter',
      'plugin.path': join(NAUGHTY, 'naughty'),
      'task.hang.timeout.ms': '3000',
      'validate.timeout.ms': '3000',
      'task.thread.heap.max.mb': '96',
      'offset.flush.interval.ms': '100',
      ...settings,
    };
    writeFileSync(file, JSON.stringify(all));
    this.#host = await startHost({
      file,
      untilCaughtUp: false,
      signal: new AbortController().signal,
      say: (line) => this.log.push(line),
      log: (line) => this.log.push(line),
    });
    this.#rest = this.#host.urls.rest;
    return this.#host;
  }

  /** Lines of a file go through two topics' connectors of ours, for as long as the world stands; REST is asked all the while. */
  async watch(): Promise<void> {
    const input = this.path('good-in.txt');
    writeFileSync(input, '');
    await this.create('good-source', { 'connector.class': 'FileStreamSource', file: input, topic: 'good' });
    await this.create('good-sink', {
      'connector.class': 'FileStreamSink',
      file: this.path('good-out.txt'),
      topics: 'good',
    });
    this.#background = this.#keepGoing(input);
  }

  async #keepGoing(input: string): Promise<void> {
    while (this.#going) {
      appendFileSync(input, `line ${this.#lines++}\n`);
      const begun = performance.now();
      await fetch(`${this.#rest}/connectors?expand=status`).then((answer) => answer.text());
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  linesOf(name: string): readonly string[] {
    const file = this.path(name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${this.#rest}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  async create(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    const answer = await this.request('POST', '/connectors', { name, config });
    if (answer.status !== 201) throw new Error(`${name}: ${JSON.stringify(answer.body)}`);
  }

  /** A naughty sink on a topic of its own name. */
  naughty(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    return this.create(name, {
      'connector.class': 'NaughtySink',
      topics: name,
      'naughty.file': this.path(`${name}.txt`),
      'naughty.password': 'hunter2-hunter2',
      'task.restart.delay.ms': '500',
      ...settings,
    });
  }

  /** Writes lines to a topic, by way of a source of ours. */
  async send(topic: string, lines: readonly string[]): Promise<void> {
    mkdirSync(this.path('inputs'), { recursive: true });
    const file = this.path(`inputs/${topic}.txt`);
    const isNew = !existsSync(file);
    appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
    if (isNew) await this.create(`feed-${topic}`, { 'connector.class': 'FileStreamSource', file, topic });
  }

  async status(name: string): Promise<ShownStatus> {
    return (await this.request('GET', `/connectors/${name}/status`)).body as ShownStatus;
  }

  /** Waits until something holds; fails with what was there last. */
  async until<T>(what: string, look: () => Promise<T | null | false> | T | null | false, limitMs = 20_000): Promise<T> {
    const end = Date.now() + limitMs;
    let last: unknown;
    while (Date.now() < end) {
      const found = await look();
      if (found !== null && found !== false) return found;
      last = found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`It did not come to "${what}" (${String(last)}). Log:\n${this.log.slice(-30).join('\n')}`);
  }

  /** The trace of the task's failure, as soon as it shows. */
  failure(name: string, task = 0): Promise<string> {
    return this.until(`${name} fails`, async () => (await this.status(name)).tasks?.[task]?.trace ?? null);
  }

  running(name: string): Promise<true> {
    return this.until(`${name} runs again`, async () => {
      const { tasks } = await this.status(name);
      return tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING');
    });
  }

  async close(): Promise<void> {
    this.#going = false;
    await this.#background;
    await this.#host?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
