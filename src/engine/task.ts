// A task: one partition number of one sub-topology, run exactly once (architecture: "Exactly once").
//
// A task lives through sessions. A session opens the transactional output first, which fences whoever ran the task before and
// ends their transaction, then the state, then reads from the committed offsets. Whatever goes wrong within a session leaves
// nothing behind that was not committed, so the remedy for all of it is a new session.
import { isTransient, TributaryError } from '../core/errors.ts';
import { isStateLost } from '../ports/state-store.ts';
import { TaskSession } from './task-session.ts';
import type { TaskSetup } from './task-setup.ts';
import type { TaskState } from './task-state.ts';

export type TaskEnd = 'stopped' | 'fenced';

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 30_000;

export class Task {
  readonly setup: TaskSetup;
  readonly #stopped = new AbortController();
  #session: TaskSession | null = null;
  #failures = 0;

  constructor(setup: TaskSetup) {
    this.setup = setup;
  }

  /** State for readers from outside; null while the task is not running. */
  get state(): TaskState | null {
    return this.#session?.state ?? null;
  }

  /** Runs until stopped or taken over. Rejects when the task cannot go on. */
  async run(): Promise<TaskEnd> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#runSession();
      } catch (error) {
        if (signal.aborted) break;
        const end = await this.#afterFailure(error);
        if (end !== null) return end;
      }
    }
    return 'stopped';
  }

  /** Asks `run` to end: what was processed is committed first. */
  stop(): void {
    this.#stopped.abort();
    this.#session?.wake();
  }

  async #runSession(): Promise<void> {
    const session = new TaskSession(this.setup, this.#stopped.signal, () => {
      this.#failures = 0;
    });
    try {
      await session.open();
      this.#session = session;
      await session.run();
    } finally {
      this.#session = null;
      await session.close();
    }
  }

  async #afterFailure(error: unknown): Promise<TaskEnd | null> {
    if (!isStateLost(error)) {
      if (error instanceof TributaryError && error.kind === 'fenced') return 'fenced';
      if (!isTransient(error)) throw error;
    }
    this.setup.watch.restarting(error as Error);
    const pauseMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures++, 16));
    await this.setup.clock.sleep(pauseMs, this.#stopped.signal);
    return null;
  }
}
