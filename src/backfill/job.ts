// One back-fill: planned → checking → loading → waiting for tables → released.
//
// Law: every step can be entered again after a crash. The plan and the checks are in the ledger, progress is on the broker; jobs on
// the queue are only a to-do list, made anew when the queue has forgotten them or remembers too much.

import { isTransient, TributaryError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobQueue, JobStatus } from '../ports/job-queue.ts';
import { type BackfillDefinition, idOf } from './definition.ts';
import { planFiles } from './files.ts';
import { type FileEntry, fileKey, type Ledger } from './ledger.ts';
import type { FileProgress, FileResult } from './run-file.ts';
import {
  type BackfillState,
  type BackfillStatus,
  fileStatus,
  type HeldFile,
  heldFile,
  Pace,
  rowsTotalOf,
} from './status.ts';
import type { Target } from './values/mapping.ts';

export const JOB_TYPE = 'backfill';
const POLL_MS = 200;
const RETRY_MS = 1_000;
const REPORTS_MAX = 100;

/** What a job needs of the host. */
export interface JobServices {
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly folder: string;
  /** Throws `notFound` while there is no such stream or table. */
  target(name: string): Promise<Target>;
  /** Resolves when the table has processed all rows that stand in its sources now. */
  caughtUp(table: string, signal: AbortSignal): Promise<void>;
}

/** The data of a job on the queue. */
export interface FileJob {
  readonly kind: 'check' | 'load';
  readonly id: string;
  readonly definition: BackfillDefinition;
  readonly file: HeldFile['plan'];
  readonly checked: FileResult | null;
}

/** What the ledger keeps of a job. */
export interface JobEntry {
  readonly definition: BackfillDefinition;
  readonly run: number;
  readonly state: BackfillState;
  readonly error: string | null;
  readonly submittedMs: number;
  readonly finishedMs: number | null;
  readonly files: readonly HeldFile[];
}

export class BackfillJob {
  readonly definition: BackfillDefinition;
  readonly run: number;
  readonly id: string;
  readonly #services: JobServices;
  readonly #pace = new Pace();
  #state: BackfillState = 'planned';
  #note: string | null = null;
  #error: string | null = null;
  #files: HeldFile[] = [];
  #waitingFor: string[] = [];
  #submittedMs: number;
  #finishedMs: number | null = null;
  #stop = new AbortController();
  #driving: Promise<void> = Promise.resolve();

  constructor(definition: BackfillDefinition, run: number, services: JobServices, entry: JobEntry | null = null) {
    this.definition = definition;
    this.run = run;
    this.id = idOf(definition, run);
    this.#services = services;
    this.#submittedMs = entry?.submittedMs ?? services.clock.now();
    if (entry === null) return;
    this.#state = entry.state;
    this.#error = entry.error;
    this.#finishedMs = entry.finishedMs;
    this.#files = entry.files.map((file) => ({ ...file }));
  }

  get state(): BackfillState {
    return this.#state;
  }

  /** True when nothing more will happen by itself. */
  get ended(): boolean {
    return this.#state === 'released' || this.#state === 'failed' || this.#state === 'cancelled';
  }

  /** Runs the steps in the background; `onEnd` is told when the job has come to rest. */
  drive(onEnd: () => void): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#driving = this.#retried(signal)
      .catch((error: unknown) => this.#fail(error, signal))
      .finally(onEnd);
  }

  /** Stops driving; jobs on the queue stay as they are. */
  async halt(): Promise<void> {
    this.#stop.abort();
    await this.#driving;
  }

  async cancel(): Promise<void> {
    await this.halt();
    if (this.#state === 'released' || this.#state === 'cancelled') return;
    await this.#become('cancelled');
    for (const file of this.#files) {
      for (const kind of ['check', 'load'] as const) await this.#endQueued(this.#queueId(kind, file));
    }
  }

  /** Makes a failed or cancelled job ready to be driven again: what is loaded stays, the rest is looked at anew. */
  async reset(): Promise<void> {
    await this.halt();
    this.#error = null;
    this.#finishedMs = null;
    if (this.#files.some((file) => file.state !== 'loaded' && file.state !== 'loading')) await this.#replan();
    for (const file of this.#files) {
      if (file.state === 'loaded') continue;
      Object.assign(file, heldFile(file.plan), { checked: file.state === 'failed' ? null : file.checked });
    }
    await this.#become('planned');
  }

  status(): BackfillStatus {
    const files = this.#files;
    const pace = this.#pace.perSecond();
    const rows = sum(files, (file) => file.rows);
    const bytes = sum(files, (file) => file.bytes);
    const bytesTotal = sum(files, (file) => file.plan.bytes);
    const rowsTotal = rowsTotalOf(files);
    const working = this.#state === 'checking' || this.#state === 'loading';
    return {
      ...{ name: this.definition.name, id: this.id, source: this.definition.source, into: this.definition.into },
      ...{ state: this.#state, note: this.#note, error: this.#error, rows, rowsTotal, bytes, bytesTotal },
      rowsPerSecond: working ? Math.round(pace.rows) : 0,
      secondsLeft: working ? secondsLeft(rows, rowsTotal, bytes, bytesTotal, pace) : null,
      badRows: sum(files, (file) => file.bad),
      badRowReports: files.flatMap((file) => file.reports).slice(0, REPORTS_MAX),
      ...{ waitingFor: this.#waitingFor, files: files.map(fileStatus) },
      ...{ submittedMs: this.#submittedMs, finishedMs: this.#finishedMs },
    };
  }

  /** Progress of a file that runs in this process: fresher than what the queue saves. */
  progressed(kind: 'check' | 'load', number: number, progress: FileProgress): void {
    const file = this.#files[number];
    const state = kind === 'check' ? 'checking' : 'loading';
    if (file?.state === state) Object.assign(file, progress);
  }

  entry(): JobEntry {
    const { definition, run } = this;
    const [state, error, submittedMs] = [this.#state, this.#error, this.#submittedMs];
    return { definition, run, state, error, submittedMs, finishedMs: this.#finishedMs, files: this.#files };
  }

  /** Broker and queue may be away for a while: the steps are entered again until they are back. */
  async #retried(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.#steps(signal);
      } catch (error) {
        if (signal.aborted || !isTransient(error)) throw error;
        this.#note = `trying again: ${(error as Error).message}`;
        await this.#services.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async #steps(signal: AbortSignal): Promise<void> {
    if (this.ended) return;
    await this.#awaitTarget(signal);
    if (this.#files.length === 0) await this.#plan();
    if (this.definition.check && this.#files.some((file) => file.checked === null && file.state !== 'loaded')) {
      await this.#become('checking');
      await this.#phase('check', signal);
    }
    this.#checkTotal();
    if (this.#state !== 'waiting') {
      await this.#become('loading');
      await this.#phase('load', signal);
    }
    this.#checkTotal();
    await this.#become('waiting');
    await this.#awaitTables(signal);
    await this.#become('released');
  }

  async #awaitTarget(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.#services.target(this.definition.into);
        this.#note = null;
        return;
      } catch (error) {
        if (!(error instanceof TributaryError) || (error.kind !== 'notFound' && error.kind !== 'transient'))
          throw error;
        // Statements that make the stream may come later than the job.
        this.#note = `waiting for ${this.definition.into}: ${error.message}`;
        await this.#services.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  async #plan(): Promise<void> {
    this.#files = (await planFiles(this.definition.source, this.#services.folder)).map(heldFile);
    await this.#become('planned');
  }

  /** The files as they lie there now; those loaded keep their places, since progress is kept by number. */
  async #replan(): Promise<void> {
    const planned = await planFiles(this.definition.source, this.#services.folder);
    if (this.#files.length === 0) return;
    const paths = planned.map((file) => file.path).join('\n');
    if (paths === this.#files.map((file) => file.plan.path).join('\n')) {
      this.#files.forEach((file, index) => {
        const plan = planned[index]!;
        const same = plan.bytes === file.plan.bytes && plan.modifiedMs === file.plan.modifiedMs;
        if (file.state !== 'loaded' && !same) Object.assign(file, heldFile(plan));
      });
      return;
    }
    if (this.#files.every((file) => file.state !== 'loaded' && file.rows === 0)) {
      this.#files = planned.map(heldFile);
      return;
    }
    throw new TributaryError('TRIB_BACKFILL_FILE_CHANGED', 'conflict', {
      what: `Other files match ${this.definition.source.join(', ')} now than when loading began.`,
      where: `back-fill ${this.definition.name}`,
      fix: 'Put the former files back and retry, or submit the job as a new run (rerun).',
    });
  }

  /** Has every file checked or loaded by the queue's workers. */
  async #phase(kind: 'check' | 'load', signal: AbortSignal): Promise<void> {
    const open = await this.#openFiles(kind);
    this.#pace.clear();
    for (const file of open) {
      Object.assign(file, { rows: 0, bytes: 0, bad: 0, error: null, state: kind === 'check' ? 'checking' : 'loading' });
      // What an earlier life of queue or broker has left is of no use; waiting and active jobs go on.
      await this.#forgetEnded(this.#queueId(kind, file));
    }
    const pending = new Set(open);
    while (pending.size > 0) {
      signal.throwIfAborted();
      for (const file of [...pending]) {
        if (await this.#look(kind, file)) pending.delete(file);
      }
      this.#pace.add(
        this.#services.clock.now(),
        sum(this.#files, (file) => file.rows),
        sum(this.#files, (file) => file.bytes),
      );
      if (pending.size > 0) await this.#services.clock.sleep(POLL_MS, signal);
    }
    const failed = open.filter((file) => file.state === 'failed');
    if (failed.length === 0) return;
    const others = failed.length === 1 ? '' : ` ${failed.length - 1} more of ${this.#files.length} files failed.`;
    throw new TributaryError('TRIB_BACKFILL_FAILED', 'data', { what: `${failed[0]!.error}${others}` });
  }

  async #openFiles(kind: 'check' | 'load'): Promise<readonly HeldFile[]> {
    if (kind === 'check') return this.#files.filter((file) => file.checked === null && file.state !== 'loaded');
    const entries = await this.#services.ledger.load();
    return this.#files.filter((file) => {
      const entry = entries.get(fileKey(this.id, file.plan.number)) as FileEntry | undefined;
      if (entry?.done !== true) return true;
      Object.assign(file, { state: 'loaded', rows: entry.rows, bad: entry.bad, bytes: file.plan.bytes, error: null });
      return false;
    });
  }

  /** Takes over what the queue says of a file; true when the file is through. */
  async #look(kind: 'check' | 'load', file: HeldFile): Promise<boolean> {
    const queueId = this.#queueId(kind, file);
    const status = await this.#services.queue.get(JOB_TYPE, queueId);
    if (status === null) {
      const { id, definition } = this;
      const job: FileJob = { kind, id, definition, file: file.plan, checked: file.checked };
      await this.#services.queue.add(JOB_TYPE, queueId, job);
      return false;
    }
    if (status.state === 'cancelled') {
      // Left by a cancel that came before the retry: the next look adds it anew.
      await this.#services.queue.remove(JOB_TYPE, queueId);
      return false;
    }
    return takeOver(kind, file, status);
  }

  #checkTotal(): void {
    const { expectedRows } = this.definition;
    const total = rowsTotalOf(this.#files);
    if (expectedRows === null || total === null || total === expectedRows) return;
    throw new TributaryError('TRIB_BACKFILL_ROWS', 'data', {
      what: `The files hold ${total} rows together, but expected.rows says ${expectedRows}.`,
      where: `back-fill ${this.definition.name}`,
      fix: 'Copy the whole export, or mend expected.rows.',
    });
  }

  async #awaitTables(signal: AbortSignal): Promise<void> {
    this.#waitingFor = [...this.definition.waitFor];
    await Promise.all(
      this.definition.waitFor.map(async (table) => {
        await this.#services.caughtUp(table, signal);
        signal.throwIfAborted();
        this.#waitingFor = this.#waitingFor.filter((other) => other !== table);
      }),
    );
  }

  async #become(state: BackfillState): Promise<void> {
    this.#state = state;
    this.#note = null;
    if (this.ended) {
      this.#finishedMs = this.#services.clock.now();
      this.#waitingFor = [];
    }
    await this.#services.ledger.put(`job:${this.definition.name}`, this.entry());
  }

  async #fail(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#error = error instanceof Error ? error.message : String(error);
    await this.#become('failed').catch(() => {
      // The broker is away; the next start drives the job on from what the ledger last held.
      this.#state = 'failed';
    });
  }

  async #forgetEnded(queueId: string): Promise<void> {
    const status = await this.#services.queue.get(JOB_TYPE, queueId);
    if (status === null || status.state === 'waiting' || status.state === 'active') return;
    await this.#services.queue.remove(JOB_TYPE, queueId);
  }

  async #endQueued(queueId: string): Promise<void> {
    const status = await this.#services.queue.get(JOB_TYPE, queueId);
    if (status === null || status.state === 'completed') return;
    await this.#services.queue.cancel(JOB_TYPE, queueId);
  }

  #queueId(kind: 'check' | 'load', file: HeldFile): string {
    return `${this.id}/${kind}/${file.plan.number}`;
  }
}

/** The queue's word on a file; true when the file is through with the step. */
function takeOver(kind: 'check' | 'load', file: HeldFile, status: JobStatus): boolean {
  if (status.state === 'completed') {
    const result = status.result as FileResult;
    Object.assign(file, { rows: result.rows, bytes: result.bytes, bad: result.bad, reports: result.reports });
    file.state = kind === 'check' ? 'checked' : 'loaded';
    if (kind === 'check') file.checked = result;
    return true;
  }
  if (status.state === 'failed') {
    file.state = 'failed';
    file.error = status.error ?? 'failed';
    return true;
  }
  const progress = status.progress as FileProgress | null;
  if (progress !== null && progress.rows > file.rows) Object.assign(file, progress);
  // A failure that is being retried is shown while it lasts.
  file.error = status.error;
  return false;
}

function secondsLeft(
  rows: number,
  rowsTotal: number | null,
  bytes: number,
  bytesTotal: number,
  pace: { readonly rows: number; readonly bytes: number },
): number | null {
  if (rowsTotal !== null) return pace.rows > 0 ? Math.ceil(Math.max(0, rowsTotal - rows) / pace.rows) : null;
  return pace.bytes > 0 ? Math.ceil(Math.max(0, bytesTotal - bytes) / pace.bytes) : null;
}

function sum(files: readonly HeldFile[], figure: (file: HeldFile) => number): number {
  return files.reduce((total, file) => total + figure(file), 0);
}
