// One persistent query as it runs here: its internal topics, its tasks, restarts, and what there is to tell about it.
//
// Laws: names of groups, transactional ids, topics and state are functions of cluster id and query id only, so a restarted host
// finds all of it again. A failed task is started again with growing pauses; the other tasks of the query are left alone.

import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { type Progress, partitionKeys } from '../engine/progress.ts';
import type { Serdes } from '../engine/serdes.ts';
import { Task } from '../engine/task.ts';
import type { TaskState } from '../engine/task-state.ts';
import type { SourceDef, SubTopology, Topology } from '../engine/topology.ts';
import type { Broker, Offsets } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateStore } from '../ports/state-store.ts';
import { Footprint } from './footprint.ts';
import { QueryTally } from './query-tally.ts';

/** What every query of a host shares. */
export interface RunPorts {
  readonly clusterId: string;
  readonly broker: Broker;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly serdes: Serdes;
  readonly progress: Progress;
  readonly log: Logger;
  /** Hosts of a group share the queries: each may run on any of them, one after the other. */
  readonly shared: boolean;
  /** False when this host may have lost its place in the group. */
  mayWork(): boolean;
}

/** What a query is run with. */
export interface RunSettings {
  readonly guarantee: 'exactly_once' | 'at_least_once';
  readonly commitMs: number;
  readonly commitRowsMax: number;
  readonly cacheRowsMax: number;
  /** Null: streams from the end, tables from the beginning. */
  readonly reset: 'earliest' | 'latest' | null;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** A record that cannot be read fails the task instead of being skipped. */
  readonly failOnBadRecord: boolean;
}

export type RunState = 'STARTING' | 'RUNNING' | 'ERROR' | 'STOPPED';

interface RunningTask {
  readonly part: number;
  readonly partition: number;
  readonly task: Task;
  failed: Error | null;
  done: Promise<void>;
}

export class PersistentRun {
  readonly queryId: string;
  readonly topology: Topology;
  readonly tally: QueryTally;
  readonly footprint: Footprint;
  readonly #ports: RunPorts;
  readonly #settings: RunSettings;
  #tasks: RunningTask[] = [];
  #stopped = new AbortController();
  /** What keeps tasks from running, by task; under `start` what keeps all of them. */
  readonly #troubles = new Map<string, Error>();
  #prepared = false;
  /** Trying again to start; null: no need. */
  #starting: Promise<void> | null = null;

  constructor(ports: RunPorts, settings: RunSettings, topology: Topology) {
    this.#ports = ports;
    this.#settings = settings;
    this.topology = topology;
    this.queryId = topology.queryId;
    this.footprint = new Footprint(ports, topology);
    this.tally = new QueryTally(ports.clock);
  }

  get group(): string {
    return this.footprint.group;
  }

  get state(): RunState {
    if (this.#tasks.length === 0) return this.#starting === null ? 'STOPPED' : 'ERROR';
    if (this.#tasks.some(({ failed }) => failed !== null)) return 'ERROR';
    return this.#tasks.every(({ task }) => task.state !== null) ? 'RUNNING' : 'STARTING';
  }

  /** Why it does not run, or waits, now; null: nothing is known to be wrong. */
  get trouble(): Error | null {
    return this.#troubles.values().next().value ?? null;
  }

  /** Tasks run here or are being started or stopped. */
  get active(): boolean {
    return this.#tasks.length > 0 || this.#starting !== null;
  }

  /** Running state of a part's tasks, for pull queries; null where a task is not up. */
  statesOf(part: number): readonly (TaskState | null)[] {
    return this.#tasks.filter((running) => running.part === part).map(({ task }) => task.state);
  }

  /** Offsets that the tasks of this process have reached; null: none has reported. */
  get reached(): Offsets | null {
    return this.#ports.progress.reachedBy(this.queryId);
  }

  /**
   * Makes the internal topics, and pins where reading begins: with `latest`, rows written after this call are read, whenever the
   * tasks really start.
   */
  async prepare(): Promise<void> {
    if (this.#prepared) return;
    const { footprint } = this;
    await footprint.learn();
    for (const { topic } of footprint.inputs) {
      if (footprint.partitionsOf(topic) === null) throw missingTopic(topic, this.queryId);
    }
    await this.#ports.broker.createTopics(footprint.internalTopics());
    await this.#pinLatest();
    footprint.introduce();
    this.#prepared = true;
  }

  /**
   * Starts all tasks; they go on by themselves until `stop`. Where the query cannot start now (a topic is gone, the broker cannot be
   * reached), it is in error and tries again by itself.
   */
  async start(): Promise<void> {
    if (this.#tasks.length > 0 || this.#starting !== null) return;
    this.#stopped = new AbortController();
    try {
      await this.#launchAll();
    } catch (error) {
      this.#noteStartFailure(error as Error);
      this.#starting = this.#startLater();
    }
  }

  async #startLater(): Promise<void> {
    const { signal } = this.#stopped;
    let pauseMs = this.#settings.retryFirstMs;
    while (!signal.aborted) {
      await this.#ports.clock.sleep(pauseMs, signal);
      if (signal.aborted) break;
      try {
        await this.#launchAll();
        break;
      } catch (error) {
        this.#noteStartFailure(error as Error);
        pauseMs = Math.min(this.#settings.retryMaxMs, pauseMs * 2);
      }
    }
    this.#starting = null;
  }

  #noteStartFailure(error: Error): void {
    this.tally.error(error);
    this.#troubles.set('start', error);
    this.#ports.log.error(`query could not be started: ${error.message}`, { query: this.queryId });
  }

  async #launchAll(): Promise<void> {
    await this.prepare();
    this.#troubles.delete('start');
    this.#tasks = this.topology.parts.flatMap((part, index) =>
      Array.from({ length: this.footprint.tasksOf(part) }, (_, partition) => this.#launch(part, index, partition)),
    );
  }

  /** Ends all tasks; what they had processed is committed. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#starting;
    const tasks = this.#tasks;
    for (const { task } of tasks) task.stop();
    await Promise.all(tasks.map(({ done }) => done));
    this.#tasks = [];
    this.#troubles.clear();
  }

  /** The host is closing: nobody waits for this query any more. */
  forget(): void {
    this.#ports.progress.forget(this.queryId);
  }

  #launch(part: SubTopology, partIndex: number, partition: number): RunningTask {
    const task = this.#taskOf(part, partIndex, partition);
    const running: RunningTask = { part: partIndex, partition, task, failed: null, done: Promise.resolve() };
    running.done = this.#keepRunning(running);
    return running;
  }

  async #keepRunning(running: RunningTask): Promise<void> {
    const { clock, log } = this.#ports;
    const { signal } = this.#stopped;
    const where = { query: this.queryId, task: `${running.part}_${running.partition}` };
    let pauseMs = this.#settings.retryFirstMs;
    while (!signal.aborted) {
      const startedMs = clock.now();
      try {
        const end = await running.task.run();
        if (end === 'fenced') {
          running.failed = new Error('Another host has taken this task over.');
          this.tally.error(running.failed);
          this.#troubles.set(where.task, running.failed);
          if (this.#ports.shared) {
            // It belongs here all the same, or this host will be told to stop it: the other was one that had been held up.
            log.warn(
              `the task was taken over or its lease is over; if it still belongs here, next try in ${pauseMs} ms`,
              where,
            );
            await this.#pause(pauseMs);
            pauseMs = Math.min(this.#settings.retryMaxMs, pauseMs * 2);
            running.failed = null;
            continue;
          }
          log.warn('another host has taken this task over; this copy has stopped, nothing was lost', where);
        }
        return;
      } catch (error) {
        running.failed = error as Error;
        this.tally.error(error as Error);
        this.#troubles.set(where.task, error as Error);
        if (clock.now() - startedMs > this.#settings.retryMaxMs) pauseMs = this.#settings.retryFirstMs;
        log.error(`task failed, next try in ${pauseMs} ms: ${(error as Error).message}`, where);
        await clock.sleep(pauseMs, signal);
        pauseMs = Math.min(this.#settings.retryMaxMs, pauseMs * 2);
        running.failed = null;
      }
    }
  }

  /** At least so long, and until this host may work again. */
  async #pause(pauseMs: number): Promise<void> {
    const { clock, mayWork } = this.#ports;
    const { signal } = this.#stopped;
    await clock.sleep(pauseMs, signal);
    while (!signal.aborted && !mayWork()) await clock.sleep(this.#settings.retryFirstMs, signal);
  }

  #taskOf(part: SubTopology, partIndex: number, partition: number): Task {
    const { broker, store, clock, serdes, progress, log, shared, mayWork } = this.#ports;
    const { guarantee, commitMs, commitRowsMax, cacheRowsMax, failOnBadRecord } = this.#settings;
    const { tally, queryId, footprint } = this;
    const name = `${partIndex}_${partition}`;
    const tables = part.sources.filter(({ shape, internal }) => shape === 'table' && !internal);
    const joinsStream = part.sources.some(({ shape }) => shape === 'stream');
    return new Task({
      id: footprint.taskId(partIndex, partition),
      queryId,
      group: footprint.group,
      part,
      partition,
      sinkPartitions: part.sinks.map(({ topic }) => footprint.partitionsOf(topic) ?? 1),
      startAt: (source) => this.#startAt(source),
      guarantee,
      commitMs,
      commitRowsMax,
      cacheRowsMax,
      tablesSettled:
        tables.length > 0 && joinsStream
          ? async (signal) => {
              for (const { topic } of tables) await progress.settled(topic, signal, queryId);
            }
          : null,
      mayWork,
      commitsMarkers: shared,
      serdes,
      broker,
      store,
      clock,
      watch: {
        committed: (inputs) => progress.advance(queryId, inputs),
        counted: (rowsIn, rowsOut) =>
          tally.counted(partIndex === 0 ? rowsIn : 0, part === this.topology.parts.at(-1) ? rowsOut : 0),
        bad: (topic, badPartition, offset, error) => {
          const where = `${partitionKey(topic, badPartition)}@${offset}`;
          if (failOnBadRecord) throw unreadable(where, error);
          if (tally.skipped(where, error))
            log.warn(`skipped a record that cannot be read: ${error.message}`, { query: queryId, record: where });
        },
        failures: (count, samples) => tally.failed(count, samples),
        restarting: (error) => {
          tally.error(error);
          this.#troubles.set(name, error);
          log.warn(`task begins anew from its last commit: ${error.message}`, {
            query: queryId,
            task: name,
          });
        },
        started: (replayed) => {
          this.#troubles.delete(name);
          log.debug('task started', { query: queryId, task: name, replayed });
        },
      },
    });
  }

  #startAt(source: SourceDef): 'earliest' | 'latest' {
    if (source.internal) return 'earliest';
    return this.#settings.reset ?? (source.shape === 'table' ? 'earliest' : 'latest');
  }

  /** Where nothing is committed yet and reading begins at the end, that end is committed now. */
  async #pinLatest(): Promise<void> {
    const { broker } = this.#ports;
    const { group, inputs, partitionsOf } = this.footprint;
    const keys = inputs
      .filter((source) => this.#startAt(source) === 'latest')
      .flatMap(({ topic }) => [...partitionKeys(topic, partitionsOf(topic) ?? 0)]);
    if (keys.length === 0) return;
    const committed = await broker.committed(group, keys);
    const fresh = keys.filter((key) => !committed.has(key));
    if (fresh.length > 0) await broker.commit(group, await broker.offsets(fresh, 'stable'));
  }
}

function missingTopic(topic: string, queryId: string): TributaryError {
  return new TributaryError('TRIB_TOPIC_MISSING', 'notFound', {
    what: `The topic ${topic}, which query ${queryId} reads, does not exist.`,
    fix: 'Create it: the query starts by itself then. Or TERMINATE the query.',
  });
}

function unreadable(where: string, cause: Error): TributaryError {
  return new TributaryError('TRIB_RECORD_UNREADABLE', 'fatal', {
    what: `A record cannot be read: ${cause.message}`,
    where,
    fix: 'ksql.fail.on.deserialization.error is on: switch it off to skip such records, or mend the record.',
    cause,
  });
}
