// One task of one connector: its state, its present run, and its restarts.
//
// Law: a run that was told to stop and does not end in time is let go: its later results and failures change nothing. A run
// belongs to one number (`epoch`); only the newest may write the status.
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { TaskMeter } from '../../core/task-meter.ts';
import type { Offsets } from '../../ports/broker.ts';
import { failedStatus, type State, type Status, statusOf, UNASSIGNED } from '../states.ts';
import { within } from './deadline.ts';
import { OWN_LEASE } from './lease.ts';
import { Restarts, restartSettings } from './restart-policy.ts';
import type { Retrying } from './retry-note.ts';
import type { TaskOwner, TaskPlan } from './task-order.ts';
import { startRun, type TaskRun } from './task-run.ts';

export type { AnyConnector, ConnectorDefinition, TaskOwner, TaskPlan } from './task-order.ts';

const FENCED_FIRST_MS = 500;
const FENCED_MAX_MS = 30_000;

export class TaskRuntime {
  readonly id: number;
  readonly #owner: TaskOwner;
  readonly #log: Logger;
  #plan: TaskPlan;
  #status: Status = UNASSIGNED;
  #run: TaskRun | null = null;
  #waiting: AbortController | null = null;
  #ended: Promise<void> = Promise.resolve();
  #epoch = 0;
  #paused = false;
  readonly #restarts = new Restarts();
  #fencings = 0;
  readonly #meter: TaskMeter;
  #restartsAtMs: number | null = null;
  /** The present launch has not come to run yet, nor failed. */
  #isStarting = false;

  constructor(owner: TaskOwner, id: number, plan: TaskPlan) {
    this.id = id;
    this.#owner = owner;
    this.#plan = plan;
    this.#meter = owner.environment.metrics.meter(owner.name, id);
    this.#log = owner.environment.logs
      .logger(`connect.${owner.name}.task-${id}`)
      .with({ connector: owner.name, task: id });
  }

  get status(): Status {
    return this.#status;
  }

  get config(): RawConfig {
    return this.#plan.config;
  }

  get taskCount(): number {
    return this.#plan.taskCount;
  }

  /** The task has looked for work and found none. */
  get idle(): boolean {
    return this.#run?.idle ?? false;
  }

  /** Up to where the task is done with its input. */
  get settled(): Offsets {
    return this.#run?.settled ?? new Map();
  }

  /** What the task fails at and tries again; null while all goes well, and while it is not to work. */
  get retrying(): Retrying | null {
    return this.#paused ? null : (this.#run?.retrying ?? null);
  }

  /** When a failed task is started again by itself; null when it is not. */
  get restartsAtMs(): number | null {
    return this.#restartsAtMs;
  }

  /** How often the task was started again by itself within 24 hours. */
  get restartAttempts(): number {
    return this.#restarts.attempts(this.#owner.environment.clock.now());
  }

  start(paused: boolean): void {
    this.#paused = paused;
    this.#restarts.forget();
    this.#fencings = 0;
    this.#launch('asked');
  }

  /** Takes a new plan; takes effect with the next start. */
  replan(plan: TaskPlan): void {
    this.#plan = plan;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#run?.pause(paused);
  }

  /** Shown until the restart is done. */
  mark(state: State): void {
    this.#set({ ...this.#status, state });
  }

  /** Resolves when the run has ended, or after the worker's time-out, when it is let go. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#epoch++;
    this.#run = null;
    this.#restartsAtMs = null;
    this.#waiting?.abort();
    run?.stop();
    const { environment } = this.#owner;
    const outcome = await within(this.#ended, environment.settings.shutdownTimeoutMs, environment.clock);
    if (!outcome.done) {
      this.#log.warn('The task did not stop in time; it is let go.');
      run?.letGo();
    }
    this.#set(UNASSIGNED);
  }

  #set(status: Status): void {
    this.#status = status;
    this.#owner.taskChanged(this.id, status);
    this.#meter.state(status.state, this.#owner.environment.clock.now());
  }

  #launch(reason: 'asked' | 'automatic'): void {
    const epoch = ++this.#epoch;
    this.#restartsAtMs = null;
    this.#set(UNASSIGNED);
    this.#restarts.started(this.#owner.environment.clock.now());
    this.#countStart(reason);
    this.#isStarting = true;
    const run = startRun({
      owner: this.#owner,
      task: this.id,
      plan: this.#plan,
      log: this.#log,
      paused: this.#paused,
      lease: this.#owner.lease,
      became: (state) => {
        if (epoch === this.#epoch && this.#status.state !== state) this.#became(state);
      },
    });
    this.#run = run;
    this.#ended = run.ended.then(
      () => {},
      (error: unknown) => {
        if (epoch === this.#epoch) this.#failed(error, epoch);
      },
    );
  }

  #became(state: 'RUNNING' | 'PAUSED'): void {
    this.#countStartup('success');
    this.#set(statusOf(state));
    this.#log.info(state === 'RUNNING' ? 'Task is running.' : 'Task is paused.');
  }

  #failed(error: unknown, epoch: number): void {
    this.#run = null;
    if (error instanceof TributaryError && error.kind === 'fenced') {
      this.#set(UNASSIGNED);
      this.#fenced(epoch);
      return;
    }
    this.#countStartup('failure');
    this.#set(failedStatus(error));
    this.#log.error('Task failed.', { error: error instanceof Error ? error.message : String(error) });
    this.#owner.environment.metrics.counter('task_failures', { connector: this.#owner.name }).add(1);
    this.#restartLater(error, epoch);
  }

  /**
   * Alone, a newer host has taken over, and this one must keep out of its way. In a group the work is this worker's until the group
   * says otherwise: whoever fenced it acted on an old assignment, so the task starts again, once the lease holds.
   */
  #fenced(epoch: number): void {
    if (this.#owner.lease === OWN_LEASE) {
      this.#log.info('Another worker has taken this task over; this copy has stopped.');
      return;
    }
    const delayMs = Math.min(FENCED_FIRST_MS * 2 ** Math.min(this.#fencings++, 10), FENCED_MAX_MS);
    this.#log.info('An outdated copy of this task got in the way; the task is started again.', { delayMs });
    this.#launchLater(delayMs, epoch);
  }

  /** Started again with growing waits, if the settings say so; an error in the user's text is not cured by time. */
  #restartLater(error: unknown, epoch: number): void {
    const { environment } = this.#owner;
    const settings = restartSettings(this.#plan.config, environment.settings.taskRestart);
    const nowMs = environment.clock.now();
    const delayMs = this.#restarts.next(error, settings, nowMs);
    if (delayMs === null) return;
    this.#restartsAtMs = nowMs + delayMs;
    this.#log.info('The task will be started again.', { delayMs, attempts: this.restartAttempts });
    this.#launchLater(delayMs, epoch);
  }

  #launchLater(delayMs: number, epoch: number): void {
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#ended = this.#owner.environment.clock.sleep(delayMs, waiting.signal).then(() => {
      if (epoch !== this.#epoch) return;
      // To open a task's output without the right to would fence the one who has it.
      if (this.#owner.lease.holds()) this.#launch('automatic');
      else this.#launchLater(FENCED_FIRST_MS, epoch);
    });
  }

  /** Without labels of the task: the worker's totals must not fall when a connector is deleted. */
  #countStartup(result: 'success' | 'failure'): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    this.#owner.environment.metrics.counter('task_startups', { result }).add(1);
  }

  /** Every start but the first is a restart: what a change leaves alone shows none. */
  #countStart(reason: 'asked' | 'automatic'): void {
    const { environment, name } = this.#owner;
    const labels = { connector: name, task: String(this.id) };
    const starts = environment.metrics.counter('task_starts', labels);
    if (starts.value > 0) environment.metrics.counter('task_restarts', { ...labels, reason }).add(1);
    starts.add(1);
  }
}
