// Back-fills: declared jobs that load exports into a stream or table, once, and release those who wait for them.
//
// In a group each job is driven by the host that owns it; all others follow the ledger, so they show it, and release those who wait.
// A cancel that another host is asked for stands in the ledger until the driver has carried it out. Files are checked and loaded by
// whoever works on the queue; that a row is written once is the matter of the load's transactional id.

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
/** Key of an order to cancel a job: the run that it is for. */
const CANCEL_KEY = 'cancel:';
const FOLLOW_MS = 1_000;
const ORDER_LIMIT_MS = 15_000;

/** The back-fills' side of a host's place in a group. */
export interface BackfillGroup {
  /** The job is to be driven here. */
  owns(name: string): boolean;
  /** There are other jobs to be shared out than before. */
  workChanged(): void;
}

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
  /** Absent: this host stands alone, and drives all. */
  readonly group?: BackfillGroup | null;
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
  readonly #group: BackfillGroup | null;
  /** Jobs that are driven here. */
  readonly #driven = new Set<BackfillJob>();
  /** Entries as they were last read from or written to the ledger, in a group. */
  readonly #entries = new Map<string, string>();
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> = Promise.resolve();

  constructor(options: BackfillsOptions) {
    this.#options = options;
    this.#group = options.group ?? null;
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
    if (this.#group !== null) this.#following = this.#follow();
    else for (const job of this.#jobs.values()) if (!job.ended) this.#drive(job);
  }

  /** In a group: jobs that should be driven by one host. */
  work(): readonly string[] {
    return [...this.#jobs].filter(([, job]) => !job.ended).map(([name]) => name);
  }

  /** In a group: those that are driven here. */
  held(): readonly string[] {
    return [...this.#driven].map(({ definition }) => definition.name);
  }

  /** In a group: what is owned here has changed. Resolves when what is not is not driven any more. */
  async settle(names: Iterable<string>): Promise<void> {
    for (const name of names) {
      const job = this.#jobs.get(name);
      if (job === undefined) continue;
      if (this.#group?.owns(name) !== true) await this.#halt(job);
      else if (!job.ended && !this.#driven.has(job)) this.#drive(job);
    }
  }

  /** Reads what other hosts have told up to now. */
  async refresh(): Promise<void> {
    if (this.#group === null) return;
    const next = this.#refreshing.then(() => this.#read());
    this.#refreshing = next.catch(() => undefined);
    await next;
  }

  /** Stops at a safe point; the next start goes on from there. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await Promise.all([...this.#jobs.values()].map((job) => this.#halt(job)));
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
    await this.refresh();
    await this.#cancel(this.#job(name));
    this.#tell();
    return this.#job(name).status();
  }

  /** Puts a failed or cancelled job back to work. Files that were replaced are checked anew; what is loaded stays. */
  async retry(name: string): Promise<BackfillStatus> {
    await this.refresh();
    const job = this.#job(name);
    if (job.state === 'failed' || job.state === 'cancelled') {
      if (this.#group !== null) await this.#ledger.put(CANCEL_KEY + name, null);
      await job.reset();
      this.#begin(job);
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
    await this.refresh();
    const held = this.#jobs.get(definition.name);
    const same = held !== undefined && digestOf(held.definition) === digestOf(definition);
    if (same && (!rerun || !held.ended)) return held.status();
    if (held !== undefined && !rerun) {
      throw new TributaryError('TRIB_BACKFILL_EXISTS', 'conflict', {
        what: `There is a back-fill ${definition.name} with another definition; it is ${held.state}.`,
        fix: 'Give the new one another name, or ask for a new run of this one (rerun), which writes all its rows.',
      });
    }
    if (held !== undefined && !held.ended) await this.#cancel(held);
    const job = new BackfillJob(definition, (held?.run ?? 0) + 1, this.#services);
    this.#jobs.set(definition.name, job);
    await this.#ledger.put(JOB_KEY + definition.name, job.entry());
    this.#begin(job);
    return job.status();
  }

  /** In a group the owner does, once the job is shared out. */
  #begin(job: BackfillJob): void {
    if (this.#group === null) return this.#drive(job);
    this.#tell();
    this.#group.workChanged();
  }

  async #cancel(job: BackfillJob): Promise<void> {
    if (this.#group === null || this.#driven.has(job) || job.ended) return job.cancel();
    const { name } = job.definition;
    const { clock } = this.#options;
    await this.#ledger.put(CANCEL_KEY + name, job.run);
    const untilMs = clock.now() + ORDER_LIMIT_MS;
    while (clock.now() < untilMs) {
      await this.refresh();
      if (this.#jobs.get(name)?.ended === true) return;
      await clock.sleep(FOLLOW_MS / 4);
    }
    throw new TributaryError('TRIB_BACKFILL_ORDERED', 'transient', {
      what: `No host has carried out the cancelling of back-fill ${quoted(name)} yet; it is noted, and the next host that drives the job will.`,
      fix: 'Look at the job again in a while.',
    });
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#options.clock.sleep(FOLLOW_MS, signal);
      if (signal.aborted) return;
      // While the broker is away nothing new is known.
      await this.refresh().catch(() => undefined);
      await this.#publish().catch(() => undefined);
    }
  }

  /** Takes over what the ledger says of jobs that are driven elsewhere, and orders for those that are driven here. */
  async #read(): Promise<void> {
    const entries = await this.#ledger.load();
    let changed = false;
    for (const [key, entry] of entries) {
      if (!key.startsWith(JOB_KEY)) continue;
      const { definition, run } = entry as JobEntry;
      const { name } = definition;
      const held = this.#jobs.get(name);
      if (held !== undefined && this.#driven.has(held)) {
        if (entries.get(CANCEL_KEY + name) === held.run && !held.ended) await held.cancel();
        continue;
      }
      const text = JSON.stringify(entry);
      if (held !== undefined && this.#entries.get(name) === text) continue;
      this.#entries.set(name, text);
      const job = new BackfillJob(definition, run, this.#services, entry as JobEntry);
      this.#jobs.set(name, job);
      changed ||= held?.ended !== job.ended;
      // It is owned here already: the group need not be asked.
      if (!job.ended && this.#group?.owns(name) === true) this.#drive(job);
    }
    if (!changed) return;
    this.#tell();
    this.#group?.workChanged();
  }

  /** Progress of what is driven here, for the others. */
  async #publish(): Promise<void> {
    for (const job of this.#driven) {
      const { name } = job.definition;
      const text = JSON.stringify(job.entry());
      if (this.#entries.get(name) === text || job.ended) continue;
      this.#entries.set(name, text);
      await this.#ledger.put(JOB_KEY + name, job.entry());
    }
  }

  async #halt(job: BackfillJob): Promise<void> {
    await job.halt();
    this.#driven.delete(job);
  }

  #drive(job: BackfillJob): void {
    const { name } = job.definition;
    this.#driven.add(job);
    job.drive(() => {
      this.#driven.delete(job);
      this.#tell();
      if (!job.ended) return;
      this.#group?.workChanged();
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
