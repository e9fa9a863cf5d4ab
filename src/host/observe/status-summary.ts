// One word, counts and a first line for a connector's status: what a list of hundreds is read by.
import { retryText } from '../../core/retry-text.ts';
import type { State } from '../states.ts';
import type { Retrying } from '../tasks/retry-note.ts';

/** States and traces of a connector and its tasks, as `Worker.status` tells them. */
export interface StatusParts {
  readonly connector: { readonly state: State; readonly trace: string | null };
  readonly tasks: readonly {
    readonly id: number;
    readonly state: State;
    readonly trace: string | null;
    readonly retrying: Retrying | null;
  }[];
}

export interface StatusSummary {
  /** A state of Connect's, or DEGRADED: the connector runs and some of its tasks do not. */
  readonly state: State | 'DEGRADED';
  readonly tasks: Readonly<Partial<Record<State, number>>>;
  /** First line of what is wrong, or what is being tried again; null when nothing is. */
  readonly cause: string | null;
}

/** One word for connector and tasks: a running connector with some failed tasks is DEGRADED, with none but failed ones FAILED. */
export function rollUp({ connector, tasks }: StatusParts): State | 'DEGRADED' {
  if (connector.state !== 'RUNNING') return connector.state;
  const failed = tasks.filter(({ state }) => state === 'FAILED').length;
  if (failed === 0) return tasks.some(({ state }) => state === 'UNASSIGNED') ? 'UNASSIGNED' : 'RUNNING';
  return failed === tasks.length ? 'FAILED' : 'DEGRADED';
}

export function summaryOf(status: StatusParts, nowMs: number): StatusSummary {
  const tasks: Partial<Record<State, number>> = {};
  for (const { state } of status.tasks) tasks[state] = (tasks[state] ?? 0) + 1;
  const broken = status.connector.trace ?? status.tasks.find(({ trace }) => trace !== null)?.trace ?? null;
  const retrying = status.tasks.find((task) => task.retrying !== null)?.retrying ?? null;
  const again = retrying === null ? null : retryText(retrying, nowMs);
  return { state: rollUp(status), tasks, cause: causeOf(broken) ?? again };
}

/** The first line of a trace; null when there is none. */
export function causeOf(trace: string | null): string | null {
  return trace === null ? null : (trace.split('\n', 1)[0] ?? null);
}
