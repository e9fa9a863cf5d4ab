// Connectors of three kinds: source (outside → topics), sink (topics → outside), and ours: processor (topics → topics, exactly once).
import type { ParsedConfig, RawConfig } from '../core/config/define.ts';
import type { Broker, Headers, Offsets } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpClient } from '../ports/http-client.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { RecordChain } from './chain.ts';
import type { Converter, HeaderConverter } from './converter.ts';
import type { ConnectRecord } from './records.ts';

/** What the host lends to every connector and task. */
export interface ConnectorContext {
  readonly connector: string;
  readonly clock: Clock;
  readonly http: HttpClient;
  /** One line of structured log with connector (and task) already in it. Never pass secrets. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Adds to a counter shown by metrics and the page, e.g. `events_accepted`. */
  count(counter: string, by: number): void;
  /** Asks the host to call `taskConfigs` again. */
  requestTaskReconfiguration(): void;
  /** Puts the connector in state FAILED. */
  raise(error: Error): void;
}
export interface TaskContext extends ConnectorContext {
  readonly task: number;
  /** Aborted when the task must stop: end waits promptly. */
  readonly signal: AbortSignal;
  /**
   * For a task that tries again by itself: tells why the last attempt failed, so that the task's status shows it (the task stays
   * RUNNING); null once it works again. What the host tries again (`poll`, `put`, `preCommit` that threw `transient`) is noted without.
   */
  retrying?(error: Error | null): void;
}

/** Splits work. `start` may be slow; it never blocks the control plane. */
interface ConnectorLife {
  start(config: ParsedConfig, raw: RawConfig, context: ConnectorContext): Promise<void>;
  /** At most `maxTasks` configs; each is what the task gets, as text. */
  taskConfigs(maxTasks: number): readonly RawConfig[] | Promise<readonly RawConfig[]>;
  stop(): Promise<void>;
  /**
   * Checks that span settings or need the outside, beyond the ConfigDef: errors by setting name. `service` finds a service of the
   * host by name (see `ProcessorContext.service`); it throws `notFound` where the host has none.
   */
  validate?(raw: RawConfig, service: (name: string) => unknown): Promise<Readonly<Record<string, readonly string[]>>>;
}

export interface SourceConnector extends ConnectorLife {
  task(): SourceTask;
  /** Connect's alterOffsets: throws when the given source offsets are not valid for this connector. */
  checkOffsets?(offsets: readonly { partition: unknown; offset: unknown }[]): void | Promise<void>;
  /** Whether records come exactly once with these settings: asked when `exactly.once.support=required`. Absent: unknown, and `required` is refused. */
  exactlyOnceSupport?(raw: RawConfig): 'supported' | 'unsupported';
  /** Whether the tasks say themselves where transactions end: asked when `transaction.boundary=connector`. Absent: no. */
  canDefineTransactionBoundaries?(raw: RawConfig): boolean;
}
/**
 * Ends transactions where the task says. Without a record: behind the batch that `poll` answers next. With one: behind that
 * record of the batch that `poll` answers next. Aborted records are not written, yet count as done: their offsets are kept.
 * Throws when both are asked for the same place.
 */
export interface TransactionContext {
  commitTransaction(record?: ConnectRecord): void;
  abortTransaction(record?: ConnectRecord): void;
}
export interface SourceTaskContext extends TaskContext {
  /** Last committed source offset of a source partition; null when there is none. */
  offset(partition: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>> | null>;
  /** With `transaction.boundary=connector` on a worker that writes sources exactly once; else null, and the host decides. */
  readonly transaction: TransactionContext | null;
  /** For sources that carry raw registry payloads (replay): the host's registry. */
  readonly registry: SchemaRegistry;
}
export interface SourceTask {
  start(config: ParsedConfig, raw: RawConfig, context: SourceTaskContext): Promise<void>;
  /** Waits a while for records; null when there are none now. Throws `transient` to be called again. */
  poll(): Promise<readonly ConnectRecord[] | null>;
  /** Called after the records handed out so far were written and their offsets stored. */
  commit?(): Promise<void>;
  stop(): Promise<void>;
}

export interface SinkConnector extends ConnectorLife {
  task(): SinkTask;
}
/** What a target answered over HTTP when it refused a record; told in the dead letter, without secrets and cut to 2,000 letters. */
export interface TargetAnswer {
  readonly status: number;
  readonly body: string;
}
export interface SinkTaskContext extends TaskContext {
  /** Reports a record that can never be delivered: to the dead-letter topic (and skipped) or, with tolerance `none`, failing the task. Its offset counts as done once reported. */
  reject(record: ConnectRecord, why: Error, answer?: TargetAnswer): void;
  /** Asks for a commit at the next opportunity. */
  requestCommit(): void;
  /** State kept for this connector (accepted ids, last values), or null when the host has none. */
  readonly store: StateStore;
}
/** `start → (open → (put | preCommit)* → close)* → stop`. Called from one place, never while a former call is pending. */
export interface SinkTask {
  start(config: ParsedConfig, raw: RawConfig, context: SinkTaskContext): Promise<void>;
  open?(partitions: readonly string[]): Promise<void>;
  /**
   * A batch of 0 to `max.poll.records` records, in offset order within a partition; empty batches let time-based flushes happen.
   * Resolve when buffered or delivered; `preCommit` tells which. Throw `transient` to get the same batch again after back-off.
   */
  put(batch: readonly ConnectRecord[]): Promise<void>;
  /** Given the offsets handed over so far, answers what is truly delivered, never more. Default: flush and answer all. */
  preCommit(handed: Offsets): Promise<Offsets>;
  close?(partitions: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface ProcessorConnector extends ConnectorLife {
  task(): ProcessorTask;
  /**
   * What the committed offsets of its group mean, for lists of offsets and for lag. `topics` (the default): positions in the topics that the
   * setting `topics` or `topics.regex` names. `own`: positions in topics of this cluster, chosen in a way of its own. `elsewhere`:
   * positions in another cluster, under names of this one; how far it is behind cannot be told here.
   */
  inputOf?(raw: RawConfig): 'topics' | 'own' | 'elsewhere';
}
/** Where the handling of a record failed: Connect's stage names, as they stand in dead letters. */
export type ErrorStage =
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'TRANSFORMATION'
  | 'TASK_PUT'
  | 'KAFKA_PRODUCE';
/** One record that could not be handled. */
export interface RecordFailure {
  readonly stage: ErrorStage;
  /** Class of the converter, transform or task that failed. */
  readonly className: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly error: Error;
}
/** What is written beside the failed record's own key, value and headers. */
export interface DeadLetter {
  readonly topic: string;
  /** Context headers, to be appended to the record's own; empty unless `errors.deadletterqueue.context.headers.enable`. */
  readonly headers: Headers;
}
/** The converters that the connector's settings name, or the worker's. */
export interface RecordConverters {
  readonly key: Converter;
  readonly value: Converter;
  readonly header: HeaderConverter;
}

export interface ProcessorContext extends TaskContext {
  readonly broker: Broker;
  /**
   * Opens another cluster by Kafka's client settings (`bootstrap.servers`, `security.protocol` …); without `bootstrap.servers`, or with
   * `embedded`, the host's own. The caller closes it. Throws `transient` while it cannot be reached, `config` and `fatal` for what waiting cannot cure.
   */
  openBroker(raw: RawConfig): Promise<Broker>;
  /** `key.converter`, `value.converter`, `header.converter` with their settings. Made at first use: a processor with data paths of its own never pays. */
  readonly converters: RecordConverters;
  /** `transforms` and `predicates`, compiled. Does nothing when there are none. Made at first use. */
  readonly chain: RecordChain;
  /** The plugin compiler, for a chain that the processor configures itself: `raw` holds `transforms`, `transforms.<alias>.type` …. Throws `config`. */
  compileChain(raw: RawConfig): RecordChain;
  /** Fixed for this task over all restarts: opening a transactional producer under it fences the task's older copies. */
  readonly transactionalId: string;
  /** The group whose committed offsets say how far this task has read: `connect-<connector>`. */
  readonly group: string;
  /**
   * Told of a record that could not be handled: counts and logs it as the `errors.…` settings say. Answers the dead letter
   * to write in the transaction of the batch (null when none is wanted). Throws when the tolerance is `none`: fail the task with it.
   */
  failed(failure: RecordFailure): DeadLetter | null;
  readonly registry: SchemaRegistry;
  readonly store: StateStore;
  /** Services of the host by name, e.g. `sql` (the query engine, typed by `tributary/sql`), `backfills`. Throws `notFound`. */
  service(name: string): unknown;
  /** Fails the task from background work. */
  fail(error: Error): void;
  /**
   * False when this worker may have lost the task to another one (it was out of touch with its group). Ask before each transaction
   * is begun and before it is committed; on false end with a `fenced` error and without effect.
   */
  mayWork(): boolean;
}
/** A task that owns its poll → transaction loop: the host only starts it, watches it and stops it. */
export interface ProcessorTask {
  start(config: ParsedConfig, raw: RawConfig, context: ProcessorContext): Promise<void>;
  /** Runs until stopped; rejects when it cannot go on (kind `fenced`: closes quietly). */
  run(): Promise<void>;
  stop(): Promise<void>;
}
