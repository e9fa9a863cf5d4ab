// Back-fills: declared jobs that load exports into a stream or table, once, and release those who wait for them.

import { resolve } from 'node:path';
import { nearest, quoted, TributaryError } from '../core/errors.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job, JobQueue } from '../ports/job-queue.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { digestOf, parseDefinition } from './definition.ts';
import { BackfillJob, type FileJob, JOB_TYPE, type JobEntry, type JobServices } from './job.ts';
import { Ledger } from './ledger.ts';
import { checkFile, type FileProgress, type FileResult, type FileRun, loadFile } from './run-file.ts';
import type { BackfillStatus } from './status.ts';
import type { Target } from './values/mapping.ts';

export { type BackfillDefinition, parseDefinition } from './definition.ts';
export { BACKFILL_HEADER } from './run-file.ts';
export type { BackfillState, BackfillStatus, FileStatus } from './status.ts';
export type { Target, TargetSide } from './values/mapping.ts';

const CHECKPOINT_MS = 1_000;
const RETRIES = 100;
const JOB_KEY = 'job:';

export interface BackfillsOptions {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly clusterId: string;
  /** Sources are relative to it. */
  readonly folder: string;
  /** Files checked or loaded at once in this process. Default 2. */
  readonly concurrency?: number;
  /** How the stream or table of a name is written. Throws `notFound` while there is none: the job then waits for it. */
  target(name: string): Promise<Target>;
  /** Resolves when the table has processed all rows that stand in its sources now. */
  caughtUp(table: string, signal: AbortSignal): Promise<void>;
  log?(level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** All back-fills of a host. */
export class Backfills {
  readonly #options: BackfillsOptions;
  readonly #services: JobServices;
  readonly #ledger: Ledger;
  readonly #jobs = new Map<string, BackfillJob>();
  readonly #watchers = new Set<() => void>();
  /** Submissions are taken one after the other, so that two of one name cannot both be the first. */
  #submitting: Promise<unknown> = Promise.resolve();
  #stopWorker: (() => Promise<void>) | null = null;

  constructor(options: BackfillsOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.broker, options.clusterId);
    this.#services = {
      queue: options.queue,
      clock: options.clock,
      ledger: this.#ledger,
      folder: resolve(options.folder),
      target: (name) => options.target(name),
      caughtUp: (table, signal) => options.caughtUp(table, signal),
    };
  }

  /** Reads the ledger, works on the queue and drives unfinished jobs on. Call once. */
  async start(): Promise<void> {
    await this.#ledger.create();
    for (const [key, entry] of await this.#ledger.load()) {
      if (!key.startsWith(JOB_KEY)) continue;
      const { definition, run } = entry as JobEntry;
      this.#jobs.set(definition.name, new BackfillJob(definition, run, this.#services, entry as JobEntry));
    }
    const concurrency = this.#options.concurrency ?? 2;
    this.#stopWorker = await this.#options.queue.work(JOB_TYPE, { concurrency, attempts: RETRIES }, (job) =>
      this.#runFile(job),
    );
    for (const job of this.#jobs.values()) if (!job.ended) this.#drive(job);
  }

  /** Stops at a safe point; the next start goes on from there. */
  async stop(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.halt()));
    await this.#stopWorker?.();
    this.#stopWorker = null;
  }

  /**
   * Takes `{"name", "backfill": {…}}`. The same definition again is the same job, running or ended. A changed one under a name
   * in use is a `conflict`, unless `rerun` is asked for, which starts a new run that writes all its rows.
   */
  submit(definition: unknown, options: { readonly rerun?: boolean } = {}): Promise<BackfillStatus> {
    const done = this.#submitting.then(() => this.#submit(definition, options.rerun === true));
    this.#submitting = done.catch(() => {});
    return done;
  }

  /** Throws `notFound`. */
  status(name: string): BackfillStatus {
    return this.#job(name).status();
  }

  list(): readonly BackfillStatus[] {
    return [...this.#jobs.values()].map((job) => job.status());
  }

  /** Stops a job; rows written so far stay, and `retry` goes on behind them. Released jobs stay released. */
  async cancel(name: string): Promise<BackfillStatus> {
    const job = this.#job(name);
    await job.cancel();
    this.#tell();
    return job.status();
  }

  /** Puts a failed or cancelled job back to work. Files that were replaced are checked anew; what is loaded stays. */
  async retry(name: string): Promise<BackfillStatus> {
    const job = this.#job(name);
    if (job.state === 'failed' || job.state === 'cancelled') {
      await job.reset();
      this.#drive(job);
    }
    return job.status();
  }

  /** Resolves when the job of that name is released; waits for jobs that are not submitted yet, too. Rejects when `signal` aborts. */
  async released(name: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#jobs.get(name)?.state === 'released') return;
      await new Promise<void>((wake) => {
        const done = (): void => {
          this.#watchers.delete(done);
          signal.removeEventListener('abort', done);
          wake();
        };
        this.#watchers.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  async #submit(given: unknown, rerun: boolean): Promise<BackfillStatus> {
    const definition = parseDefinition(given);
    const held = this.#jobs.get(definition.name);
    const same = held !== undefined && digestOf(held.definition) === digestOf(definition);
    if (same && (!rerun || !held.ended)) return held.status();
    if (held !== undefined && !rerun) {
      throw new TributaryError('TRIB_BACKFILL_EXISTS', 'conflict', {
        what: `There is a back-fill ${definition.name} with another definition; it is ${held.state}.`,
        fix: 'Give the new one another name, or ask for a new run of this one (rerun), which writes all its rows.',
      });
    }
    if (held !== undefined && !held.ended) await held.cancel();
    const job = new BackfillJob(definition, (held?.run ?? 0) + 1, this.#services);
    this.#jobs.set(definition.name, job);
    await this.#ledger.put(JOB_KEY + definition.name, job.entry());
    this.#drive(job);
    return job.status();
  }

  #drive(job: BackfillJob): void {
    const { name } = job.definition;
    job.drive(() => {
      this.#tell();
      if (!job.ended) return;
      const { state, rows, badRows, error } = job.status();
      this.#options.log?.(state === 'failed' ? 'error' : 'info', `back-fill ${name} is ${state}`, {
        rows,
        badRows,
        error,
      });
    });
    this.#tell();
  }

  #tell(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  #job(name: string): BackfillJob {
    const job = this.#jobs.get(name);
    if (job !== undefined) return job;
    const near = nearest(name, this.#jobs.keys());
    throw new TributaryError('TRIB_BACKFILL_UNKNOWN', 'notFound', {
      what: `There is no back-fill ${quoted(name)}.`,
      ...(near === null ? {} : { fix: `Did you mean ${near}?` }),
    });
  }

  /** A job of the queue: maybe one of another host's back-fill, so all it needs is in its data. */
  async #runFile(job: Job): Promise<FileResult> {
    const { kind, id, definition, file, checked } = job.data as FileJob;
    let savedMs = this.#options.clock.now();
    const onProgress = async (progress: FileProgress): Promise<void> => {
      const held = this.#jobs.get(definition.name);
      if (held?.id === id) held.progressed(kind, file.number, progress);
      const nowMs = this.#options.clock.now();
      if (nowMs - savedMs < CHECKPOINT_MS) return;
      savedMs = nowMs;
      await job.checkpoint(progress);
      // Lets timers and other tasks of the process have their turn.
      await this.#options.clock.sleep(0);
    };
    const target = await this.#options.target(definition.into);
    const { folder } = this.#services;
    const run: FileRun = { id, definition, file, folder, target, signal: job.signal, onProgress };
    return kind === 'check'
      ? await checkFile(run)
      : await loadFile(run, checked, { ...this.#options, ledger: this.#ledger });
  }
}
