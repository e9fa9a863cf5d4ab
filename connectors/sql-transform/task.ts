// A task of SqlTransform: applies the statements, which changes nothing when they stand, and runs its share of their queries.
import {
  isTransient,
  type ParsedConfig,
  type ProcessorContext,
  type ProcessorTask,
  type RawConfig,
  TributaryError,
} from 'tributary/connect';
import { faultInFile, mayComeTrue, type QueryEngine, type QueryStatus } from 'tributary/sql';
import { readScript, type Script } from './script.ts';

/** Settings that the connector adds for its tasks. */
export const TASK_NUMBER = '__sql.task';
export const TASK_COUNT = '__sql.tasks';

const RETRY_MS = 1000;
const WATCH_MS = 2000;
/** A query that has stayed in error for so long fails the task: people look at connectors. */
const ERROR_PATIENCE_MS = 30_000;

/** What this task needs of the back-fills. */
interface Backfills {
  released(job: string, signal: AbortSignal): Promise<void>;
}

/** Counts as last told, a query. */
interface Told {
  rowsIn: number;
  rowsOut: number;
  skipped: number;
  failed: number;
  errorSinceMs: number | null;
}

export class SqlTask implements ProcessorTask {
  #context!: ProcessorContext;
  #config: ParsedConfig = {};
  #raw: RawConfig = {};
  #engine!: QueryEngine;
  #queries: readonly string[] = [];

  async start(config: ParsedConfig, raw: RawConfig, context: ProcessorContext): Promise<void> {
    this.#context = context;
    this.#config = config;
    this.#raw = raw;
    this.#engine = context.service('sql') as QueryEngine;
  }

  async run(): Promise<void> {
    const { signal, clock } = this.#context;
    try {
      await this.#held();
      this.#queries = await this.#apply(readScript(this.#raw));
      if (signal.aborted) return;
      for (const queryId of this.#queries) await this.#engine.startQuery(queryId);
      const told = new Map(this.#queries.map((queryId) => [queryId, untold()]));
      while (!signal.aborted) {
        await clock.sleep(WATCH_MS, signal);
        for (const queryId of this.#queries) await this.#watch(queryId, told.get(queryId)!);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const queryId of this.#queries) await this.#engine.stopQuery(queryId);
    }
  }

  async stop(): Promise<void> {
    for (const queryId of this.#queries) await this.#engine.stopQuery(queryId);
  }

  /** Waits for the back-fill that must be loaded before. */
  async #held(): Promise<void> {
    const job = this.#config['start.after.backfill'];
    if (typeof job !== 'string' || job === '') return;
    this.#context.log('info', `held until the back-fill ${job} is released`);
    await (this.#context.service('backfills') as Backfills).released(job, this.#context.signal);
  }

  /** Executes the statements; answers the queries that are this task's. */
  async #apply(script: Script): Promise<readonly string[]> {
    const { connector, clock, signal, log, retrying } = this.#context;
    const waitMs = Number(this.#config['sql.wait.for.sources.ms'] ?? 0);
    let deadlineMs = clock.now() + waitMs;
    let told = false;
    while (!signal.aborted) {
      const result = await this.#engine.executeOwned(script.text, connector, { properties: script.properties });
      if (result.failure === null) retrying?.(null);
      if (result.failure === null) return this.#share(result.queryIds);
      const fault = faultInFile(result.failure, script.text, script.file);
      // While Kafka or the registry is down nobody can bring the sources: that time does not count.
      if (isTransient(fault)) deadlineMs = clock.now() + waitMs;
      if (!mayComeTrue(fault) || clock.now() >= deadlineMs) throw fault;
      retrying?.(fault);
      if (!told) log('info', `waiting: ${fault.message}`);
      told = true;
      await clock.sleep(RETRY_MS, signal);
    }
    return [];
  }

  #share(queryIds: readonly string[]): readonly string[] {
    const number = Number(this.#raw[TASK_NUMBER] ?? 0);
    const count = Number(this.#raw[TASK_COUNT] ?? 1);
    return queryIds.filter((_, index) => index % count === number);
  }

  /** Adds up what a query has done, and fails the task when it cannot go on. */
  async #watch(queryId: string, told: Told): Promise<void> {
    const { clock, count, retrying } = this.#context;
    try {
      const status = await this.#engine.query(queryId);
      count('records_read', status.rowsIn - told.rowsIn);
      count('records_written', status.rowsOut - told.rowsOut);
      count('records_skipped', status.skipped.count - told.skipped);
      count('records_failed', status.failures.count - told.failed);
      told.rowsIn = status.rowsIn;
      told.rowsOut = status.rowsOut;
      told.skipped = status.skipped.count;
      told.failed = status.failures.count;
      if (status.state !== 'ERROR' && told.errorSinceMs !== null) retrying?.(null);
      if (status.state !== 'ERROR') told.errorSinceMs = null;
      else told.errorSinceMs ??= clock.now();
      if (told.errorSinceMs === null || clock.now() - told.errorSinceMs < ERROR_PATIENCE_MS) {
        if (told.errorSinceMs !== null) retrying?.(new Error(`Query ${queryId} does not run: ${lastError(status)}`));
        return;
      }
      throw new TributaryError('TRIB_QUERY_FAILED', 'fatal', {
        what: `Query ${queryId} does not run: ${lastError(status)}`,
        fix: 'Mend the cause; the task is restarted by itself or by request.',
      });
    } catch (error) {
      // The broker cannot be asked now: the query's own tasks see to that.
      if (!isTransient(error)) throw error;
    }
  }
}

function lastError({ errors }: QueryStatus): string {
  return errors.at(-1)?.message ?? 'unknown error';
}

function untold(): Told {
  return { rowsIn: 0, rowsOut: 0, skipped: 0, failed: 0, errorSinceMs: null };
}
