// Runs statements one at a time: bind, carry out, log, answer.
//
// Law: what changes something waits for its turn, so every statement is bound against the catalog it will be applied to.
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Change } from '../sql/bind/change.ts';
import type { ParsedStatement } from '../sql/syntax/parse.ts';
import type { CatalogState } from './catalog-state.ts';
import { type ChangePorts, runChange } from './change-runner.ts';
import { commandIdOf } from './command-ids.ts';
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

type Properties = Readonly<Record<string, string>>;

export interface RunnerPorts extends ChangePorts {
  readonly facts: Facts;
  readonly inserter: RowInserter;
  readonly logger: Logger;
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
      const owned = this.#state.ownedBy(script.owner);
      const plan = ownedPlan(this.#state.catalog, owned, prepared.statements);
      const result = await this.#executeAll(plan.toRun, script.owner);
      const made = result.entities.flatMap(
        (entity) => (entity['commandStatus'] as CommandStatus | undefined)?.queryId ?? [],
      );
      const queryIds = [...new Set([...plan.standing, ...made])].filter(
        (queryId) => this.#state.ownerOf(queryId) === script.owner,
      );
      return { ...result, queryIds };
    });
  }

  /** What would become of a connector's statements: the first failure, or null. Nothing is changed. */
  async checkOwned(script: Script & { readonly owner: string }): Promise<StatementFailure | null> {
    const prepared = prepareScript(script.text, script.properties, script.variables);
    if (prepared.failure !== null) return prepared.failure;
    const owned = this.#state.ownedBy(script.owner);
    try {
      const { toRun } = ownedPlan(this.#state.catalog, owned, prepared.statements);
      return await tryStatements(this.#ports.facts, this.#state.catalog, toRun);
    } catch (error) {
      return failureOf(prepared.statements[0]!.parsed, error);
    }
  }

  async #executeAll(statements: readonly PreparedStatement[], owner: string | null): Promise<ExecuteResult> {
    const refused = statements.find(({ parsed }) => isQuery(parsed.statement));
    if (refused !== undefined) return { entities: [], failure: failureOf(refused.parsed, wrongEndpoint()) };
    const failure = await tryStatements(this.#ports.facts, this.#state.catalog, statements);
    if (failure !== null) return { entities: [], failure };
    const entities: Entity[] = [];
    for (const statement of statements) {
      try {
        const entity = await this.#executeOne(statement, owner);
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
    const bound = await bindPrepared(facts, this.#state.catalog, statement);
    switch (bound.kind) {
      case 'insert':
        await inserter.insert(bound.row);
        return null;
      case 'change':
        return this.#executeChange(parsed, bound.change, { properties, owner });
      case 'other':
        if (bound.statement.kind === 'pause') return this.#pause(parsed, bound.statement.query?.text ?? null, true);
        if (bound.statement.kind === 'resume') return this.#pause(parsed, bound.statement.query?.text ?? null, false);
        return answerOther(shown, parsed, properties);
      default:
        throw wrongEndpoint();
    }
  }

  async #executeChange(
    parsed: ParsedStatement,
    change: Change,
    about: { readonly properties: Properties; readonly owner: string | null },
  ): Promise<Entity> {
    const state = this.#state;
    const commandId = commandIdOf(parsed.statement) ?? 'statement';
    if (change.commands.length === 0) return changeEntity(parsed, change, { commandId, sequenceNumber: state.applied });
    const { owner, properties } = about;
    const entry = { commandId, statement: parsed.text, properties, owner };
    const { sequenceNumber, made } = await runChange(this.#ports, change, entry);
    this.#ports.facts.forgetTopics();
    state.apply(sequenceNumber, { commands: change.commands, owner, paused: [] });
    for (const { queryId } of made)
      if (owner === null && !state.isPaused(queryId)) await this.#ports.runs.get(queryId)?.start();
    const entity = changeEntity(parsed, change, { commandId, sequenceNumber });
    state.statuses.set(commandId, entity['commandStatus'] as CommandStatus);
    return entity;
  }

  /** PAUSE and RESUME; `queryId` null: all queries. */
  async #pause(parsed: ParsedStatement, queryId: string | null, paused: boolean): Promise<Entity> {
    const state = this.#state;
    const { log, runs } = this.#ports;
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
    state.apply(await log.append(entry), entry);
    for (const id of ids) {
      if (paused) await runs.get(id)?.stop();
      else await runs.get(id)?.start();
    }
    const entity = controlEntity(parsed, commandId, paused ? 'Query paused.' : 'Query resumed.', state.applied);
    state.statuses.set(commandId, entity['commandStatus'] as CommandStatus);
    return entity;
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
