// Runs statements one at a time: bind, carry out, log, answer.
//
// Law: every statement is bound against the catalog it will be applied to. On this host what changes something waits for its turn;
// where another host's statement comes in between, the log says so, and the statement is bound anew.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Change } from '../sql/bind/change.ts';
import type { ParsedStatement } from '../sql/syntax/parse.ts';
import type { CatalogState } from './catalog-state.ts';
import { type ChangePorts, runChange } from './change-runner.ts';
import { commandIdOf } from './command-ids.ts';
import { isOvertaken } from './command-log.ts';
import { type CommandStatus, changeEntity, controlEntity } from './entities.ts';
import type { Facts } from './facts.ts';
import type { RowInserter } from './insert-rows.ts';
import { ownedPlan } from './owned-statements.ts';
import type { Entity, ExecuteResult, StatementFailure } from './results.ts';
import { answerOther, type ShownEngine } from './show.ts';
import {
  bindPrepared,
  failureOf,
  isQuery,
  type PreparedStatement,
  prepareScript,
  tryStatements,
  wrongEndpoint,
} from './statements.ts';

/** How often a statement is bound anew when other hosts write in between; pauses grow and are not alike on two hosts. */
const TURNS_MAX = 40;
const TURN_PAUSE_MS = 20;

type Properties = Readonly<Record<string, string>>;

export interface RunnerPorts extends ChangePorts {
  readonly facts: Facts;
  readonly inserter: RowInserter;
  readonly logger: Logger;
  readonly clock: Clock;
  /** In [0, 1). */
  random(): number;
  /** What SHOW and its like look at. */
  readonly shown: ShownEngine;
}

/** A text with what comes along. */
export interface Script {
  readonly text: string;
  readonly properties: Properties;
  readonly variables: Readonly<Record<string, string>>;
  readonly owner: string | null;
}

export class StatementRunner {
  readonly #ports: RunnerPorts;
  readonly #state: CatalogState;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(ports: RunnerPorts, state: CatalogState) {
    this.#ports = ports;
    this.#state = state;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#busy.catch(() => undefined);
  }

  /** Executes all statements, or up to the first that fails. */
  execute(script: Script): Promise<ExecuteResult> {
    return this.#alone(async () => {
      const prepared = prepareScript(script.text, script.properties, script.variables);
      if (prepared.failure !== null) return { entities: [], failure: prepared.failure };
      await this.sync();
      return this.#executeAll(prepared.statements, script.owner);
    });
  }

  /**
   * Executes a connector's statements as often as it likes: those that stand are left alone, changed ones are replaced. Answers the
   * queries of the owner that the text stands for, in its order.
   */
  executeOwned(
    script: Script & { readonly owner: string },
  ): Promise<ExecuteResult & { readonly queryIds: readonly string[] }> {
    return this.#alone(async () => {
      const prepared = prepareScript(script.text, script.properties, script.variables);
      if (prepared.failure !== null) return { entities: [], failure: prepared.failure, queryIds: [] };
      return this.#inTurn(async () => {
        // Other hosts may be executing the same text: what they have made meanwhile stands.
        const { toRun, standing } = ownedPlan(
          this.#state.catalog,
          this.#state.ownedBy(script.owner),
          prepared.statements,
        );
        const result = await this.#executeAll(toRun, script.owner, 1);
        if (result.failure !== null && isOvertaken(result.failure.error)) throw result.failure.error;
        const made = result.entities.flatMap(
          (entity) => (entity['commandStatus'] as CommandStatus | undefined)?.queryId ?? [],
        );
        const found = new Set([...standing, ...made]);
        // In the catalog's order, which is the same on every host: tasks share the queries by their place in it.
        const queryIds = [...this.#state.catalog.queries.keys()].filter(
          (queryId) => found.has(queryId) && this.#state.ownerOf(queryId) === script.owner,
        );
        return { ...result, queryIds };
      });
    });
  }

  /** What would become of a connector's statements: the first failure, or null. Nothing is changed. */
  async checkOwned(script: Script & { readonly owner: string }): Promise<StatementFailure | null> {
    const prepared = prepareScript(script.text, script.properties, script.variables);
    if (prepared.failure !== null) return prepared.failure;
    await this.sync();
    const owned = this.#state.ownedBy(script.owner);
    try {
      const { toRun } = ownedPlan(this.#state.catalog, owned, prepared.statements);
      return await tryStatements(this.#ports.facts, this.#state.catalog, toRun);
    } catch (error) {
      return failureOf(prepared.statements[0]!.parsed, error);
    }
  }

  /** Reads what other hosts have written. While that cannot be read, what is known is told; writing checks for itself. */
  async sync(): Promise<void> {
    try {
      await this.#ports.log.sync();
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#ports.logger.debug(`the command topic cannot be read now: ${error instanceof Error ? error.message : ''}`);
    }
  }

  /** @param turns how often each statement may be bound. */
  async #executeAll(
    statements: readonly PreparedStatement[],
    owner: string | null,
    turns = TURNS_MAX,
  ): Promise<ExecuteResult> {
    const refused = statements.find(({ parsed }) => isQuery(parsed.statement));
    if (refused !== undefined) return { entities: [], failure: failureOf(refused.parsed, wrongEndpoint()) };
    const failure = await tryStatements(this.#ports.facts, this.#state.catalog, statements);
    if (failure !== null) return { entities: [], failure };
    const entities: Entity[] = [];
    for (const statement of statements) {
      try {
        const entity = await this.#inTurn(() => this.#executeOne(statement, owner), turns);
        if (entity !== null) entities.push(entity);
      } catch (error) {
        return { entities, failure: failureOf(statement.parsed, error) };
      }
    }
    return { entities, failure: null };
  }

  async #executeOne(statement: PreparedStatement, owner: string | null): Promise<Entity | null> {
    const { parsed, properties } = statement;
    const { facts, inserter, shown } = this.#ports;
    const { applied, catalog } = this.#state;
    const bound = await bindPrepared(facts, catalog, statement);
    switch (bound.kind) {
      case 'insert':
        await inserter.insert(bound.row);
        return null;
      case 'change':
        return this.#executeChange(parsed, bound.change, { properties, owner, applied });
      case 'other':
        if (bound.statement.kind === 'pause') return this.#pause(parsed, applied, true);
        if (bound.statement.kind === 'resume') return this.#pause(parsed, applied, false);
        return answerOther(shown, parsed, properties);
      default:
        throw wrongEndpoint();
    }
  }

  async #executeChange(
    parsed: ParsedStatement,
    change: Change,
    about: { readonly properties: Properties; readonly owner: string | null; readonly applied: number },
  ): Promise<Entity> {
    const state = this.#state;
    const commandId = commandIdOf(parsed.statement) ?? 'statement';
    const { owner, properties, applied } = about;
    if (change.commands.length === 0) return changeEntity(parsed, change, { commandId, sequenceNumber: applied });
    const entry = { commandId, statement: parsed.text, properties, owner };
    const sequenceNumber = await runChange(this.#ports, change, entry, applied);
    const entity = changeEntity(parsed, change, { commandId, sequenceNumber });
    state.statuses.set(commandId, entity['commandStatus'] as CommandStatus);
    return entity;
  }

  /** PAUSE and RESUME; `queryId` null: all queries. */
  async #pause(parsed: ParsedStatement, boundAt: number, paused: boolean): Promise<Entity> {
    const { statement } = parsed;
    const state = this.#state;
    const { log, runs, keeper } = this.#ports;
    const queryId = statement.kind === 'pause' || statement.kind === 'resume' ? (statement.query?.text ?? null) : null;
    const ids = queryId === null ? [...state.catalog.queries.keys()] : [runs.need(queryId).queryId];
    const commandId = `${paused ? 'pause' : 'resume'}/${queryId ?? 'ALL'}/execute`;
    const entry = {
      commandId,
      statement: parsed.text,
      properties: {},
      owner: null,
      commands: [],
      paused: ids.map((id) => ({ queryId: id, paused })),
    };
    const sequenceNumber = await log.append(entry, boundAt);
    await keeper.settle(ids);
    const entity = controlEntity(parsed, commandId, paused ? 'Query paused.' : 'Query resumed.', sequenceNumber);
    state.statuses.set(commandId, entity['commandStatus'] as CommandStatus);
    return entity;
  }

  /** Does it again where another host's statement came in between. */
  async #inTurn<T>(act: () => Promise<T>, turns = TURNS_MAX): Promise<T> {
    for (let turn = 1; ; turn++) {
      try {
        return await act();
      } catch (error) {
        if (!isOvertaken(error) || turn >= turns) throw error;
        await this.#ports.clock.sleep(TURN_PAUSE_MS * Math.min(turn, 10) * 2 * this.#ports.random());
      }
    }
  }

  async #alone<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(act, act);
    this.#busy = turn.catch(() => undefined);
    return turn;
  }
}

/** Statements before all queries were resumed. */
export function notReady(): TributaryError {
  return new TributaryError('TRIB_NOT_READY', 'transient', { what: 'Server initializing.', fix: 'Try again soon.' });
}
