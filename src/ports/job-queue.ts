// The job queue port: durable, resumable background work (backfills). Two adapters pass `test/ports/job-queue.contract.ts`:
// BullMQ on Redis, and the embedded one, which keeps its jobs in the data folder.

/** One run of a job. */
export interface Job {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
  /** 1 for the first run; counts retries and resumed runs after a crash. */
  readonly attempt: number;
  /** What the last `checkpoint` saved, in this or an earlier run; null at first. */
  readonly progress: unknown;
  /** Saves progress durably; a run after a crash starts from it. */
  checkpoint(progress: unknown): Promise<void>;
  /** Aborted when the job is cancelled or the worker closes: stop at the next safe point and throw. */
  readonly signal: AbortSignal;
}

export type JobState = 'waiting' | 'active' | 'completed' | 'failed' | 'cancelled';

export interface JobStatus {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
  readonly state: JobState;
  readonly attempt: number;
  readonly progress: unknown;
  readonly error: string | null;
  /** What the run returned. */
  readonly result: unknown;
}

export interface JobQueue {
  /** Adds a job; does nothing when one of this type and id exists in any state (ids are deterministic). Answers whether it was added. */
  add(type: string, id: string, data: unknown): Promise<boolean>;
  /** Runs jobs of a type, `concurrency` at once, until the returned function is called; it waits for the active ones to stop. A failed run is retried `attempts` times with back-off when its error is transient. */
  work(
    type: string,
    options: { readonly concurrency: number; readonly attempts: number },
    run: (job: Job) => Promise<unknown>,
  ): Promise<() => Promise<void>>;
  get(type: string, id: string): Promise<JobStatus | null>;
  list(type: string): Promise<readonly JobStatus[]>;
  cancel(type: string, id: string): Promise<void>;
  /** Forgets a finished, failed or cancelled job, so that it may be added again. */
  remove(type: string, id: string): Promise<void>;
  /** Puts a failed or cancelled job back to waiting; it resumes from its progress. */
  retry(type: string, id: string): Promise<void>;
  close(): Promise<void>;
}
