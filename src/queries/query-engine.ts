// The SQL engine of a host: one catalog over the command log, persistent queries as tasks, rows for clients.
//
// Laws: statements that change something run one at a time and are in the log before they are in force. HTTP, the command line and
// the SqlTransform connector come in by the same door, so they see and change the same catalog. In a group every host follows the
// log and answers statements; a persistent query runs on the host that owns it.
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { Progress } from '../engine/progress.ts';
import { createSerdes } from '../engine/serde.ts';
import type { Serdes } from '../engine/serdes.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Catalog, Source } from '../sql/catalog/catalog.ts';
import { builtInFunctions } from '../sql/functions/index.ts';
import type { Functions } from '../sql/functions/registry.ts';
import { CatalogState } from './catalog-state.ts';
import { CommandLog } from './command-log.ts';
import { TableElsewhere } from './elsewhere.ts';
import type { CommandStatus } from './entities.ts';
import { Facts } from './facts.ts';
import { type HostState, HostStates } from './host-states.ts';
import { RowInserter } from './insert-rows.ts';
import type { LogEntry } from './log-entry.ts';
import { LinePrinter } from './print.ts';
import type { QueryGroup } from './query-group.ts';
import { type QueryStatus, type StatusFacts, stateOf, statusOf } from './query-status.ts';
import type { ExecuteResult, LineStream, RowStream, StatementFailure, StatementOptions } from './results.ts';
import { RunControl, unknownQuery } from './run-control.ts';
import { RunKeeper } from './run-keeper.ts';
import { notAQuery, Selects } from './selects.ts';
import { type EngineSettings, engineSettings, mergedProperties } from './settings.ts';
import { notReady, type Script, StatementRunner } from './statement-runner.ts';
import { bindPrepared, isQuery, type PreparedStatement, prepareScript, tryStatements } from './statements.ts';
import { sourceOf, type TargetTopic, targetOf } from './target-topic.ts';

/** What the engine is lent. */
export interface QueryEnginePorts {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** In [0, 1): for RANDOM() and ids of transient queries. */
  random(): number;
  /** Absent: this host stands alone, and runs all. */
  readonly group?: QueryGroup | null;
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
  readonly #selects: Selects;
  readonly #keeper: RunKeeper;
  readonly #group: QueryGroup | null;
  readonly #hostStates: HostStates | null;
  /** Queries of connectors that their tasks run here. */
  readonly #started = new Set<string>();
  /** The log was read once: what it brings from now on is carried out. */
  #opened = false;
  #ready = false;

  constructor(ports: QueryEnginePorts, settings: Partial<EngineSettings> & { readonly clusterId: string }) {
    this.#ports = ports;
    this.settings = engineSettings(settings);
    this.serdes = createSerdes(ports.registry);
    const { broker, registry, clock, log: logger, group = null } = ports;
    const { clusterId } = settings;
    const shared = group !== null;
    const random = () => ports.random();
    this.#group = group;
    this.progress = new Progress(broker, clock, shared);
    this.facts = new Facts({ ...ports, functions: this.functions });
    const { functions, serdes, progress, facts } = this;
    const mayWork = () => group?.mayWork() ?? true;
    this.runs = new RunControl(
      { ...ports, random, clusterId, serdes, progress, functions, shared, mayWork },
      this.settings,
    );
    const { runs } = this;
    this.#keeper = new RunKeeper(runs, {
      clock,
      log: logger,
      shared,
      query: (queryId) => this.#state.catalog.queries.get(queryId) ?? null,
      wanted: (queryId) => this.#isWanted(queryId),
    });
    this.#log = new CommandLog({
      ...{ broker, clock, clusterId, shared },
      onEntry: (offset, entry) => this.#apply(offset, entry),
    });
    this.#inserter = new RowInserter(broker, serdes, clock);
    this.#hostStates =
      group === null
        ? null
        : new HostStates({
            broker,
            clock,
            log: logger,
            clusterId,
            host: group.hostId,
            local: () => this.#localStates(group),
          });
    this.#runner = new StatementRunner(
      {
        ...{ broker, registry, clock, random, log: this.#log, runs, keeper: this.#keeper, shared },
        ...{ facts, inserter: this.#inserter, logger, shown: this },
      },
      this.#state,
    );
    this.#selects = new Selects({
      ...{ ...ports, random, serdes, functions, progress, runs },
      checkHere: (queryId, table) => this.#checkHere(queryId, table),
    });
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
    return this.#selects.openCount;
  }

  nowMs(): number {
    return this.#ports.clock.now();
  }

  /** Reads the log and resumes what it holds. Queries of connectors wait for their owners. */
  async start(): Promise<void> {
    await this.#hostStates?.open();
    await this.#log.open();
    this.#opened = true;
    for (const query of this.#state.catalog.queries.values()) this.#keeper.build(query);
    for (const queryId of this.#state.catalog.queries.keys()) await this.#keeper.settle([queryId]);
    this.#ready = true;
    this.#group?.workChanged();
  }

  /** Stops everything; the next start goes on from here. */
  async close(): Promise<void> {
    this.#ready = false;
    this.#opened = false;
    await this.#selects.closeAll();
    await this.#runner.idle();
    await this.#keeper.close();
    await this.#inserter.close();
    await this.#log.close();
    await this.#hostStates?.close();
  }

  /** In a group: queries that no connector owns, each of which should run on one host. */
  work(): readonly string[] {
    return [...this.#state.catalog.queries.keys()].filter((queryId) => this.#state.ownerOf(queryId) === null);
  }

  /** In a group: those that run here or may still be stopping. */
  held(): readonly string[] {
    return this.runs
      .all()
      .filter(({ queryId, active }) => active && this.#state.ownerOf(queryId) === null)
      .map(({ queryId }) => queryId);
  }

  /** In a group: what is owned here has changed. Resolves when what is not has stopped. */
  async settle(queryIds: Iterable<string>): Promise<void> {
    await this.#keeper.settle(queryIds);
    this.#hostStates?.nudge();
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
    await this.#runner.sync();
    return this.#selects.open(await bindPrepared(this.facts, this.#state.catalog, prepared), prepared);
  }

  /** Starts one PRINT. */
  async print(text: string, options: StatementOptions = {}): Promise<LineStream> {
    const { parsed } = this.#prepareOne(text, options);
    if (parsed.statement.kind !== 'print') throw notAQuery(parsed.text);
    return LinePrinter.open(this.#ports.broker, this.#ports.registry, parsed.statement);
  }

  /** Ends an open push query; false when there is none of that id. */
  async closeQuery(queryId: string): Promise<boolean> {
    return this.#selects.close(queryId);
  }

  /** All persistent queries and where they stand. */
  async queries(): Promise<readonly QueryStatus[]> {
    return Promise.all([...this.#state.catalog.queries.keys()].map((queryId) => this.query(queryId)));
  }

  async query(queryId: string): Promise<QueryStatus> {
    const query = this.#state.catalog.queries.get(queryId);
    if (query === undefined) throw unknownQuery(queryId);
    return statusOf(this.#ports.broker, query, this.runs.get(queryId), this.#statusFacts(queryId));
  }

  stateOf(queryId: string): QueryStatus['state'] {
    return stateOf(this.runs.get(queryId), this.#statusFacts(queryId));
  }

  /** Where a query runs, as `host:port`; null: it is not known, or this host stands alone. */
  hostOf(queryId: string): string | null {
    if (this.#group === null) return null;
    return this.runs.get(queryId)?.active === true ? this.#group.hostId : (this.#hostStates?.of(queryId)?.host ?? null);
  }

  ownerOf(queryId: string): string | null {
    return this.#state.ownerOf(queryId);
  }

  isPaused(queryId: string): boolean {
    return this.#state.isPaused(queryId);
  }

  /** Starts a query for its owner; it runs until `stopQuery`. */
  async startQuery(queryId: string): Promise<void> {
    this.#started.add(queryId);
    await this.settle([queryId]);
  }

  async stopQuery(queryId: string): Promise<void> {
    this.#started.delete(queryId);
    await this.settle([queryId]);
  }

  /** Where rows of a stream or table are written. Throws `notFound`. */
  async targetOf(name: string): Promise<TargetTopic> {
    return targetOf(this.#ports.broker, await this.#knownSource(name));
  }

  /**
   * Resolves when the queries that make this stream or table have committed all their inputs up to where they stably ended at the
   * call, and before them the queries that make those inputs. Resolves early when `signal` aborts.
   */
  async caughtUp(name: string, signal: AbortSignal): Promise<void> {
    await this.progress.settled((await this.#knownSource(name)).topic, signal);
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

  /** Another host may have made it a moment ago. */
  async #knownSource(name: string): Promise<Source> {
    await this.#runner.sync();
    return sourceOf(this.#state.catalog, name);
  }

  #apply(offset: number, entry: LogEntry): void {
    const concerned = this.#state.apply(offset, entry);
    this.facts.forgetTopics();
    if (!this.#opened) return;
    void this.settle(concerned);
    if (concerned.length > 0) this.#group?.workChanged();
  }

  #isWanted(queryId: string): boolean {
    if (!this.#opened || this.#state.isPaused(queryId)) return false;
    if (this.#state.ownerOf(queryId) !== null) return this.#started.has(queryId);
    return this.#group?.owns(queryId) ?? true;
  }

  #localStates(group: QueryGroup): ReadonlyMap<string, HostState> {
    const running = this.runs.all().filter(({ active }) => active);
    return new Map(
      running.map(({ queryId, state, tally }) => {
        const error = state === 'ERROR' ? (tally.errors.at(-1)?.message ?? null) : null;
        return [queryId, { host: group.hostId, url: group.url, state, error }];
      }),
    );
  }

  #statusFacts(queryId: string): StatusFacts {
    return {
      owner: this.#state.ownerOf(queryId),
      paused: this.#state.isPaused(queryId),
      broken: this.#keeper.brokenBy(queryId),
      elsewhere: this.#group === null ? null : (this.#hostStates?.of(queryId) ?? 'unknown'),
    };
  }

  #checkHere(queryId: string, table: string): void {
    if (this.#group === null || this.runs.need(queryId).active) return;
    const found = this.#hostStates?.of(queryId) ?? null;
    const url = found === null || found.host === this.#group.hostId ? null : found.url;
    throw new TableElsewhere(table, queryId, url);
  }

  #properties(options: StatementOptions): Readonly<Record<string, string>> {
    return mergedProperties(this.settings.properties, options.properties ?? {});
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
