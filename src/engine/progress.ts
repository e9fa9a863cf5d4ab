// How far queries have come, and waiting for them: joins wait for their tables, back-fills for theirs. What runs in this process
// tells by itself; in a group of hosts, where a query may run on any of them, its group's committed offsets are asked as well.
//
// Law: `settled(topic)` resolves only when every query that writes the topic, and before it every query that writes an input of
// that one, has committed all its inputs up to where they stably ended after the call. A query upstream of itself is passed over.
import type { Broker, Offsets } from '../ports/broker.ts';
import { partitionKey, splitPartitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';

/** Between two looks at the committed offsets of a query that may run elsewhere. */
const LOOK_FIRST_MS = 20;
const LOOK_MAX_MS = 250;

/** What a query reads and writes, as far as waiting needs it. */
export interface QueryFlow {
  readonly queryId: string;
  readonly group: string;
  readonly sinkTopic: string;
  readonly inputTopics: readonly string[];
  keys(): Promise<FlowKeys>;
}

/** The partitions that a query reads. */
export interface FlowKeys {
  /** Of what it reads from outside. */
  readonly inputs: readonly string[];
  /** Of its own repartition topics, a step a part, in the order of the data. */
  readonly internal: readonly (readonly string[])[];
}

interface Waiter {
  readonly bounds: Offsets;
  readonly done: () => void;
}

interface Tracked {
  flow: QueryFlow;
  readonly reached: Map<string, number>;
  waiters: Waiter[];
}

/** One walk up the queries: who asks, and whom it has passed. */
interface Walk {
  readonly asking: string;
  readonly passed: Set<string>;
}

const NO_OFFSETS: Offsets = new Map();

export class Progress {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #isShared: boolean;
  readonly #queries = new Map<string, Tracked>();

  /** @param isShared queries may run in other processes, which commit whatever they pass. */
  constructor(broker: Broker, clock: Clock, isShared: boolean) {
    this.#broker = broker;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** A replaced query goes on from where it stood: whoever waits for it waits on. */
  register(flow: QueryFlow): void {
    const former = this.#queries.get(flow.queryId);
    if (former === undefined) this.#queries.set(flow.queryId, { flow, reached: new Map(), waiters: [] });
    else former.flow = flow;
  }

  /** The query is gone: whoever waits for it goes on. */
  forget(queryId: string): void {
    const tracked = this.#queries.get(queryId);
    this.#queries.delete(queryId);
    for (const waiter of tracked?.waiters ?? []) waiter.done();
  }

  /** Called by tasks after each commit (and where only markers were passed). */
  advance(queryId: string, offsets: Offsets): void {
    const tracked = this.#queries.get(queryId);
    if (tracked === undefined) return;
    for (const [key, offset] of offsets) tracked.reached.set(key, offset);
    if (tracked.waiters.length === 0) return;
    const waiting: Waiter[] = [];
    for (const waiter of tracked.waiters) {
      if (isReached(tracked.reached, waiter.bounds)) waiter.done();
      else waiting.push(waiter);
    }
    tracked.waiters = waiting;
  }

  /** Offsets reached by a query of this process; null when there is no such query. */
  reachedBy(queryId: string): Offsets | null {
    return this.#queries.get(queryId)?.reached ?? null;
  }

  /** Queries of this process that write the topic. */
  writersOf(topic: string): readonly string[] {
    return [...this.#queries.values()].filter(({ flow }) => flow.sinkTopic === topic).map(({ flow }) => flow.queryId);
  }

  /** Resolves when all that had been written to the inputs of the topic's queries at the call has gone into the topic. */
  async settled(topic: string, signal: AbortSignal, exceptQuery = ''): Promise<void> {
    await this.#settled(topic, signal, { asking: exceptQuery, passed: new Set([exceptQuery]) });
  }

  async #settled(topic: string, signal: AbortSignal, walk: Walk): Promise<void> {
    const { asking, passed } = walk;
    for (const queryId of this.writersOf(topic)) {
      if (passed.has(queryId) || signal.aborted) continue;
      passed.add(queryId);
      const tracked = this.#queries.get(queryId);
      if (tracked === undefined) continue;
      for (const input of tracked.flow.inputTopics) await this.#settled(input, signal, walk);
      const { inputs, internal } = await tracked.flow.keys();
      for (const keys of [inputs, ...internal]) {
        if (keys.length === 0 || signal.aborted) continue;
        await this.#reached(tracked, await this.#endsOf(keys, asking), signal);
      }
    }
  }

  async #endsOf(keys: readonly string[], asking: string): Promise<Offsets> {
    const own = (key: string) => this.writersOf(splitPartitionKey(key).topic).includes(asking);
    const [stable, latest] = [keys.filter(own), keys.filter((key) => !own(key))];
    const ends = await Promise.all([
      stable.length === 0 ? NO_OFFSETS : this.#broker.offsets(stable, 'stable'),
      latest.length === 0 ? NO_OFFSETS : this.#broker.offsets(latest, 'latest'),
    ]);
    return new Map(ends.flatMap((some) => [...some]));
  }

  async #reached(tracked: Tracked, bounds: Offsets, signal: AbortSignal): Promise<void> {
    let lookMs = LOOK_FIRST_MS;
    while (!isReached(tracked.reached, bounds)) {
      await this.#look(tracked, bounds);
      if (isReached(tracked.reached, bounds)) return;
      if (signal.aborted || this.#queries.get(tracked.flow.queryId) !== tracked) return;
      const over = new AbortController();
      const told = this.#told(tracked, bounds, AbortSignal.any([signal, over.signal]));
      if (!this.#isShared) return told;
      await Promise.race([told, this.#clock.sleep(lookMs, over.signal)]);
      over.abort();
      lookMs = Math.min(LOOK_MAX_MS, lookMs * 2);
    }
  }

  /** Asks the group where tasks stand that have reported nothing: they have not started yet, or run elsewhere. */
  async #look({ flow, reached }: Tracked, bounds: Offsets): Promise<void> {
    const asked = this.#isShared ? [...bounds.keys()] : [...bounds.keys()].filter((key) => !reached.has(key));
    if (asked.length === 0) return;
    for (const [key, offset] of await this.#broker.committed(flow.group, asked)) {
      if (offset > (reached.get(key) ?? -1)) reached.set(key, offset);
    }
  }

  /** Resolves when the tasks of this process have reported so much, the query is gone or the signal aborts. */
  async #told(tracked: Tracked, bounds: Offsets, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        const now = this.#queries.get(tracked.flow.queryId);
        if (now !== undefined) now.waiters = now.waiters.filter((other) => other !== waiter);
        resolve();
      };
      const waiter: Waiter = { bounds, done };
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', done);
      tracked.waiters.push(waiter);
    });
  }
}

/** The partition keys of a topic's partitions. */
export function partitionKeys(topic: string, partitions: number): readonly string[] {
  return Array.from({ length: partitions }, (_, partition) => partitionKey(topic, partition));
}

/** An empty partition ends at 0 and needs no commit to be reached. */
function isReached(reached: Offsets, bounds: Offsets): boolean {
  for (const [key, bound] of bounds) {
    if (bound > 0 && (reached.get(key) ?? -1) < bound) return false;
  }
  return true;
}
