// The fold of the command log: the catalog, who owns which query, what is paused. Changed only by what stands in the log.
import { applyCommand, type Catalog, emptyCatalog } from '../sql/catalog/catalog.ts';
import type { CommandStatus } from './entities.ts';
import type { LogEntry } from './log-entry.ts';

export class CatalogState {
  catalog: Catalog = emptyCatalog();
  /** Offset of the last entry in force; −1: none. */
  applied = -1;
  /** By command id: what became of it. Of this run of the host. */
  readonly statuses = new Map<string, CommandStatus>();
  readonly #owners = new Map<string, string>();
  readonly #paused = new Set<string>();

  /** An entry that stands in the log takes effect. Answers the queries that it concerns. */
  apply(offset: number, entry: Pick<LogEntry, 'commands' | 'owner' | 'paused'>): readonly string[] {
    const concerned: string[] = [];
    this.catalog = entry.commands.reduce(applyCommand, this.catalog);
    for (const command of entry.commands) {
      if (command.kind === 'putQuery') {
        this.#own(command.query.id, entry.owner);
        concerned.push(command.query.id);
      }
      if (command.kind === 'dropQuery') {
        this.#forget(command.id);
        concerned.push(command.id);
      }
    }
    for (const { queryId, paused } of entry.paused) {
      if (paused) this.#paused.add(queryId);
      else this.#paused.delete(queryId);
      concerned.push(queryId);
    }
    this.applied = offset;
    return concerned;
  }

  /** The connector that owns a query; null: the server itself. */
  ownerOf(queryId: string): string | null {
    return this.#owners.get(queryId) ?? null;
  }

  ownedBy(owner: string): ReadonlySet<string> {
    return new Set([...this.#owners].filter(([, name]) => name === owner).map(([queryId]) => queryId));
  }

  isPaused(queryId: string): boolean {
    return this.#paused.has(queryId);
  }

  #own(queryId: string, owner: string | null): void {
    if (owner === null) this.#owners.delete(queryId);
    else this.#owners.set(queryId, owner);
  }

  #forget(queryId: string): void {
    this.#owners.delete(queryId);
    this.#paused.delete(queryId);
  }
}
