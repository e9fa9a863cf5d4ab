// Keeps what runs here in line with the catalog and with what this host owns.
//
// Laws: one thing is done to a query at a time, and what is wanted is asked for anew before it is done, so calls may come often and in
// any order. A replaced query has stopped before its new form starts. What was dropped is stopped before it is erased, and is erased
// by the host that ran it; a host that carries a drop out sees to it when nobody else does.
import { isTransient } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Clock } from '../ports/clock.ts';
import type { PersistentQuery } from '../sql/catalog/catalog.ts';
import type { PersistentRun } from './persistent-run.ts';
import type { QueryError } from './query-tally.ts';
import type { RunControl } from './run-control.ts';

/** How long a host that carries a drop out waits for the one that runs the query. */
const ERASE_WAIT_MS = 3000;
const ERASE_LOOK_MS = 100;

/** What the keeper asks. */
export interface KeeperDesk {
  readonly clock: Clock;
  readonly log: Logger;
  /** Other hosts share the queries. */
  readonly shared: boolean;
  query(queryId: string): PersistentQuery | null;
  /** It should run here. */
  wanted(queryId: string): boolean;
}

export class RunKeeper {
  readonly #runs: RunControl;
  readonly #desk: KeeperDesk;
  readonly #chains = new Map<string, Promise<void>>();
  /** From what each run was built. */
  readonly #built = new Map<string, PersistentQuery>();
  /** Queries that could not be built, and why. */
  readonly #broken = new Map<string, QueryError>();
  #closed = false;

  constructor(runs: RunControl, desk: KeeperDesk) {
    this.#runs = runs;
    this.#desk = desk;
  }

  brokenBy(queryId: string): QueryError | null {
    return this.#broken.get(queryId) ?? null;
  }

  /** Brings queries to what is wanted; resolves when that is done: what is not wanted has stopped, the rest was told to start. */
  async settle(queryIds: Iterable<string>): Promise<void> {
    await Promise.all([...queryIds].map((queryId) => this.#enqueue(queryId)));
  }

  /** Resolves when a dropped query is erased, whoever ran it. `run`: as it was before the drop. */
  async erased(run: PersistentRun, ranHere: boolean): Promise<void> {
    await this.settle([run.queryId]);
    if (ranHere || !this.#desk.shared) return;
    const { clock } = this.#desk;
    const untilMs = clock.now() + ERASE_WAIT_MS;
    while (clock.now() < untilMs) {
      if (await run.footprint.isErased()) break;
      await clock.sleep(ERASE_LOOK_MS);
    }
    // Nobody runs it, or a host that does not answer: it cannot commit any more, and what is left of the query goes.
    await run.footprint.fence();
    await run.footprint.erase();
  }

  /** Stops all; they are as they were when the host comes back. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#chains.values());
    await this.#runs.close();
  }

  #enqueue(queryId: string): Promise<void> {
    const before = this.#chains.get(queryId) ?? Promise.resolve();
    const next = before
      .then(() => this.#pass(queryId))
      .catch((error: unknown) => {
        this.#desk.log.error(`query could not be brought to what is wanted: ${(error as Error).message}`, {
          query: queryId,
        });
      })
      .finally(() => {
        if (this.#chains.get(queryId) === next) this.#chains.delete(queryId);
      });
    this.#chains.set(queryId, next);
    return next;
  }

  async #pass(queryId: string): Promise<void> {
    if (this.#closed) return;
    const query = this.#desk.query(queryId);
    if (query === null) await this.#drop(queryId);
    else {
      const run = await this.#runOf(query);
      if (run === null) return;
      if (this.#desk.wanted(queryId)) await run.start();
      else await run.stop();
    }
  }

  async #runOf(query: PersistentQuery): Promise<PersistentRun | null> {
    const former = this.#runs.get(query.id);
    if (former !== null && this.#built.get(query.id) === query) return former;
    await former?.stop();
    const run = this.build(query);
    return run;
  }

  /** One plan of the log that this release cannot run does not keep the others from running. */
  build(query: PersistentQuery): PersistentRun | null {
    try {
      const run = this.#runs.build(query);
      this.#runs.adopt(run);
      this.#built.set(query.id, query);
      this.#broken.delete(query.id);
      if (this.#desk.shared) run.footprint.introduce();
      return run;
    } catch (error) {
      const { clock, log } = this.#desk;
      this.#broken.set(query.id, { atMs: clock.now(), message: (error as Error).message, type: 'UNKNOWN' });
      log.error(`query cannot be run: ${(error as Error).message}`, { query: query.id });
      return null;
    }
  }

  async #drop(queryId: string): Promise<void> {
    this.#broken.delete(queryId);
    this.#built.delete(queryId);
    const run = this.#runs.get(queryId);
    if (run === null) return;
    const ranHere = run.active || !this.#desk.shared;
    await run.stop();
    this.#runs.remove(queryId);
    run.forget();
    try {
      if (ranHere) await run.footprint.erase();
      else await run.footprint.eraseState();
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#desk.log.warn(`what a dropped query leaves behind could not be removed: ${(error as Error).message}`, {
        query: queryId,
      });
    }
  }
}
