// Who has how much: the shares of a plan while it is being made.
//
// Law: of every kind of work no worker is given a second item more than another has; among equally loaded workers the one with
// the fewest tasks of the same connector gets it, so that a connector's tasks are spread.

import { parseItem, type WorkItem, type WorkKind } from './work-items.ts';

interface Share {
  readonly id: string;
  readonly items: Map<string, WorkItem>;
  readonly byKind: Map<WorkKind, number>;
  /** Tasks by connector. */
  readonly byConnector: Map<string, number>;
}

/** What was taken away, and from whom. */
export interface Taken {
  readonly id: string;
  readonly item: string;
}

export class Shares {
  readonly #shares = new Map<string, Share>();
  readonly #given = new Set<string>();

  /** Ties are broken by the order of `ids`. */
  constructor(ids: Iterable<string>) {
    for (const id of ids) this.#shares.set(id, { id, items: new Map(), byKind: new Map(), byConnector: new Map() });
  }

  has(item: string): boolean {
    return this.#given.has(item);
  }

  of(id: string): readonly string[] {
    return [...(this.#shares.get(id)?.items.keys() ?? [])];
  }

  add(id: string, item: string): void {
    const work = parseItem(item);
    const share = this.#shares.get(id);
    if (work !== null && share !== undefined) this.#put(share, item, work);
  }

  /** To whoever has least. False when there is nobody. */
  give(item: string): boolean {
    const work = parseItem(item);
    if (work === null) return false;
    let best: Share | null = null;
    for (const share of this.#shares.values()) {
      if (best === null || isLighter(share, best, work)) best = share;
    }
    if (best !== null) this.#put(best, item, work);
    return best !== null;
  }

  /**
   * Takes away what is above a balanced share of `kind` when `pending` further items of it will be handed out next. Those with
   * the most keep one more where the work cannot be divided evenly, so that nothing moves without need. Answers what was taken.
   */
  takeSurplus(kind: WorkKind, pending: number): readonly Taken[] {
    const shares = [...this.#shares.values()].sort((left, right) => loadOf(right, kind) - loadOf(left, kind));
    const total = shares.reduce((sum, share) => sum + loadOf(share, kind), pending);
    const floor = Math.floor(total / Math.max(1, shares.length));
    const extras = total - floor * shares.length;
    const taken: Taken[] = [];
    for (const [rank, share] of shares.entries()) {
      const quota = rank < extras ? floor + 1 : floor;
      for (const item of newestOf(share, kind, loadOf(share, kind) - quota)) {
        this.#remove(share, item);
        taken.push({ id: share.id, item });
      }
    }
    return taken;
  }

  #remove(share: Share, item: string): void {
    const work = share.items.get(item)!;
    share.items.delete(item);
    this.#given.delete(item);
    share.byKind.set(work.kind, loadOf(share, work.kind) - 1);
    if (work.kind === 'task') share.byConnector.set(work.connector, share.byConnector.get(work.connector)! - 1);
  }

  #put(share: Share, item: string, work: WorkItem): void {
    share.items.set(item, work);
    this.#given.add(item);
    share.byKind.set(work.kind, loadOf(share, work.kind) + 1);
    if (work.kind === 'task') share.byConnector.set(work.connector, (share.byConnector.get(work.connector) ?? 0) + 1);
  }
}

// One after the other of the connector with the most tasks here at that moment; the newest, so that what ran longest stays. A
// connector's third task goes before all second ones: so all are found by one sort, however many there are.
function newestOf(share: Share, kind: WorkKind, count: number): readonly string[] {
  if (count <= 0) return [];
  const depths = new Map<string, number>();
  const found: { readonly item: string; readonly depth: number; readonly index: number }[] = [];
  for (const [item, work] of share.items) {
    if (work.kind !== kind) continue;
    const depth = work.kind === 'task' ? (depths.get(work.connector) ?? 0) + 1 : 0;
    if (work.kind === 'task') depths.set(work.connector, depth);
    found.push({ item, depth, index: found.length });
  }
  found.sort((left, right) => right.depth - left.depth || right.index - left.index);
  return found.slice(0, count).map(({ item }) => item);
}

function isLighter(share: Share, than: Share, work: WorkItem): boolean {
  const byKind = loadOf(share, work.kind) - loadOf(than, work.kind);
  if (byKind !== 0) return byKind < 0;
  if (work.kind === 'task') {
    const siblings = (share.byConnector.get(work.connector) ?? 0) - (than.byConnector.get(work.connector) ?? 0);
    if (siblings !== 0) return siblings < 0;
  }
  return share.items.size < than.items.size;
}

function loadOf(share: Share, kind: WorkKind): number {
  return share.byKind.get(kind) ?? 0;
}
