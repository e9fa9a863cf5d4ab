// A thousand connectors in a group of two or three hosts: what a rebalance costs, and what it disturbs.
//
//   node --conditions=source bench/group-rebalance.ts --kafka host:port [--connectors 1000] [--workers 2] [--steps join,leave,kill,one]
//   node --conditions=source bench/group-rebalance.ts --command "java … first.properties" --url http://… \
//        --command "java … second.properties" --url http://… [--connectors 300]
//
// The hosts are processes of their own, on one Kafka; with `--command` they are any Connect workers of one group. Half of the
// connectors read a topic without records into a file, half follow an empty file into a topic; a task each. A step is timed from
// the start of a process, its SIGTERM or its SIGKILL until every connector and task is RUNNING on workers that are there, in even
// shares. Meanwhile two probes ask the first worker for the status of one connector and for all names. What moved is told by the
// worker ids before and after; what was started, by the hosts' own counters: more starts than moves would be needless restarts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker as Thread, workerData } from 'node:worker_threads';
import { callWorker, idleConfig } from './idle-connectors.ts';

const ROOT = join(import.meta.dirname, '..');
const FIRST_PORT = 18_700;
const LIMIT_MS = 240_000;
const PROBE_MS = 20;
const LOOK_MS = 200;
const AT_ONCE = 8;

const { values: options } = parseArgs({
  options: {
    connectors: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '2' },
    steps: { type: 'string', default: 'start,join,one,leave,kill' },
    kafka: { type: 'string' },
    command: { type: 'string', multiple: true, default: [] },
    url: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
  },
});
const isOurs = options.command.length === 0;
const count = Number(options.connectors);
const workerCount = isOurs ? Number(options.workers) : options.command.length;
const folder = isMainThread ? mkdtempSync(join(tmpdir(), 'group-')) : '';
const prefix = `grp-${process.pid}`;

interface Worker {
  readonly url: string;
  readonly id: string;
  readonly process: ChildProcess;
}

/** Where each instance and task is, and in which state: `name` and `name/0`. */
type Places = ReadonlyMap<string, { readonly worker: string; readonly state: string }>;

interface Part {
  readonly state: string;
  readonly worker_id: string;
}

function show(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(52)} ${figure}   (load ${loadavg()[0]!.toFixed(1)})\n`);
}

function start(index: number): Worker {
  const url = isOurs ? `http://127.0.0.1:${FIRST_PORT + index}` : options.url[index]!;
  const id = new URL(url).host;
  if (!isOurs) {
    const [program, ...args] = options.command[index]!.split(' ');
    return { url, id, process: spawn(program!, args, { stdio: 'ignore' }) };
  }
  const settings = {
    'bootstrap.servers': options.kafka ?? '',
    'group.id': prefix,
    'data.dir': join(folder, `data-${index}`),
    listeners: url,
    'ksql.listeners': '',
    'log.file': join(folder, `host-${index}.log`),
    'scheduled.rebalance.max.delay.ms': '0',
    'session.timeout.ms': '10000',
    'heartbeat.interval.ms': '3000',
    ...storeTopics(),
  };
  const file = join(folder, `worker-${index}.json`);
  writeFileSync(file, JSON.stringify(settings));
  const args = ['--conditions=source', '--disable-warning=ExperimentalWarning', join(ROOT, 'src', 'main.ts')];
  const profile = process.env['PROFILE'] === String(index) ? ['--cpu-prof', `--cpu-prof-dir=${tmpdir()}/prof`] : [];
  return { url, id, process: spawn(process.execPath, [...profile, ...args, 'run', file], { stdio: 'ignore' }) };
}

function storeTopics(): Record<string, string> {
  const one = { 'config.storage.replication.factor': '1', 'offset.storage.replication.factor': '1' };
  return {
    ...one,
    'status.storage.replication.factor': '1',
    'config.storage.topic': `${prefix}-configs`,
    'offset.storage.topic': `${prefix}-offsets`,
    'status.storage.topic': `${prefix}-status`,
  };
}

async function up(worker: Worker): Promise<void> {
  const startMs = performance.now();
  while (!(await fetch(`${worker.url}/connectors`).catch(() => null))?.ok) {
    if (performance.now() - startMs > LIMIT_MS) throw new Error(`${worker.url} did not come up`);
    await pause(50);
  }
}

const nameOf = (index: number): string => `${prefix}-${index}`;

const configOf = (index: number): Record<string, string> => idleConfig(index, folder, prefix);

async function createAll(url: string): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await callWorker(url, 'POST', '/connectors', { name: nameOf(index), config: configOf(index) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function places(url: string): Promise<Places> {
  const all = (await callWorker(url, 'GET', '/connectors?expand=status')) as Record<
    string,
    { readonly status: { readonly connector: Part; readonly tasks: readonly Part[] } }
  >;
  const found = new Map<string, { worker: string; state: string }>();
  for (const [name, { status }] of Object.entries(all)) {
    if (!name.startsWith(prefix)) continue;
    found.set(name, { worker: status.connector.worker_id, state: status.connector.state });
    for (const [id, task] of status.tasks.entries()) {
      found.set(`${name}/${id}`, { worker: task.worker_id, state: task.state });
    }
  }
  return found;
}

/** Every connector and task runs, on these workers, and none has more than one above another. */
function isSettled(now: Places, workers: readonly Worker[], wanted: number): boolean {
  const shares = new Map(workers.map(({ id }) => [id, 0]));
  for (const { worker, state } of now.values()) {
    if (state !== 'RUNNING' || !shares.has(worker)) return false;
    shares.set(worker, shares.get(worker)! + 1);
  }
  const loads = [...shares.values()];
  return now.size === wanted * 2 && Math.max(...loads) - Math.min(...loads) <= 2;
}

interface Settled {
  readonly places: Places;
  readonly ms: number;
  /** From the first sign of a change on. */
  readonly movingMs: number;
}

async function settled(
  workers: readonly Worker[],
  wanted: number,
  before: Places,
  startMs = performance.now(),
): Promise<Settled> {
  let firstMs = 0;
  for (;;) {
    const now = await places(workers[0]!.url).catch(() => before);
    const atMs = performance.now();
    if (firstMs === 0 && isOther(before, now)) firstMs = atMs;
    if (isSettled(now, workers, wanted)) {
      return { places: now, ms: atMs - startMs, movingMs: firstMs === 0 ? 0 : atMs - firstMs };
    }
    if (atMs - startMs > LIMIT_MS) throw new Error(`not settled: ${summary(now)}`);
    await pause(LOOK_MS);
  }
}

function isOther(before: Places, now: Places): boolean {
  if (before.size !== now.size) return true;
  for (const [item, { worker, state }] of now) {
    const was = before.get(item);
    if (was?.worker !== worker || was.state !== state) return true;
  }
  return false;
}

function summary(now: Places): string {
  const counts = new Map<string, number>();
  for (const { worker, state } of now.values()) {
    counts.set(`${worker} ${state}`, (counts.get(`${worker} ${state}`) ?? 0) + 1);
  }
  return JSON.stringify([...counts]);
}

/** Asks over and over, from a thread of its own; answers the times it took. Resolves once it is asking. */
async function probe(url: string, path: string): Promise<() => Promise<readonly number[]>> {
  const thread = new Thread(new URL(import.meta.url), { workerData: `${url}${path}` });
  await once(thread, 'message');
  return async () => {
    thread.postMessage('end');
    return (await once(thread, 'message'))[0] as readonly number[];
  };
}

async function ask(address: string): Promise<void> {
  const times: number[] = [];
  let isOver = false;
  parentPort!.on('message', () => {
    isOver = true;
  });
  // The first call brings the client and the connection.
  await fetch(address).then((answer) => answer.text());
  parentPort!.postMessage('asking');
  while (!isOver) {
    const startMs = performance.now();
    await fetch(address).then((answer) => answer.text());
    times.push(performance.now() - startMs);
    await pause(PROBE_MS);
  }
  parentPort!.postMessage(times.sort((left, right) => left - right));
  parentPort!.close();
}

/** Starts of tasks since the host began. */
async function starts({ url }: Worker): Promise<number> {
  if (!isOurs) return Number.NaN;
  const line = String(await callWorker(url, 'GET', '/metrics'))
    .split('\n')
    .find((one) => one.startsWith('trib_task_startups_total{result="success"}'));
  return Number(line?.split(' ')[1] ?? 0);
}

function memoryOf({ process: { pid } }: Worker): string {
  return `${(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024).toFixed(0)} MiB`;
}

/** Does something to the group and waits until all runs again on the workers that are there then. */
async function step(
  what: string,
  before: { readonly places: Places; readonly workers: readonly Worker[] },
  act: () => Promise<readonly Worker[]> | readonly Worker[],
  wanted = count,
): Promise<{ readonly places: Places; readonly workers: readonly Worker[] }> {
  const startsBefore = new Map<string, number>();
  for (const worker of before.workers) startsBefore.set(worker.id, await starts(worker));
  const { url } = before.workers[0]!;
  const probes = [await probe(url, `/connectors/${nameOf(1)}/status`), await probe(url, '/connectors')];
  const startMs = performance.now();
  const workers = await act();
  const { places: now, ms, movingMs } = await settled(workers, wanted, before.places, startMs);
  const [one, names] = await Promise.all(probes.map((end) => end()));
  let started = 0;
  for (const worker of workers) started += (await starts(worker)) - (startsBefore.get(worker.id) ?? 0);
  const moved = [...now].filter(([item, at]) => item.includes('/') && before.places.get(item)?.worker !== at.worker);
  const part = (times: readonly number[], share: number) => times[Math.floor((times.length - 1) * share)]!.toFixed(0);
  show(what, `${ms.toFixed(0)} ms, from the first change on ${movingMs.toFixed(0)} ms`);
  show('  tasks moved · started · needlessly', `${moved.length} · ${started} · ${started - moved.length}`);
  show('  status of one, median · 99 % · longest', [0.5, 0.99, 1].map((share) => part(one!, share)).join(' · '));
  show('  list of names, median · 99 % · longest', [0.5, 0.99, 1].map((share) => part(names!, share)).join(' · '));
  show('  memory of each worker (RSS)', workers.map(memoryOf).join(', '));
  return { places: now, workers };
}

async function ended({ process: child }: Worker, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await over;
}

const all: Worker[] = [];

function begin(index: number): Worker {
  const worker = start(index);
  all.push(worker);
  return worker;
}

async function run(): Promise<void> {
  const has = (name: string) => options.steps.split(',').includes(name);
  writeFileSync(join(folder, 'empty.txt'), '');
  let first = begin(0);
  await up(first);
  let startMs = performance.now();
  await createAll(first.url);
  let now = await settled([first], count, new Map());
  show(`create ${count}, until all run`, `${(performance.now() - startMs).toFixed(0)} ms`);
  show('  memory (RSS)', memoryOf(first));
  if (has('start')) {
    startMs = performance.now();
    await ended(first, 'SIGTERM');
    show('stop of the only worker', `${(performance.now() - startMs).toFixed(0)} ms`);
    startMs = performance.now();
    first = begin(0);
    await up(first);
    show('start, until it answers', `${(performance.now() - startMs).toFixed(0)} ms`);
    now = await settled([first], count, new Map());
    show('start, until all run', `${(performance.now() - startMs).toFixed(0)} ms`);
  }
  let state: { readonly places: Places; readonly workers: readonly Worker[] } = { ...now, workers: [first] };
  for (let index = 1; index < workerCount; index++) {
    state = await step(`worker ${index + 1} joins (from its start on)`, state, () => [...state.workers, begin(index)]);
  }
  let wanted = count;
  if (has('one')) {
    wanted = count + 1;
    await pause(1000);
    const url = state.workers.at(-1)!.url;
    const act = async () => {
      const body = { name: nameOf(count), config: configOf(count) };
      await callWorker(url, 'POST', '/connectors', body);
      return state.workers;
    };
    state = await step('create one more', state, act, wanted);
  }
  const last = () => state.workers.at(-1)!;
  if (has('leave')) {
    state = await step(
      'the last worker stops (from SIGTERM on)',
      state,
      () => {
        last().process.kill('SIGTERM');
        return state.workers.slice(0, -1);
      },
      wanted,
    );
    state = await step('it joins again', state, () => [...state.workers, begin(workerCount - 1)], wanted);
  }
  if (has('kill')) {
    await step(
      'the last worker is killed (session 10 s)',
      state,
      () => {
        last().process.kill('SIGKILL');
        return state.workers.slice(0, -1);
      },
      wanted,
    );
  }
  if (isOurs) return;
  for (let index = 0; index < wanted; index++) await callWorker(first.url, 'DELETE', `/connectors/${nameOf(index)}`);
}

async function main(): Promise<void> {
  try {
    await run();
  } finally {
    for (const worker of all) await ended(worker, 'SIGTERM');
    if (options.keep) process.stdout.write(`${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

await (isMainThread ? main() : ask(String(workerData)));
