// Queries and back-fills as work that a group shares out. Names of back-fills are marked: no query's id begins like that.
import type { Backfills } from '../backfill/index.ts';
import type { OtherSeat, Worker } from '../host/index.ts';
import type { QueryEngine } from '../queries/index.ts';

const BACKFILL = '@backfill/';

export class SharedWork {
  /** Null: this host stands alone. */
  readonly seat: OtherSeat | null;
  queries: QueryEngine | null = null;
  backfills: Backfills | null = null;

  constructor(worker: Worker) {
    const alone = worker.environment.settings.group === null;
    this.seat = alone
      ? null
      : worker.share({
          work: () => this.#all('work'),
          held: () => this.#all('held'),
          settle: (names) => this.#settle([...names]),
        });
  }

  backfillSeat(): { owns(name: string): boolean; workChanged(): void } | null {
    const { seat } = this;
    return seat === null ? null : { owns: (name) => seat.owns(BACKFILL + name), workChanged: () => seat.workChanged() };
  }

  #all(which: 'work' | 'held'): readonly string[] {
    const jobs = this.backfills?.[which]() ?? [];
    return [...(this.queries?.[which]() ?? []), ...jobs.map((name) => BACKFILL + name)];
  }

  async #settle(names: readonly string[]): Promise<void> {
    const jobs = names.filter((name) => name.startsWith(BACKFILL)).map((name) => name.slice(BACKFILL.length));
    const queries = names.filter((name) => !name.startsWith(BACKFILL));
    await Promise.all([this.queries?.settle(queries), this.backfills?.settle(jobs)]);
  }
}
