// Jobs on Redis through BullMQ: visible to every host of the cluster, run by whichever has room.
//
// A killed host's jobs are found by BullMQ's stalled check once their lock has run out: within about LOCK_MS + STALLED_CHECK_MS
// another worker runs them on. Until then the dead run may in truth still be alive (a long pause), so runs must fence
// themselves, as back-fills do by their transactional id.
//
// BullMQ's ids may not be whole numbers nor hold ":", so ours are escaped. It knows no cancelled state either: a cancelled job
// carries a mark in its data, and is failed in BullMQ's eyes once a worker has met it.

import { randomUUID } from 'node:crypto';
import { type Job as BullJob, Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Job, JobQueue, JobState, JobStatus } from '../../ports/job-queue.ts';

const LOCK_MS = 8_000;
const STALLED_CHECK_MS = 4_000;
const CANCEL_CHECK_MS = 1_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** Retries are counted by the worker, which knows what is transient; BullMQ only has to allow them. */
const ATTEMPTS_UNLIMITED = 1_000_000;

interface Payload {
  /** Tells the adder whose job it is when two add at once. */
  readonly nonce: string;
  readonly data: unknown;
  readonly cancelled?: boolean;
}
type Held = BullJob<Payload, unknown, string>;

/** Settings of the queue. */
export interface BullJobQueueOptions {
  readonly url: string;
  /** First part of every key. */
  readonly clusterId: string;
  readonly clock: Clock;
}

/** The job queue on Redis. */
export class BullJobQueue implements JobQueue {
  readonly #options: BullJobQueueOptions;
  readonly #connection: Redis;
  readonly #queues = new Map<string, Queue<Payload, unknown, string>>();
  readonly #stops = new Set<() => Promise<void>>();

  constructor(options: BullJobQueueOptions) {
    this.#options = options;
    this.#connection = this.#connect();
  }

  async add(type: string, id: string, data: unknown): Promise<boolean> {
    const queue = this.#queue(type);
    return await this.#guarded('adding a job', async () => {
      if ((await queue.getJob(escaped(id))) !== undefined) return false;
      const nonce = randomUUID();
      const options = { jobId: escaped(id), attempts: ATTEMPTS_UNLIMITED, backoff: { type: 'custom' } };
      await queue.add(type, { nonce, data }, options);
      return (await queue.getJob(escaped(id)))?.data.nonce === nonce;
    });
  }

  async work(
    type: string,
    options: { readonly concurrency: number; readonly attempts: number },
    run: (job: Job) => Promise<unknown>,
  ): Promise<() => Promise<void>> {
    const stop = new AbortController();
    const connection = this.#connect();
    const worker = new Worker<Payload, unknown, string>(
      queueName(type),
      (job, token) => this.#run(type, job, token!, stop.signal, options.attempts, run),
      {
        connection,
        prefix: this.#prefix(),
        concurrency: options.concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        // A host that is killed again and again must not fail its jobs.
        maxStalledCount: ATTEMPTS_UNLIMITED,
        settings: { backoffStrategy: (failures) => Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1)) },
      },
    );
    // Failures of Redis are met by BullMQ with its own back-off; without a listener they would end the process.
    worker.on('error', () => {});
    const end = async (): Promise<void> => {
      this.#stops.delete(end);
      stop.abort();
      await worker.close();
      connection.disconnect();
    };
    this.#stops.add(end);
    return end;
  }

  async get(type: string, id: string): Promise<JobStatus | null> {
    return await this.#guarded('reading a job', async () => {
      return await this.#status(type, escaped(id));
    });
  }

  async list(type: string): Promise<readonly JobStatus[]> {
    return await this.#guarded('listing jobs', async () => {
      const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const;
      const jobs = await this.#queue(type).getJobs([...states], 0, -1, true);
      const ids = [...new Set(jobs.map((job) => job?.id).filter((id) => id !== undefined))];
      const statuses = await Promise.all(ids.map((id) => this.#status(type, id)));
      return statuses.filter((status) => status !== null);
    });
  }

  async cancel(type: string, id: string): Promise<void> {
    await this.#guarded('cancelling a job', async () => {
      const job = await this.#known(type, id);
      if (await job.isCompleted()) return;
      await job.updateData({ ...job.data, cancelled: true });
    });
  }

  async remove(type: string, id: string): Promise<void> {
    await this.#guarded('removing a job', async () => {
      const job = await this.#queue(type).getJob(escaped(id));
      if (job === undefined) return;
      const state = (await this.#status(type, job.id!))?.state;
      if (state === 'waiting' || state === 'active') {
        throw new TributaryError('TRIB_JOB_BUSY', 'conflict', {
          what: `The ${type} job ${id} is ${state}.`,
          fix: 'Cancel it first.',
        });
      }
      await job.remove();
    });
  }

  async retry(type: string, id: string): Promise<void> {
    await this.#guarded('retrying a job', async () => {
      const job = await this.#known(type, id);
      if (await job.isCompleted()) return;
      if (job.data.cancelled === true) await job.updateData({ nonce: job.data.nonce, data: job.data.data });
      if (await job.isFailed()) await job.retry('failed', { resetAttemptsMade: true });
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#stops].map((stop) => stop()));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#connection.disconnect();
  }

  async #run(
    type: string,
    job: Held,
    token: string,
    stop: AbortSignal,
    attempts: number,
    run: (job: Job) => Promise<unknown>,
  ): Promise<unknown> {
    if (job.data.cancelled === true) throw new UnrecoverableError('cancelled');
    const cancel = new AbortController();
    const done = new AbortController();
    const signal = AbortSignal.any([cancel.signal, stop]);
    const watching = this.#watchCancel(type, job.id!, cancel, done.signal);
    try {
      return await run({
        ...{ type, id: unescaped(job.id!), data: job.data.data, attempt: job.attemptsStarted, signal },
        progress: progressOf(job),
        checkpoint: (progress) => this.#guarded('saving progress', () => job.updateProgress({ saved: progress })),
      });
    } catch (error) {
      if (cancel.signal.aborted) throw new UnrecoverableError('cancelled');
      if (stop.aborted) {
        // Back to the queue at once, so that the next host need not wait for the lock to run out.
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (isTransient(error) && job.attemptsMade < attempts) throw error;
      throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
    } finally {
      done.abort();
      await watching;
    }
  }

  /** A cancel may come from any host, so the mark is looked for. */
  async #watchCancel(type: string, id: string, cancel: AbortController, done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      await this.#options.clock.sleep(CANCEL_CHECK_MS, done);
      if (done.aborted) return;
      const job = await this.#queue(type)
        .getJob(id)
        .catch(() => undefined);
      if (job?.data.cancelled === true) {
        cancel.abort(new Error('cancelled'));
        return;
      }
    }
  }

  #queue(type: string): Queue<Payload, unknown, string> {
    let queue = this.#queues.get(type);
    if (queue === undefined) {
      queue = new Queue<Payload, unknown, string>(queueName(type), {
        connection: this.#connection,
        prefix: this.#prefix(),
      });
      queue.on('error', () => {});
      this.#queues.set(type, queue);
    }
    return queue;
  }

  /** The state is read before the data: what a state promises (result, reason) then stands in the data. */
  async #status(type: string, escapedId: string): Promise<JobStatus | null> {
    const state = await this.#queue(type).getJobState(escapedId);
    const job = await this.#queue(type).getJob(escapedId);
    if (job === undefined) return null;
    const id = unescaped(escapedId);
    return {
      ...{ type, id, data: job.data.data, attempt: job.attemptsStarted, progress: progressOf(job) },
      ...describedState(state, job),
      result: job.returnvalue ?? null,
    };
  }

  async #known(type: string, id: string): Promise<Held> {
    const job = await this.#queue(type).getJob(escaped(id));
    if (job !== undefined) return job;
    throw new TributaryError('TRIB_JOB_UNKNOWN', 'notFound', { what: `There is no ${type} job ${id}.` });
  }

  #prefix(): string {
    return `${this.#options.clusterId}:jobs`;
  }

  #connect(): Redis {
    // BullMQ demands that commands wait for the connection without limit (`maxRetriesPerRequest` null).
    const client = new Redis(this.#options.url, { maxRetriesPerRequest: null, lazyConnect: true });
    client.on('error', () => {});
    return client;
  }

  async #guarded<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      throw new TributaryError('TRIB_JOBS_UNREACHABLE', 'transient', {
        what: `The job queue failed while ${doing}: ${error instanceof Error ? error.message : error}.`,
        fix: 'Retried by itself; check that Redis runs and can be reached.',
        cause: error,
      });
    }
  }
}

function describedState(state: string, job: Held): { state: JobState; error: string | null } {
  if (state === 'completed') return { state, error: null };
  if (state === 'active') return { state, error: null };
  if (job.data.cancelled === true) return { state: 'cancelled', error: null };
  // BullMQ empties the reason when a failed job is put back, and keeps it while the job waits for its next try.
  const error = job.failedReason ?? null;
  return { state: state === 'failed' ? 'failed' : 'waiting', error: error === '' ? null : error };
}

function progressOf(job: Held): unknown {
  const { progress } = job;
  return typeof progress === 'object' && progress !== null && 'saved' in progress ? progress['saved'] : null;
}

function queueName(type: string): string {
  return escaped(type);
}

/** No ":" (reserved by BullMQ), and never a bare number. */
function escaped(id: string): string {
  return `j-${encodeURIComponent(id)}`;
}

function unescaped(id: string): string {
  return decodeURIComponent(id.slice(2));
}
