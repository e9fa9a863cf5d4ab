// A thousand connectors in one host: what creating, starting, listing and idling cost.
//
//   node --conditions=source bench/many-connectors.ts [--connectors 1000] [--kafka host:port] [--url http://… [--pid n]]
//
// Half of them read a small topic into a file, half follow an empty file into a topic. The host is a process of its own, measured
// through its REST API and its own metrics; `--url` measures any Connect worker that stands already, and `--pid` its memory and
// processor time from /proc. The connectors it makes are deleted at the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { callWorker, idleConfig } from './idle-connectors.ts';

const ROOT = join(import.meta.dirname, '..');
const PORT = 18_683;
const IDLE_MS = 10_000;
const START_LIMIT_MS = 180_000;
/** Creations under way at once. */
const AT_ONCE = 8;

const { values: options } = parseArgs({
  options: {
    connectors: { type: 'string', default: '1000' },
    kafka: { type: 'string' },
    url: { type: 'string' },
    pid: { type: 'string' },
  },
});
const count = Number(options.connectors);
const url = options.url ?? `http://127.0.0.1:${PORT}`;
const folder = mkdtempSync(join(tmpdir(), 'many-'));
const prefix = `many-${process.pid}`;
const results: [string, string][] = [];

const nameOf = (index: number): string => `${prefix}-${index}`;

const configOf = (index: number): Record<string, string> => idleConfig(index, folder, prefix);

const call = (method: string, path: string, body?: unknown): Promise<unknown> => callWorker(url, method, path, body);

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  const value = await work();
  results.push([what, `${(performance.now() - startMs).toFixed(0)} ms`]);
  return value;
}

/** The best of eight: what an answer costs once its code is warm, without the neighbours' noise. */
async function best(what: string, work: () => Promise<unknown>): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round++) {
    const startMs = performance.now();
    await work();
    least = Math.min(least, performance.now() - startMs);
  }
  results.push([what, `${least.toFixed(1)} ms`]);
}

interface Expanded {
  readonly status: { readonly tasks: readonly { readonly state: string }[] };
}

async function allRun(wanted: number): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    const all = (await call('GET', '/connectors?expand=status').catch(() => ({}))) as Record<string, Expanded>;
    const running = Object.entries(all).filter(
      ([name, { status }]) => name.startsWith(prefix) && status.tasks[0]?.state === 'RUNNING',
    );
    if (running.length >= wanted) return;
    if (performance.now() - startMs > START_LIMIT_MS) throw new Error(`only ${running.length} of ${wanted} run`);
    await pause(250);
  }
}

async function metric(name: string): Promise<number> {
  const line = String(await call('GET', '/metrics'))
    .split('\n')
    .find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? Number.NaN);
}

function startHost(): ChildProcess {
  const settings = {
    'bootstrap.servers': options.kafka ?? 'embedded',
    'cluster.id': prefix,
    'data.dir': join(folder, 'data'),
    listeners: url,
    'ksql.listeners': '',
    'log.file': join(folder, 'host.log'),
  };
  writeFileSync(join(folder, 'worker.json'), JSON.stringify(settings));
  const args = ['--conditions=source', '--disable-warning=ExperimentalWarning', join(ROOT, 'src', 'main.ts')];
  return spawn(process.execPath, [...args, 'run', join(folder, 'worker.json')], { stdio: 'ignore' });
}

async function stop(host: ChildProcess): Promise<void> {
  if (host.exitCode !== null) return;
  const ended = new Promise((resolve) => host.once('exit', resolve));
  host.kill('SIGTERM');
  await ended;
}

async function up(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/connectors`).catch(() => null);
    if (answer?.ok) return;
    if (tries > 400) throw new Error('the host did not come up');
    await pause(100);
  }
}

async function createAll(): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await call('POST', '/connectors', { name: nameOf(index), config: configOf(index) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function measure(): Promise<void> {
  await best('list names', () => call('GET', '/connectors'));
  await best('expand=status&expand=info', () => call('GET', '/connectors?expand=status&expand=info'));
  await best('status of one', () => call('GET', `/connectors/${nameOf(1)}/status`));
  await timed('create one more, until it runs', async () => {
    await call('POST', '/connectors', { name: nameOf(count), config: configOf(count) });
    await allRun(count + 1);
  });
}

async function measureOurs(): Promise<void> {
  await best('/metrics', () => call('GET', '/metrics'));
  await best('/api/overview', () => call('GET', '/api/overview'));
  const before = await metric('process_cpu_seconds_total');
  await pause(IDLE_MS);
  const used = (await metric('process_cpu_seconds_total')) - before;
  results.push(['processor when idle', `${((used * 100_000) / IDLE_MS).toFixed(1)} % of a core`]);
  results.push(['memory (RSS)', `${((await metric('process_resident_memory_bytes')) / 2 ** 20).toFixed(0)} MiB`]);
}

/** Resident MiB and processor seconds of another process (Linux). */
function usageOf(pid: string): { readonly mib: number; readonly seconds: number } {
  const mib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return { mib, seconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}

async function measureOther(pid: string): Promise<void> {
  const before = usageOf(pid);
  await pause(IDLE_MS);
  const after = usageOf(pid);
  results.push([
    'processor when idle',
    `${(((after.seconds - before.seconds) * 100_000) / IDLE_MS).toFixed(1)} % of a core`,
  ]);
  results.push(['memory (RSS)', `${after.mib.toFixed(0)} MiB`]);
}

async function run(): Promise<void> {
  writeFileSync(join(folder, 'empty.txt'), '');
  let host = options.url === undefined ? startHost() : null;
  try {
    await up();
    if (host !== null) {
      results.push([
        'memory before (RSS)',
        `${((await metric('process_resident_memory_bytes')) / 2 ** 20).toFixed(0)} MiB`,
      ]);
    }
    await timed(`create ${count}, until all run`, async () => {
      await createAll();
      await allRun(count);
    });
    if (host !== null) {
      await timed('stop', () => stop(host!));
      host = startHost();
      await timed(`start with ${count}, until all run`, async () => {
        await up();
        await allRun(count);
      });
    }
    await measure();
    if (host !== null) await measureOurs();
    if (options.pid !== undefined) await measureOther(options.pid);
    if (options.url !== undefined) {
      for (let index = 0; index <= count; index++) await call('DELETE', `/connectors/${nameOf(index)}`);
    }
  } finally {
    if (host !== null) await stop(host);
    for (const [what, figure] of results) process.stdout.write(`${what.padEnd(40)} ${figure}\n`);
    rmSync(folder, { recursive: true, force: true });
  }
}

await run();
