// `trib run --until-caught-up`: when is everything delivered?
//
// Law: twice in a row, with no new record between: sources found nothing, back-fills are released, and every processor, query and
// sink has committed up to the stable ends of its input. Anything failed ends the wait at once.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { HostSettings, Worker } from '../host/index.ts';
import type { Facts } from '../lineage/graph.ts';
import type { Clock } from '../ports/clock.ts';

const PAUSE_MS = 500;
const PASSES = 2;

/** Why waiting ended. */
export type CaughtUp = { readonly done: true } | { readonly done: false; readonly failures: readonly string[] };

/** Throws `config` for a worker of a group: what others run of its work cannot be seen from here, so the end would come too early or never. */
export function checkStandsAlone({ group }: Pick<HostSettings, 'group'>): void {
  if (group === null) return;
  throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `--until-caught-up needs a worker that stands alone, and this one shares its work with the group "${group.id}".`,
    where: 'group.id',
    fix: 'Remove group.id from the worker file, or leave the option out and watch the lag at /metrics.',
  });
}

/** Waits until all is delivered or something failed; answers `done: false` without failures when `signal` aborts. */
export async function waitCaughtUp(
  worker: Worker,
  facts: () => Promise<Facts>,
  clock: Clock,
  signal: AbortSignal,
): Promise<CaughtUp> {
  let passes = 0;
  let before = '';
  while (!signal.aborted) {
    const now = await factsOrNull(facts);
    if (now === null) {
      passes = 0;
      await clock.sleep(PAUSE_MS, signal);
      continue;
    }
    const failures = failuresOf(worker, now);
    if (failures.length > 0) return { done: false, failures };
    const mark = activityOf(now);
    passes = waitsFor(worker, now) === null && mark === before ? passes + 1 : 0;
    if (passes >= PASSES) return { done: true };
    before = mark;
    await clock.sleep(PAUSE_MS, signal);
  }
  return { done: false, failures: [] };
}

/** Null while Kafka or Redis cannot be asked: nothing is known then, and the wait goes on. */
async function factsOrNull(facts: () => Promise<Facts>): Promise<Facts | null> {
  try {
    return await facts();
  } catch (error) {
    if (!isTransient(error)) throw error;
    return null;
  }
}

/** What is still going on, in a few words; null when all is delivered. */
export function waitsFor(worker: Worker, facts: Facts): string | null {
  for (const { name, kind, state, lag } of facts.connectors) {
    if (state === 'PAUSED' || state === 'STOPPED') continue;
    const connector = worker.get(name);
    if (state !== 'RUNNING' || !connector.settled || connector.tasks.length === 0) return `connector ${name} to start`;
    if (kind === 'source' && !connector.tasks.every(({ idle }) => idle)) return `source ${name}`;
    if (kind !== 'source' && lag !== 0) return `connector ${name} (${lag ?? '?'} records)`;
  }
  for (const { id, state, lag } of facts.queries) {
    if (state === 'RUNNING' && lag !== 0) return `query ${id} (${lag ?? '?'} records)`;
  }
  for (const { name, step } of facts.backfills) if (step !== 'released') return `back-fill ${name} (${step})`;
  return null;
}

function failuresOf(worker: Worker, facts: Facts): string[] {
  const failures: string[] = [];
  for (const name of worker.names()) {
    const { connector, tasks } = worker.status(name);
    if (connector.state === 'FAILED') failures.push(`connector ${name}: ${firstLine(connector.trace)}`);
    for (const { id, state, trace, restartsAtMs } of tasks) {
      if (state === 'FAILED' && restartsAtMs === null) failures.push(`task ${name}-${id}: ${firstLine(trace)}`);
    }
  }
  for (const { id, state, firstError } of facts.queries) {
    if (state === 'ERROR') failures.push(`query ${id}: ${firstError ?? 'failed'}`);
  }
  for (const { name, error } of facts.backfills) if (error !== null) failures.push(`back-fill ${name}: ${error}`);
  return failures;
}

/** Changes whenever anything was read, written or delivered. */
function activityOf({ connectors, queries, backfills }: Facts): string {
  return JSON.stringify([
    connectors.map(({ name, state, counters }) => [name, state, counters]),
    queries.map(({ id, state, rowsIn, rowsOut }) => [id, state, rowsIn, rowsOut]),
    backfills.map(({ name, step, rowsDone }) => [name, step, rowsDone]),
  ]);
}

function firstLine(trace: string | null): string {
  return (trace ?? 'failed').split('\n')[0]!;
}
