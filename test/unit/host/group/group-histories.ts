// Histories of a group from a seed: workers come, crash, leave and miss their assignments, work comes, changes and goes, and all
// the while nothing may run twice.
import { type AssignorState, assign, NO_ASSIGNOR_STATE } from '../../../../src/host/group/assignor.ts';
import { recalled, remembered } from '../../../../src/host/group/plan-memory.ts';
import { parseItem } from '../../../../src/host/group/work-items.ts';
import { seededBits } from '../../../support/seeded.ts';

interface Worker {
  readonly id: string;
  readonly url: string;
  /** What runs here. */
  running: Set<string>;
  /** What is being stopped: still claimed. */
  stopping: Set<string>;
  leaving: boolean;
}

interface Connector {
  readonly name: string;
  count: number;
  /** The version of each task. */
  versions: number[];
}

export class GroupHistory {
  readonly workers = new Map<string, Worker>();
  readonly connectors = new Map<string, Connector>();
  readonly maxDelayMs: number;
  nowMs = 1_000;
  moves = 0;
  delayMs = 0;
  #state: AssignorState = NO_ASSIGNOR_STATE;
  #names = 0;
  readonly #bits: () => bigint;
  readonly #log: string[] = [];

  constructor(seed: number) {
    this.#bits = seededBits(BigInt(seed));
    this.maxDelayMs = this.#pick([0, 50, 300_000]);
  }

  /** One thing that happens. */
  step(): void {
    const happening = this.#pick([
      () => this.join(),
      () => this.#crash(),
      () => this.#leave(),
      () => this.#create(),
      () => this.#create(),
      () => this.#change(),
      () => this.#resize(),
      () => this.#delete(),
      () => this.#stopSome(),
      () => this.#stopSome(),
      () => this.#pass(this.#below(100)),
      () => this.#pass(400_000),
      () => this.#newLeader(),
      () => this.round(0.8),
      () => this.round(1),
      () => this.round(1),
    ]);
    happening();
    this.check();
  }

  join(url = `http://${this.#below(6)}`): void {
    if ([...this.workers.values()].some((worker) => worker.url === url)) return;
    const id = `w${this.#names++}`;
    this.workers.set(id, { id, url, running: new Set(), stopping: new Set(), leaving: false });
  }

  /** Everybody joins and says what it claims; some may never hear what was decided. */
  round(heard: number): void {
    const workers = [...this.workers.values()];
    if (workers.length === 0) {
      this.#state = NO_ASSIGNOR_STATE;
      return;
    }
    const members = workers.map(({ id, url, running, stopping, leaving }) => {
      return { id, url, leaving, ksqlUrl: null, configOffset: 0, owned: [...running, ...stopping] };
    });
    const claimed = members.flatMap(({ owned }) => owned);
    const { nowMs, maxDelayMs } = this;
    const plan = assign({ members, work: this.work(), nowMs, maxDelayMs, state: this.#state });
    this.#state = plan.state;
    this.delayMs = plan.delayMs;
    for (const worker of workers) {
      if (this.#below(100) >= heard * 100) continue;
      const { assigned, revoked } = plan.shares.get(worker.id)!;
      this.#checkNew(
        assigned.filter((item) => !worker.running.has(item) && !worker.stopping.has(item)),
        claimed,
      );
      for (const item of revoked) if (worker.running.delete(item)) worker.stopping.add(item);
      for (const item of assigned) {
        if (!worker.running.has(item)) this.moves++;
        worker.stopping.delete(item);
        worker.running.add(item);
      }
      this.#log.push(`${worker.id} +${assigned.join()} -${revoked.join()}`);
    }
  }

  /** Goes on without further events until nothing changes any more. */
  settle(): void {
    if (this.workers.size === 0) this.join('http://0');
    for (const worker of [...this.workers.values()]) if (worker.leaving) this.workers.delete(worker.id);
    if (this.workers.size === 0) this.join('http://1');
    let calm = 0;
    for (let round = 0; calm < 2; round++) {
      if (round > 40) throw new Error(`never comes to rest: ${this.#log.slice(-20).join('\n')}`);
      const before = this.moves;
      for (const worker of this.workers.values()) worker.stopping.clear();
      this.round(1);
      this.check();
      const isQuiet = this.moves === before && this.delayMs === 0 && !this.#isStopping();
      calm = isQuiet ? calm + 1 : 0;
      this.#pass(this.delayMs);
    }
  }

  work(): string[] {
    return [...this.connectors.values()].flatMap(({ name, versions }) => [
      `c|${name}`,
      ...versions.map((version, task) => `t|${name}|${task}|0-${version.toString(16)}`),
    ]);
  }

  /** The safety laws. */
  check(): void {
    const owners = new Map<string, string>();
    for (const { id, running, stopping } of this.workers.values()) {
      for (const item of [...running, ...stopping]) {
        const work = parseItem(item)!;
        const name = work.kind === 'task' ? `${work.connector} ${work.task}` : item;
        const other = owners.get(name);
        if (other !== undefined) throw new Error(`${item} at ${id} and ${other}: ${this.#log.slice(-20).join('\n')}`);
        owners.set(name, id);
      }
    }
  }

  // Nothing starts while a task of the same connector that is to run no more may still be at work.
  #checkNew(items: readonly string[], claimed: readonly string[]): void {
    const work = new Set(this.work());
    const stale = claimed.filter((item) => item.startsWith('t|') && !work.has(item)).map((item) => item.split('|')[1]);
    for (const item of items) {
      if (!item.startsWith('t|') || !stale.includes(item.split('|')[1])) continue;
      throw new Error(`${item} starts beside ${stale.join()}: ${this.#log.slice(-20).join('\n')}`);
    }
  }

  /** How many items of a kind each worker runs. */
  loads(prefix: 'c|' | 't|'): number[] {
    return [...this.workers.values()].map(({ running }) => [...running].filter((one) => one.startsWith(prefix)).length);
  }

  running(): string[] {
    return [...this.workers.values()].flatMap((worker) => [...worker.running]).sort();
  }

  #isStopping(): boolean {
    return [...this.workers.values()].some((worker) => worker.stopping.size > 0);
  }

  #crash(): void {
    const worker = this.#anyWorker();
    if (worker !== null) this.workers.delete(worker.id);
  }

  // Gives up everything first, is in a round as leaving, and goes.
  #leave(): void {
    const worker = this.#anyWorker();
    if (worker === null) return;
    if (worker.leaving) {
      this.workers.delete(worker.id);
      return;
    }
    worker.leaving = true;
    worker.running.clear();
    worker.stopping.clear();
    this.round(1);
  }

  #create(): void {
    const name = `k${this.#names++}`;
    const count = this.#below(4);
    this.connectors.set(name, { name, count, versions: Array.from({ length: count }, () => this.#names++) });
  }

  #change(): void {
    const connector = this.#anyConnector();
    if (connector === null || connector.count === 0) return;
    connector.versions[this.#below(connector.count)] = this.#names++;
  }

  #resize(): void {
    const connector = this.#anyConnector();
    if (connector === null) return;
    connector.count = this.#below(5);
    const kept = this.#pick([0, connector.count]);
    connector.versions = Array.from({ length: connector.count }, (_, task) => {
      return (task < kept ? connector.versions[task] : undefined) ?? this.#names++;
    });
  }

  #delete(): void {
    const connector = this.#anyConnector();
    if (connector !== null) this.connectors.delete(connector.name);
  }

  #stopSome(): void {
    this.#anyWorker()?.stopping.clear();
  }

  #pass(ms: number): void {
    this.nowMs += ms;
  }

  #newLeader(): void {
    const memory = remembered(this.#state, this.#anyWorker()?.id ?? '', this.nowMs);
    this.#state = this.#pick([NO_ASSIGNOR_STATE, recalled(memory, this.work(), this.nowMs)]);
  }

  #anyWorker(): Worker | null {
    return this.workers.size === 0 ? null : this.#pick([...this.workers.values()]);
  }

  #anyConnector(): Connector | null {
    return this.connectors.size === 0 ? null : this.#pick([...this.connectors.values()]);
  }

  #below(limit: number): number {
    return Number((this.#bits() >> 20n) % BigInt(limit));
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }
}
