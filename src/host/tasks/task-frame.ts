// What every task is given, whatever its kind: its settings, its log and counters, and the switch that pauses and stops it.
import type { ConnectorContext, TaskContext } from '../../connect/connectors.ts';
import type { Logger } from '../../core/log.ts';
import type { Counter } from '../../core/metrics.ts';
import type { Offsets } from '../../ports/broker.ts';
import type { Environment, ResolvedConfig } from '../environment.ts';
import type { Lease } from './lease.ts';
import { RetryNote } from './retry-note.ts';
import type { TaskClients } from './task-clients.ts';
import type { Tolerance } from './tolerance.ts';
import type { NoteTopic } from './watched-broker.ts';

/** The frame of one run of one task. */
export interface TaskFrame {
  readonly environment: Environment;
  /** What it reads from and writes to. */
  readonly clients: TaskClients;
  readonly connector: string;
  readonly task: number;
  /** Number of tasks of the connector: a task's share of partitions depends on it. */
  readonly taskCount: number;
  readonly className: string;
  readonly config: ResolvedConfig;
  readonly log: Logger;
  readonly tolerance: Tolerance;
  readonly control: TaskControl;
  readonly lease: Lease;
  readonly context: TaskContext;
  counter(name: string): Counter;
  /** The task reads or writes this topic: shown under `/connectors/<name>/topics`. */
  readonly noteTopic: NoteTopic;
}

/** Pauses and stops one run of a task. */
export class TaskControl {
  readonly #stop = new AbortController();
  readonly #onState: (state: 'RUNNING' | 'PAUSED') => void;
  #paused: boolean;
  #waiters: (() => void)[] = [];
  /** The task has looked for work and found none. */
  idle = false;
  /** Up to where the task is done with its input, by partition, as far as it knows better than its committed offsets. */
  settled: Offsets = new Map();
  /** What is failing and tried again. */
  readonly retries = new RetryNote();

  constructor(paused: boolean, onState: (state: 'RUNNING' | 'PAUSED') => void) {
    this.#paused = paused;
    this.#onState = onState;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get paused(): boolean {
    return this.#paused;
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    this.#wake();
  }

  /** Told by the task once it acts as asked. */
  is(state: 'RUNNING' | 'PAUSED'): void {
    this.#onState(state);
  }

  /** Resolves at the next pause, resume or stop. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves when the task may go on or must stop. */
  async resumed(): Promise<void> {
    while (this.#paused && !this.signal.aborted) await this.changed();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

/** The part of a context that connectors and tasks share. */
export function connectorContext(
  environment: Environment,
  connector: string,
  log: Logger,
  counter: (name: string) => Counter,
  hooks: Pick<ConnectorContext, 'requestTaskReconfiguration' | 'raise'>,
): ConnectorContext {
  return {
    connector,
    clock: environment.clock,
    http: environment.http,
    log: (level, message, fields) => log[level](message, fields),
    count: (name, by) => counter(name).add(by),
    requestTaskReconfiguration: hooks.requestTaskReconfiguration,
    raise: hooks.raise,
  };
}

/** Counters of one connector or task, looked up once by name. */
export function counters(
  environment: Environment,
  labels: Readonly<Record<string, string>>,
): (name: string) => Counter {
  const known = new Map<string, Counter>();
  return (name) => {
    let counter = known.get(name);
    if (counter === undefined) {
      counter = environment.metrics.counter(name, labels);
      known.set(name, counter);
    }
    return counter;
  };
}
