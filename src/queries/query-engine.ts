// The SQL engine of a host: one catalog over the command log, persistent queries as tasks, rows for clients.
//
// Laws: statements that change something run one at a time and are in the log before they are in force. HTTP, the command line and
// the SqlTransform connector come in by the same door, so they see and change the same catalog.
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { serdeRef } from '../engine/pipeline/serde-ref.ts';
import { Progress } from '../engine/progress.ts';
import { streamPlan } from '../engine/pull.ts';
import { createSerdes } from '../engine/serde.ts';
import type { Serdes } from '../engine/serdes.ts';
import type { SerdeRef } from '../engine/topology.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import { topicShape } from '../sql/bind/from.ts';
import type { Catalog, PersistentQuery, Source } from '../sql/catalog/catalog.ts';
import { builtInFunctions } from '../sql/functions/index.ts';
import type { Functions } from '../sql/functions/registry.ts';
import { CatalogState } from './catalog-state.ts';
import { CommandLog } from './command-log.ts';
import type { CommandStatus } from './entities.ts';
import { Facts } from './facts.ts';
import { RowInserter } from './insert-rows.ts';
import { LinePrinter } from './print.ts';
import { openPull } from './pull.ts';
import { openTransient } from './push.ts';
import { type QueryStatus, statusOf } from './query-status.ts';
import type { QueryError } from './query-tally.ts';
import type { ExecuteResult, LineStream, RowStream, StatementFailure, StatementOptions } from './results.ts';
import { RunControl, unknownQuery } from './run-control.ts';
import { type EngineSettings, engineSettings, mergedProperties, resetOf } from './settings.ts';
import { notReady, type Script, StatementRunner } from './statement-runner.ts';
import { bindPrepared, isQuery, type PreparedStatement, prepareScript, tryStatements } from './statements.ts';

/** What the engine is lent. */
export interface QueryEnginePorts {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1): for RANDOM() and ids of transient queries. */
  random(): number;
}

/** Where rows of a stream or table are written, for writers beside SQL (back-fills). */
export interface TargetTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly key: SerdeRef;
  readonly value: SerdeRef;
  readonly source: Source;
}

export class QueryEngine {
  readonly functions: Functions = builtInFunctions();
  readonly serdes: Serdes;
  readonly settings: EngineSettings;
  readonly runs: RunControl;
  readonly progress: Progress;
  readonly facts: Facts;
  readonly #ports: QueryEnginePorts;
  readonly #log: CommandLog;
  readonly #inserter: RowInserter;
  readonly #state = new CatalogState();
  readonly #runner: StatementRunner;
  readonly #streams = new Map<string, RowStream>();
  /** Queries of the log that could not be built, and why. */
  readonly #broken = new Map<string, QueryError>();
  #ready = false;

  constructor(ports: QueryEnginePorts, settings: Partial<EngineSettings> & { readonly clusterId: string }) {
    this.#ports = ports;
    this.settings = engineSettings(settings);
    this.serdes = createSerdes(ports.registry);
    this.progress = new Progress(ports.broker);
    this.facts = new Facts({ ...ports, functions: this.functions });
    this.runs = new RunControl(
      {
        ...ports,
        random: () => ports.random(),
        clusterId: settings.clusterId,
        serdes: this.serdes,
        progress: this.progress,
        functions: this.functions,
      },
      this.settings,
    );
    this.#log = new CommandLog(ports.broker, settings.clusterId);
    this.#inserter = new RowInserter(ports.broker, this.serdes, ports.clock);
    const { broker, registry, log: logger } = ports;
    const { facts, runs } = this;
    this.#runner = new StatementRunner(
      { broker, registry, log: this.#log, runs, facts, inserter: this.#inserter, logger, shown: this },
      this.#state,
    );
  }

  /** False until the log was read and all queries were resumed. */
  get ready(): boolean {
    return this.#ready;
  }

  get catalog(): Catalog {
    return this.#state.catalog;
  }

  get broker(): Broker {
    return this.#ports.broker;
  }

  get registry(): SchemaRegistry {
    return this.#ports.registry;
  }

  /** Push queries that are open now. */
  get pushQueries(): number {
    return this.#streams.size;
  }

  nowMs(): number {
    return this.#ports.clock.now();
  }

  /** Reads the log and resumes what it holds. Queries of connectors wait for their owners. */
  async start(): Promise<void> {
    for (const { offset, entry } of await this.#log.open()) this.#state.apply(offset, entry);
    for (const query of this.#state.catalog.queries.values()) {
      if (!this.#adopt(query)) continue;
      if (this.#state.ownerOf(query.id) === null && !this.#state.isPaused(query.id))
        await this.runs.need(query.id).start();
    }
    this.#ready = true;
  }

  /** Stops everything; the next start goes on from here. */
  async close(): Promise<void> {
    this.#ready = false;
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
    await this.#runner.idle();
    await this.runs.close();
    await this.#inserter.close();
    await this.#log.close();
  }

  /** Executes statements; SELECT and PRINT are refused (`select`, `print`). */
  async execute(text: string, options: StatementOptions = {}): Promise<ExecuteResult> {
    if (!this.#ready) throw notReady();
    return this.#runner.execute(this.#script(text, options));
  }

  /**
   * Executes the statements of a connector, at each of its starts: what stands already is left alone, what changed is replaced.
   * Answers the connector's queries, which wait for `startQuery`.
   */
  async executeOwned(
    text: string,
    owner: string,
    options: StatementOptions = {},
  ): Promise<ExecuteResult & { readonly queryIds: readonly string[] }> {
    if (!this.#ready) throw notReady();
    return this.#runner.executeOwned({ ...this.#script(text, options), owner });
  }

  /** Checks a connector's statements as `executeOwned` would take them; null when all is well. */
  async checkOwned(text: string, owner: string, options: StatementOptions = {}): Promise<StatementFailure | null> {
    return this.#runner.checkOwned({ ...this.#script(text, options), owner });
  }

  /** Checks statements without doing anything; null when all is well. */
  async check(text: string, options: StatementOptions = {}): Promise<StatementFailure | null> {
    const prepared = prepareScript(text, this.#properties(options), options.variables ?? {});
    if (prepared.failure !== null) return prepared.failure;
    return tryStatements(this.facts, this.#state.catalog, prepared.statements);
  }

  /** Starts one SELECT, push or pull. */
  async select(text: string, options: StatementOptions = {}): Promise<RowStream> {
    const prepared = this.#prepareOne(text, options);
    const bound = await bindPrepared(this.facts, this.#state.catalog, prepared);
    const context = this.runs.context(prepared.properties);
    const { clock } = this.#ports;
    if (bound.kind === 'pull' && bound.pull.queryId !== null) {
      return openPull({
        queryId: `query_${clock.now()}`,
        plan: bound.pull,
        run: this.runs.need(bound.pull.queryId),
        functions: this.functions,
        context,
        clock,
      });
    }
    const transient = { ...this.#ports, serdes: this.serdes, functions: this.functions, progress: this.progress };
    if (bound.kind === 'pull') {
      return openTransient(transient, {
        queryId: `query_${clock.now()}`,
        kind: 'pull',
        plan: streamPlan(bound.pull),
        columns: bound.pull.columns,
        limit: bound.pull.limit,
        streamsFrom: 'earliest',
        context,
      });
    }
    if (bound.kind !== 'push') throw notAQuery(prepared.parsed.text);
    const { planned, plan } = bound;
    const stream = await openTransient(transient, {
      queryId: this.#transientId(planned.sources[0]?.name ?? 'QUERY'),
      kind: 'push',
      plan,
      columns: plan.columns.slice(plan.keys.length).map(({ name, type }) => ({ name, type, isKey: false })),
      limit: planned.limit,
      streamsFrom: resetOf(prepared.properties) ?? 'latest',
      context,
    });
    return this.#track(stream);
  }

  /** Starts one PRINT. */
  async print(text: string, options: StatementOptions = {}): Promise<LineStream> {
    const { parsed } = this.#prepareOne(text, options);
    if (parsed.statement.kind !== 'print') throw notAQuery(parsed.text);
    return LinePrinter.open(this.#ports.broker, this.#ports.registry, parsed.statement);
  }

  /** Ends an open push query; false when there is none of that id. */
  async closeQuery(queryId: string): Promise<boolean> {
    const stream = this.#streams.get(queryId);
    await stream?.close();
    return stream !== undefined;
  }

  /** All persistent queries and where they stand. */
  async queries(): Promise<readonly QueryStatus[]> {
    return Promise.all([...this.#state.catalog.queries.keys()].map((queryId) => this.query(queryId)));
  }

  async query(queryId: string): Promise<QueryStatus> {
    const query = this.#state.catalog.queries.get(queryId);
    if (query === undefined) throw unknownQuery(queryId);
    return statusOf(this.#ports.broker, query, this.runs.get(queryId), {
      owner: this.#state.ownerOf(queryId),
      paused: this.#state.isPaused(queryId),
      broken: this.#broken.get(queryId) ?? null,
    });
  }

  ownerOf(queryId: string): string | null {
    return this.#state.ownerOf(queryId);
  }

  isPaused(queryId: string): boolean {
    return this.#state.isPaused(queryId);
  }

  /** Starts a query for its owner; it runs until `stopQuery`. */
  async startQuery(queryId: string): Promise<void> {
    if (!this.#state.isPaused(queryId)) await this.runs.need(queryId).start();
  }

  async stopQuery(queryId: string): Promise<void> {
    await this.runs.get(queryId)?.stop();
  }

  /** Where rows of a stream or table are written. Throws `notFound`. */
  async targetOf(name: string): Promise<TargetTopic> {
    const source = this.#source(name);
    const info = await this.#ports.broker.topic(source.topic);
    if (info === null) {
      throw new TributaryError('TRIB_TOPIC_MISSING', 'notFound', {
        what: `The topic ${source.topic} of ${source.name} does not exist.`,
        fix: 'Create it before rows are written to it.',
      });
    }
    const shape = topicShape(source);
    const { partitions } = info;
    return { topic: source.topic, partitions, key: serdeRef(shape, 'key'), value: serdeRef(shape, 'value'), source };
  }

  /**
   * Resolves when the queries that make this stream or table have committed all their inputs up to where they stably ended at the
   * call, and before them the queries that make those inputs. Resolves early when `signal` aborts.
   */
  async caughtUp(name: string, signal: AbortSignal): Promise<void> {
    await this.progress.settled(this.#source(name).topic, signal);
  }

  /** Resolves when the command of that number is in force; throws when it does not come in time. */
  async applied(sequenceNumber: number): Promise<void> {
    const deadlineMs = this.#ports.clock.now() + 5000;
    while (this.#state.applied < sequenceNumber) {
      if (this.#ports.clock.now() >= deadlineMs) {
        throw new TributaryError('TRIB_COMMAND_WAIT', 'transient', {
          what: `Timed out while waiting for a previous command to execute. command sequence number: ${sequenceNumber}`,
        });
      }
      await this.#ports.clock.sleep(20);
    }
  }

  commandStatuses(): ReadonlyMap<string, CommandStatus> {
    return this.#state.statuses;
  }

  async health(): Promise<{ readonly metastore: boolean; readonly kafka: boolean; readonly commandRunner: boolean }> {
    const kafka = await this.#ports.broker.topic(this.#log.topic).then(
      (topic) => topic !== null,
      () => false,
    );
    return { metastore: true, kafka, commandRunner: this.#ready };
  }

  #source(name: string): Source {
    const source = this.#state.catalog.sources.get(name) ?? this.#state.catalog.sources.get(name.toUpperCase());
    if (source !== undefined) return source;
    throw new TributaryError('TRIB_SOURCE_UNKNOWN', 'notFound', {
      what: `There is no stream or table ${name}.`,
      fix: 'SHOW STREAMS and SHOW TABLES list all.',
    });
  }

  #track(stream: RowStream): RowStream {
    this.#streams.set(stream.queryId, stream);
    const close = stream.close.bind(stream);
    stream.close = async () => {
      this.#streams.delete(stream.queryId);
      await close();
    };
    return stream;
  }

  #transientId(source: string): string {
    const digits = Math.floor(this.#ports.random() * 1e15)
      .toString()
      .padStart(15, '0');
    return `transient_${source}_${digits}${String(this.#ports.clock.now() % 10_000).padStart(4, '0')}`;
  }

  #properties(options: StatementOptions): Readonly<Record<string, string>> {
    return mergedProperties(this.settings.properties, options.properties ?? {});
  }

  /** One plan of the log that this release cannot run does not keep the others from running. */
  #adopt(query: PersistentQuery): boolean {
    try {
      this.runs.adopt(this.runs.build(query));
      return true;
    } catch (error) {
      this.#broken.set(query.id, { atMs: this.nowMs(), message: (error as Error).message, type: 'UNKNOWN' });
      this.#ports.log.error(`query cannot be run: ${(error as Error).message}`, { query: query.id });
      return false;
    }
  }

  #script(text: string, options: StatementOptions): Script {
    const variables = options.variables ?? {};
    return { text, properties: this.#properties(options), variables, owner: options.owner ?? null };
  }

  #prepareOne(text: string, options: StatementOptions): PreparedStatement {
    const whole = /;\s*$/.test(text) ? text : `${text};`;
    const prepared = prepareScript(whole, this.#properties(options), options.variables ?? {});
    if (prepared.failure !== null) throw prepared.failure.error;
    const queries = prepared.statements.filter(({ parsed }) => isQuery(parsed.statement));
    if (queries.length !== 1 || prepared.statements.at(-1) !== queries[0]) throw notAQuery(text);
    return queries[0]!;
  }
}

function notAQuery(text: string): TributaryError {
  return new TributaryError('TRIB_SQL_NOT_A_QUERY', 'sql', {
    what: 'Exactly one SELECT or PRINT is expected here.',
    where: text.trim().slice(0, 80),
    fix: 'Send other statements to /ksql.',
  });
}
