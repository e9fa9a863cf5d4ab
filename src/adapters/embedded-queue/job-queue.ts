// Jobs without Redis: kept in memory, journalled to the data folder, run in this process.
//
// Law: when a call that changes a job has returned, the change is in the journal. A job that was active when the process died is waiting
// again, with the progress it last saved. One process owns the folder; nothing has to be unlocked after a crash.

import { join } from 'node:path';
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Job, JobQueue, JobState, JobStatus } from '../../ports/job-queue.ts';
import { Journal } from './journal.ts';

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 30_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type HeldJob = Mutable<JobStatus> & { failures: number };
type Event = { readonly type: string; readonly id: string } & (
  | { readonly op: 'set'; readonly job: Partial<HeldJob> }
  | { readonly op: 'remove' }
);

interface Worker {
  readonly type: string;
  readonly concurrency: number;
  readonly attempts: number;
  readonly run: (job: Job) => Promise<unknown>;
  readonly stop: AbortController;
  readonly active: Set<Promise<void>>;
}

/** The queue of one process. Without a folder the jobs live in memory only. */
export class EmbeddedJobQueue implements JobQueue {
  readonly #clock: Clock;
  readonly #journal: Journal | null;
  readonly #jobs = new Map<string, HeldJob>();
  readonly #workers = new Set<Worker>();
  readonly #cancels = new Map<HeldJob, AbortController>();
  /** Jobs between a failed run and its repeat. */
  readonly #resting = new Set<HeldJob>();

  constructor(options: { readonly folder: string | null; readonly clock: Clock }) {
    this.#clock = options.clock;
    this.#journal = options.folder === null ? null : new Journal(join(options.folder, 'jobs.ndjson'));
    this.#restore();
  }

  async add(type: string, id: string, data: unknown): Promise<boolean> {
    if (this.#jobs.has(keyOf(type, id))) return false;
    const job: HeldJob = {
      ...{ type, id, data, state: 'waiting', attempt: 0, progress: null, error: null, result: null, failures: 0 },
    };
    this.#jobs.set(keyOf(type, id), job);
    await this.#save(job, job);
    this.#pump();
    return true;
  }

  async work(
    type: string,
    options: { readonly concurrency: number; readonly attempts: number },
    run: (job: Job) => Promise<unknown>,
  ): Promise<() => Promise<void>> {
    const worker: Worker = { type, ...options, run, stop: new AbortController(), active: new Set() };
    this.#workers.add(worker);
    this.#pump();
    return async () => {
      this.#workers.delete(worker);
      worker.stop.abort();
      await Promise.all(worker.active);
    };
  }

  async get(type: string, id: string): Promise<JobStatus | null> {
    const job = this.#jobs.get(keyOf(type, id));
    return job === undefined ? null : statusOf(job);
  }

  async list(type: string): Promise<readonly JobStatus[]> {
    return [...this.#jobs.values()].filter((job) => job.type === type).map(statusOf);
  }

  async cancel(type: string, id: string): Promise<void> {
    const job = this.#known(type, id);
    if (job.state === 'completed' || job.state === 'cancelled') return;
    const wasActive = job.state === 'active';
    if (!wasActive || this.#resting.has(job)) await this.#change(job, { state: 'cancelled', error: null });
    this.#cancels.get(job)?.abort(new Error('cancelled'));
  }

  async remove(type: string, id: string): Promise<void> {
    const job = this.#jobs.get(keyOf(type, id));
    if (job === undefined) return;
    if (job.state === 'waiting' || job.state === 'active') throw busy(job);
    this.#jobs.delete(keyOf(type, id));
    await this.#journal?.append({ op: 'remove', type, id } satisfies Event, true);
  }

  async retry(type: string, id: string): Promise<void> {
    const job = this.#known(type, id);
    if (job.state !== 'failed' && job.state !== 'cancelled') return;
    await this.#change(job, { state: 'waiting', error: null, failures: 0 });
    this.#pump();
  }

  async close(): Promise<void> {
    const workers = [...this.#workers];
    this.#workers.clear();
    for (const worker of workers) worker.stop.abort();
    await Promise.all(workers.flatMap((worker) => [...worker.active]));
    await this.#journal?.close();
  }

  #restore(): void {
    if (this.#journal === null) return;
    const events = this.#journal.load() as Event[];
    for (const event of events) {
      const key = keyOf(event.type, event.id);
      if (event.op === 'remove') this.#jobs.delete(key);
      else this.#jobs.set(key, { ...this.#jobs.get(key), ...event.job } as HeldJob);
    }
    for (const job of this.#jobs.values()) if (job.state === 'active') job.state = 'waiting';
    // Opened and rewritten in one go at each start, so the journal does not outgrow the jobs in it.
    this.#journal.rewrite(
      [...this.#jobs.values()].map((job): Event => ({ op: 'set', type: job.type, id: job.id, job })),
    );
  }

  /** Starts waiting jobs, oldest first, as far as workers have room. */
  #pump(): void {
    for (const worker of this.#workers) {
      for (const job of this.#jobs.values()) {
        if (worker.active.size >= worker.concurrency) break;
        if (job.type !== worker.type || job.state !== 'waiting') continue;
        job.state = 'active';
        const active = this.#runJob(worker, job).finally(() => {
          worker.active.delete(active);
          this.#pump();
        });
        worker.active.add(active);
      }
    }
  }

  async #runJob(worker: Worker, job: HeldJob): Promise<void> {
    const cancel = new AbortController();
    this.#cancels.set(job, cancel);
    const signal = AbortSignal.any([cancel.signal, worker.stop.signal]);
    try {
      for (;;) {
        await this.#change(job, { state: 'active', attempt: job.attempt + 1, error: null });
        const next = await this.#runOnce(worker, job, signal, cancel.signal);
        await this.#change(job, next);
        if (next.state !== 'active') return;
        this.#resting.add(job);
        const pauseMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (job.failures - 1));
        await this.#clock.sleep(pauseMs, signal);
        this.#resting.delete(job);
        if (cancel.signal.aborted) return;
        if (worker.stop.signal.aborted) return await this.#change(job, { state: 'waiting' });
      }
    } finally {
      this.#resting.delete(job);
      this.#cancels.delete(job);
    }
  }

  /** One run; answers what the job becomes. State `active`: it rests and runs again. */
  async #runOnce(
    worker: Worker,
    job: HeldJob,
    signal: AbortSignal,
    cancelled: AbortSignal,
  ): Promise<Partial<HeldJob> & { state: JobState }> {
    try {
      const result = await worker.run(this.#view(job, signal));
      return { state: 'completed', result: result ?? null };
    } catch (error) {
      if (cancelled.aborted) return { state: 'cancelled', error: null };
      if (worker.stop.signal.aborted) return { state: 'waiting' };
      const failures = job.failures + 1;
      const again = isTransient(error) && failures <= worker.attempts;
      const message = error instanceof Error ? error.message : String(error);
      return { state: again ? 'active' : 'failed', error: message, failures };
    }
  }

  #view(job: HeldJob, signal: AbortSignal): Job {
    return {
      ...{ type: job.type, id: job.id, data: job.data, attempt: job.attempt, progress: job.progress, signal },
      checkpoint: (progress) => this.#change(job, { progress }, false),
    };
  }

  async #change(job: HeldJob, change: Partial<HeldJob>, flushed = true): Promise<void> {
    Object.assign(job, change);
    await this.#save(job, change, flushed);
  }

  async #save(job: HeldJob, change: Partial<HeldJob>, flushed = true): Promise<void> {
    await this.#journal?.append({ op: 'set', type: job.type, id: job.id, job: change } satisfies Event, flushed);
  }

  #known(type: string, id: string): HeldJob {
    const job = this.#jobs.get(keyOf(type, id));
    if (job !== undefined) return job;
    throw new TributaryError('TRIB_JOB_UNKNOWN', 'notFound', { what: `There is no ${type} job ${id}.` });
  }
}

function keyOf(type: string, id: string): string {
  return `${type}\n${id}`;
}

function statusOf(job: HeldJob): JobStatus {
  const { failures: _, ...status } = job;
  return status;
}

function busy(job: HeldJob): TributaryError {
  return new TributaryError('TRIB_JOB_BUSY', 'conflict', {
    what: `The ${job.type} job ${job.id} is ${job.state}.`,
    fix: 'Cancel it first.',
  });
}
