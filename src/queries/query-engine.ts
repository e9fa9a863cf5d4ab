// The SQL engine of a host: one catalog over the command log, persistent queries as tasks, rows for clients.
//
// Laws: statements that change something run one at a time and are in the log before they are in force. HTTP, the command line and
// the SqlTransform connector come in by the same door, so they see and change the same catalog.
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { serdeRef } from '../engine/pipeline/serde-ref.ts';
import { Progress } from '../engine/progress.ts';
import { createSerdes } from '../engine/serde.ts';
import type { Serdes } from '../engine/serdes.ts';
import type { SerdeRef } from '../engine/topology.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Change } from '../sql/bind/change.ts';
import { topicShape } from '../sql/bind/from.ts';
import { applyCommand, type Catalog, emptyCatalog, type Source } from '../sql/catalog/catalog.ts';
import { builtInFunctions } from '../sql/functions/index.ts';
import type { Functions } from '../sql/functions/registry.ts';
import { runChange } from './change-runner.ts';
import { commandIdOf } from './command-ids.ts';
import { CommandLog } from './command-log.ts';
import { type CommandStatus, changeEntity, controlEntity } from './entities.ts';
import { Facts } from './facts.ts';
import { RowInserter } from './insert-rows.ts';
import { LinePrinter } from './print.ts';
import { openPull, streamPlan } from './pull.ts';
import { openTransient } from './push.ts';
import { type QueryStatus, statusOf } from './query-status.ts';
import type { Entity, ExecuteResult, LineStream, RowStream, StatementFailure, StatementOptions } from './results.ts';
import { RunControl } from './run-control.ts';
import { type EngineSettings, engineSettings, mergedProperties, resetOf } from './settings.ts';
import { answerOther } from './show.ts';
import {
  asTributaryError,
  bindPrepared,
  failureOf,
  type PreparedStatement,
  prepareScript,
  tryStatements,
} from './statements.ts';

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
  readonly #owners = new Map<string, string>();
  readonly #paused = new Set<string>();
  readonly #statuses = new Map<string, CommandStatus>();
  readonly #streams = new Map<string, RowStream>();
  #catalog: Catalog = emptyCatalog();
  #applied = -1;
  #ready = false;
  #busy: Promise<unknown> = Promise.resolve();

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
  }

  /** False until the log was read and all queries were resumed. */
  get ready(): boolean {
    return this.#ready;
  }

  get catalog(): Catalog {
    return this.#catalog;
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
    for (const { offset, entry } of await this.#log.open()) {
      this.#catalog = entry.commands.reduce(applyCommand, this.#catalog);
      for (const command of entry.commands) {
        if (command.kind === 'putQuery' && entry.owner !== null) this.#owners.set(command.query.id, entry.owner);
        if (command.kind === 'dropQuery') this.#forget(command.id);
      }
      for (const { queryId, paused } of entry.paused) this.#setPaused(queryId, paused);
      this.#applied = offset;
    }
    for (const query of this.#catalog.queries.values()) {
      this.runs.adopt(this.runs.build(query));
      if (!this.#owners.has(query.id) && !this.#paused.has(query.id)) await this.#resume(query.id);
    }
    this.#ready = true;
  }

  /** Stops everything; the next start goes on from here. */
  async close(): Promise<void> {
    this.#ready = false;
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
    await this.#busy.catch(() => undefined);
    await this.runs.close();
    await this.#inserter.close();
    await this.#log.close();
  }

  /** Executes statements; SELECT and PRINT are refused (`select`, `print`). */
  execute(text: string, options: StatementOptions = {}): Promise<ExecuteResult> {
    return this.#alone(() => this.#execute(text, options));
  }

  /** Checks statements without doing anything; null when all is well. */
  async check(text: string, options: StatementOptions = {}): Promise<StatementFailure | null> {
    const prepared = prepareScript(text, this.#properties(options), options.variables ?? {});
    if (prepared.failure !== null) return prepared.failure;
    return tryStatements(this.facts, this.#catalog, prepared.statements);
  }

  /** Starts one SELECT, push or pull. */
  async select(text: string, options: StatementOptions = {}): Promise<RowStream> {
    const prepared = this.#prepareOne(text, options);
    const bound = await bindPrepared(this.facts, this.#catalog, prepared);
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
    return Promise.all([...this.#catalog.queries.keys()].map((queryId) => this.query(queryId)));
  }

  async query(queryId: string): Promise<QueryStatus> {
    const query = this.#catalog.queries.get(queryId);
    const run = this.runs.need(queryId);
    return statusOf(this.#ports.broker, query!, run, {
      owner: this.#owners.get(queryId) ?? null,
      paused: this.#paused.has(queryId),
    });
  }

  ownerOf(queryId: string): string | null {
    return this.#owners.get(queryId) ?? null;
  }

  isPaused(queryId: string): boolean {
    return this.#paused.has(queryId);
  }

  /** Starts a query for its owner; it runs until `stopQuery`. */
  async startQuery(queryId: string): Promise<void> {
    if (!this.#paused.has(queryId)) await this.#resume(queryId);
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
    while (this.#applied < sequenceNumber) {
      if (this.#ports.clock.now() >= deadlineMs) {
        throw new TributaryError('TRIB_COMMAND_WAIT', 'transient', {
          what: `Timed out while waiting for a previous command to execute. command sequence number: ${sequenceNumber}`,
        });
      }
      await this.#ports.clock.sleep(20);
    }
  }

  commandStatuses(): ReadonlyMap<string, CommandStatus> {
    return this.#statuses;
  }

  async health(): Promise<{ readonly metastore: boolean; readonly kafka: boolean; readonly commandRunner: boolean }> {
    const kafka = await this.#ports.broker.topic(this.#log.topic).then(
      (topic) => topic !== null,
      () => false,
    );
    return { metastore: true, kafka, commandRunner: this.#ready };
  }

  async #execute(text: string, options: StatementOptions): Promise<ExecuteResult> {
    const prepared = prepareScript(text, this.#properties(options), options.variables ?? {});
    if (prepared.failure !== null) return { entities: [], failure: prepared.failure };
    const refused = prepared.statements.find(({ parsed }) => isQuery(parsed.statement.kind));
    if (refused !== undefined) {
      return { entities: [], failure: failureOf(refused.parsed, wrongEndpoint()) };
    }
    const failure = await tryStatements(this.facts, this.#catalog, prepared.statements);
    if (failure !== null) return { entities: [], failure };
    const entities: Entity[] = [];
    for (const statement of prepared.statements) {
      try {
        const entity = await this.#executeOne(statement, options.owner ?? null);
        if (entity !== null) entities.push(entity);
      } catch (error) {
        return { entities, failure: failureOf(statement.parsed, error) };
      }
    }
    return { entities, failure: null };
  }

  async #executeOne(statement: PreparedStatement, owner: string | null): Promise<Entity | null> {
    const { parsed, properties } = statement;
    const bound = await bindPrepared(this.facts, this.#catalog, statement);
    switch (bound.kind) {
      case 'insert':
        await this.#inserter.insert(bound.row);
        return null;
      case 'change':
        return this.#executeChange(parsed, bound.change, { properties, owner });
      case 'other':
        if (bound.statement.kind === 'pause') return this.#pause(parsed, bound.statement.query?.text ?? null, true);
        if (bound.statement.kind === 'resume') return this.#pause(parsed, bound.statement.query?.text ?? null, false);
        return answerOther(this, parsed, properties);
      default:
        throw wrongEndpoint();
    }
  }

  async #executeChange(
    parsed: PreparedStatement['parsed'],
    change: Change,
    with_: { readonly properties: Readonly<Record<string, string>>; readonly owner: string | null },
  ): Promise<Entity> {
    const commandId = commandIdOf(parsed.statement) ?? 'statement';
    if (change.commands.length === 0) return changeEntity(parsed, change, { commandId, sequenceNumber: this.#applied });
    const outcome = await runChange(
      { broker: this.#ports.broker, registry: this.#ports.registry, log: this.#log, runs: this.runs },
      this.#catalog,
      change,
      { commandId, statement: parsed.text, properties: with_.properties, owner: with_.owner },
    );
    this.facts.forgetTopics();
    this.#catalog = outcome.catalog;
    this.#applied = outcome.sequenceNumber;
    for (const command of change.commands) if (command.kind === 'dropQuery') this.#forget(command.id);
    for (const run of outcome.made) {
      if (with_.owner === null) this.#owners.delete(run.queryId);
      else this.#owners.set(run.queryId, with_.owner);
      if (with_.owner === null && !this.#paused.has(run.queryId)) await this.#resume(run.queryId);
    }
    const entity = changeEntity(parsed, change, { commandId, sequenceNumber: outcome.sequenceNumber });
    this.#statuses.set(commandId, entity['commandStatus'] as CommandStatus);
    return entity;
  }

  /** PAUSE and RESUME; `queryId` null: all queries. */
  async #pause(parsed: PreparedStatement['parsed'], queryId: string | null, paused: boolean): Promise<Entity> {
    const ids = queryId === null ? [...this.#catalog.queries.keys()] : [this.runs.need(queryId).queryId];
    const commandId = `${paused ? 'pause' : 'resume'}/${queryId ?? 'ALL'}/execute`;
    this.#applied = await this.#log.append({
      commandId,
      statement: parsed.text,
      properties: {},
      owner: null,
      commands: [],
      paused: ids.map((id) => ({ queryId: id, paused })),
    });
    for (const id of ids) {
      this.#setPaused(id, paused);
      if (paused) await this.stopQuery(id);
      else await this.#resume(id);
    }
    const entity = controlEntity(parsed, commandId, paused ? 'Query paused.' : 'Query resumed.', this.#applied);
    this.#statuses.set(commandId, entity['commandStatus'] as CommandStatus);
    return entity;
  }

  /** Starts a query; what cannot start now is told by its state, and does not stop the others. */
  async #resume(queryId: string): Promise<void> {
    const run = this.runs.need(queryId);
    try {
      await run.start();
    } catch (error) {
      run.tally.error(asTributaryError(error));
      this.#ports.log.error(`query could not be started: ${(error as Error).message}`, { query: queryId });
    }
  }

  #setPaused(queryId: string, paused: boolean): void {
    if (paused) this.#paused.add(queryId);
    else this.#paused.delete(queryId);
  }

  #forget(queryId: string): void {
    this.#owners.delete(queryId);
    this.#paused.delete(queryId);
  }

  #source(name: string): Source {
    const source = this.#catalog.sources.get(name) ?? this.#catalog.sources.get(name.toUpperCase());
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

  #prepareOne(text: string, options: StatementOptions): PreparedStatement {
    const whole = /;\s*$/.test(text) ? text : `${text};`;
    const prepared = prepareScript(whole, this.#properties(options), options.variables ?? {});
    if (prepared.failure !== null) throw prepared.failure.error;
    const queries = prepared.statements.filter(({ parsed }) => isQuery(parsed.statement.kind));
    if (queries.length !== 1 || prepared.statements.at(-1) !== queries[0]) throw notAQuery(text);
    return queries[0]!;
  }

  /** Changes wait for each other. */
  async #alone<T>(act: () => Promise<T>): Promise<T> {
    if (!this.#ready) {
      throw new TributaryError('TRIB_NOT_READY', 'transient', { what: 'Server initializing', fix: 'Try again soon.' });
    }
    const turn = this.#busy.then(act, act);
    this.#busy = turn.catch(() => undefined);
    return turn;
  }
}

function isQuery(kind: string): boolean {
  return kind === 'select' || kind === 'print';
}

function wrongEndpoint(): TributaryError {
  return new TributaryError('TRIB_SQL_WRONG_ENDPOINT', 'sql', {
    what: "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT",
  });
}

function notAQuery(text: string): TributaryError {
  return new TributaryError('TRIB_SQL_NOT_A_QUERY', 'sql', {
    what: 'Exactly one SELECT or PRINT is expected here.',
    where: text.trim().slice(0, 80),
    fix: 'Send other statements to /ksql.',
  });
}
