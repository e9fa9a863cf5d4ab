// A run whose config refers to a provider of a package: the values are fetched before it starts, and when they change it starts
// again with the new ones, without a change of the task's status.
import type { RawConfig } from '../../core/config/define.ts';
import type { Logger } from '../../core/log.ts';
import type { Environment } from '../environment.ts';
import { watchValues } from '../secrets/value-watch.ts';
import type { TaskRun } from './isolation.ts';

/** The part of an order for a run (task-run.ts) that matters here. */
interface Order {
  readonly owner: { readonly environment: Pick<Environment, 'providers' | 'clock'> };
  readonly plan: { readonly config: RawConfig };
  readonly log: Logger;
  readonly paused: boolean;
}
/** The run, started by `start` as often as values change. Never throws: what fails, fails the run. */
export function reloadingRun<O extends Order>(order: O, start: (order: O) => TaskRun): TaskRun {
  const { environment } = order.owner;
  let current: TaskRun | null = null;
  let paused = order.paused;
  const stop = new AbortController();
  const runs = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await environment.providers.load(order.plan.config);
      if (stop.signal.aborted) return;
      const run = start({ ...order, paused });
      current = run;
      if (!(await endedByChange(run, order, environment))) return;
    }
  };
  return {
    ended: runs(),
    get idle() {
      return current?.idle ?? false;
    },
    get settled() {
      return current?.settled ?? new Map();
    },
    get retrying() {
      return current?.retrying ?? null;
    },
    pause: (wanted) => {
      paused = wanted;
      current?.pause(wanted);
    },
    stop: () => {
      stop.abort();
      current?.stop();
    },
    letGo: () => current?.letGo(),
  };
}

/** Waits for the end of a run; true when it was ended here because its values changed. */
async function endedByChange(
  run: TaskRun,
  order: Order,
  { providers, clock }: Order['owner']['environment'],
): Promise<boolean> {
  const done = new AbortController();
  let hasChanged = false;
  const watching = watchValues({
    providers,
    clock,
    log: order.log,
    config: order.plan.config,
    signal: done.signal,
    changed: () => {
      hasChanged = true;
      run.stop();
    },
  });
  try {
    await run.ended;
  } finally {
    done.abort();
    await watching;
  }
  return hasChanged;
}
