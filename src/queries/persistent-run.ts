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
import type { Broker, Offsets, TopicSpec } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateStore } from '../ports/state-store.ts';
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

/** Group that a query commits its offsets for. */
export function groupOf(clusterId: string, queryId: string): string {
  return `${clusterId}_query_${queryId}`;
}

/** What the names of a query's internal topics begin with. */
export function internalPrefix(clusterId: string, queryId: string): string {
  return `_${clusterId}_query_${queryId}`;
}

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
  readonly #ports: RunPorts;
  readonly #settings: RunSettings;
  readonly #group: string;
  #tasks: RunningTask[] = [];
  #stopped = new AbortController();
  #prepared = false;
  /** Trying again to start; null: no need. */
  #starting: Promise<void> | null = null;
  /** Partition counts of all topics of the query, by name. */
  #partitions: ReadonlyMap<string, number> = new Map();

  constructor(ports: RunPorts, settings: RunSettings, topology: Topology) {
    this.#ports = ports;
    this.#settings = settings;
    this.topology = topology;
    this.queryId = topology.queryId;
    this.#group = groupOf(ports.clusterId, this.queryId);
    this.tally = new QueryTally(ports.clock);
  }

  get group(): string {
    return this.#group;
  }

  get state(): RunState {
    if (this.#tasks.length === 0) return this.#starting === null ? 'STOPPED' : 'ERROR';
    if (this.#tasks.some(({ failed }) => failed !== null)) return 'ERROR';
    return this.#tasks.every(({ task }) => task.state !== null) ? 'RUNNING' : 'STARTING';
  }

  /** Running state of a part's tasks, for pull queries; null where a task is not up. */
  statesOf(part: number): readonly (TaskState | null)[] {
    return this.#tasks.filter((running) => running.part === part).map(({ task }) => task.state);
  }

  /** Offsets that the tasks of this process have reached; null: none has reported. */
  get reached(): Offsets | null {
    return this.#ports.progress.reachedBy(this.queryId);
  }

  /** Sources from outside, each once. */
  get inputs(): readonly SourceDef[] {
    const seen = new Map<string, SourceDef>();
    for (const part of this.topology.parts) {
      for (const source of part.sources) if (!source.internal) seen.set(source.topic, source);
    }
    return [...seen.values()];
  }

  /** Partition keys of all inputs from outside. */
  get inputKeys(): readonly string[] {
    return this.inputs.flatMap(({ topic }) => [...partitionKeys(topic, this.#partitions.get(topic) ?? 0)]);
  }

  /**
   * Makes the internal topics, and pins where reading begins: with `latest`, rows written after this call are read, whenever the
   * tasks really start.
   */
  async prepare(): Promise<void> {
    if (this.#prepared) return;
    await this.#learnPartitions();
    for (const { topic } of this.inputs) if (!this.#partitions.has(topic)) throw missingTopic(topic, this.queryId);
    await this.#ports.broker.createTopics(this.#internalTopics());
    await this.#pinLatest();
    const last = this.topology.parts.at(-1)!;
    this.#ports.progress.register({
      queryId: this.queryId,
      group: this.#group,
      sinkTopic: last.sinks.find(({ internal }) => !internal)?.topic ?? '',
      inputs: this.inputKeys,
      inputTopics: this.inputs.map(({ topic }) => topic),
      internal: this.topology.parts.map((part) =>
        part.sources
          .filter(({ internal }) => internal)
          .flatMap(({ topic }) => [...partitionKeys(topic, this.#partitions.get(topic)!)]),
      ),
    });
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
    this.#ports.log.error(`query could not be started: ${error.message}`, { query: this.queryId });
  }

  async #launchAll(): Promise<void> {
    await this.prepare();
    this.#tasks = this.topology.parts.flatMap((part, index) =>
      Array.from({ length: this.#tasksOf(part) }, (_, partition) => this.#launch(part, index, partition)),
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
  }

  /** Removes what only this query needs: internal topics, group, state. Stop it first. */
  async erase(): Promise<void> {
    const { broker, store, progress } = this.#ports;
    progress.forget(this.queryId);
    await this.#learnPartitions();
    await broker.deleteTopics(this.#internalTopics().map(({ name }) => name));
    await broker.deleteGroup(this.#group);
    for (const [index, part] of this.topology.parts.entries()) {
      if (part.stores.length === 0) continue;
      for (let partition = 0; partition < this.#tasksOf(part); partition++) {
        await store.remove(this.#taskId(index, partition));
      }
    }
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
          log.warn('another host has taken this task over; this copy has stopped, nothing was lost', where);
          running.failed = new Error('Another host has taken this task over.');
          this.tally.error(running.failed);
        }
        return;
      } catch (error) {
        running.failed = error as Error;
        this.tally.error(error as Error);
        if (clock.now() - startedMs > this.#settings.retryMaxMs) pauseMs = this.#settings.retryFirstMs;
        log.error(`task failed, next try in ${pauseMs} ms: ${(error as Error).message}`, where);
        await clock.sleep(pauseMs, signal);
        pauseMs = Math.min(this.#settings.retryMaxMs, pauseMs * 2);
        running.failed = null;
      }
    }
  }

  #taskOf(part: SubTopology, partIndex: number, partition: number): Task {
    const { broker, store, clock, serdes, progress, log } = this.#ports;
    const { guarantee, commitMs, commitRowsMax, cacheRowsMax, failOnBadRecord } = this.#settings;
    const { tally, queryId } = this;
    const tables = part.sources.filter(({ shape, internal }) => shape === 'table' && !internal);
    const joinsStream = part.sources.some(({ shape }) => shape === 'stream');
    return new Task({
      id: this.#taskId(partIndex, partition),
      queryId,
      group: this.#group,
      part,
      partition,
      sinkPartitions: part.sinks.map(({ topic }) => this.#partitions.get(topic) ?? 1),
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
          log.warn(`task begins anew from its last commit: ${error.message}`, {
            query: queryId,
            task: `${partIndex}_${partition}`,
          });
        },
        started: (replayed) =>
          log.debug('task started', { query: queryId, task: `${partIndex}_${partition}`, replayed }),
      },
    });
  }

  #taskId(part: number, partition: number): string {
    return `${this.#ports.clusterId}.${this.queryId}.${part}.${partition}`;
  }

  #tasksOf(part: SubTopology): number {
    return Math.max(1, ...part.sources.map(({ topic }) => this.#partitions.get(topic) ?? 1));
  }

  #startAt(source: SourceDef): 'earliest' | 'latest' {
    if (source.internal) return 'earliest';
    return this.#settings.reset ?? (source.shape === 'table' ? 'earliest' : 'latest');
  }

  async #learnPartitions(): Promise<void> {
    const known = new Map<string, number>();
    for (const part of this.topology.parts) {
      for (const sink of part.sinks) if (sink.partitions !== null) known.set(sink.topic, sink.partitions);
    }
    for (const part of this.topology.parts) {
      for (const { topic } of [...part.sources, ...part.sinks]) {
        if (known.has(topic)) continue;
        const info = await this.#ports.broker.topic(topic);
        if (info !== null) known.set(topic, info.partitions);
      }
    }
    this.#partitions = known;
  }

  #internalTopics(): readonly TopicSpec[] {
    const topics: TopicSpec[] = [];
    for (const part of this.topology.parts) {
      for (const sink of part.sinks) {
        if (!sink.internal) continue;
        topics.push({
          name: sink.topic,
          partitions: this.#partitions.get(sink.topic) ?? 1,
          config: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
        });
      }
      for (const store of part.stores) {
        if (store.ofSource !== null) continue;
        topics.push({
          name: store.changelog,
          partitions: this.#tasksOf(part),
          config: { 'cleanup.policy': 'compact' },
        });
      }
    }
    return topics;
  }

  /** Where nothing is committed yet and reading begins at the end, that end is committed now. */
  async #pinLatest(): Promise<void> {
    const { broker } = this.#ports;
    const keys = this.inputs
      .filter((source) => this.#startAt(source) === 'latest')
      .flatMap(({ topic }) => [...partitionKeys(topic, this.#partitions.get(topic) ?? 0)]);
    if (keys.length === 0) return;
    const committed = await broker.committed(this.#group, keys);
    const fresh = keys.filter((key) => !committed.has(key));
    if (fresh.length > 0) await broker.commit(this.#group, await broker.offsets(fresh, 'stable'));
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
