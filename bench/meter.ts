// Clock and counters of a run, taken at the broker port: nothing inside the product knows that it is measured.
//
// Law: the clock runs from the poll that first answers records of the input topic until the commit with which the input and
// every repartition topic behind it stand committed at their ends.
import type { Broker, Offsets, Reader, TransactionalProducer } from '../src/ports/broker.ts';
import { partitionKey, splitPartitionKey } from '../src/ports/broker.ts';

/** Share of the records after which the figures count as warm, as the peers take it. */
const WARM_FROM = 0.3;
/** A transaction ends with a marker, which nobody commits past. */
const MARKERS_MAX = 1;

interface Moment {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly records: number;
}

export class Meter {
  /** Resolves at the end of the run. */
  readonly done: Promise<void>;
  readonly #inTopic: string;
  readonly #expected: number;
  readonly #committed = new Map<string, number>();
  readonly #internal = new Set<string>();
  #broker: Broker | null = null;
  #first: Moment | null = null;
  #warm: Moment | null = null;
  #last: Moment | null = null;
  #records = 0;
  #finish: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(inTopic: string, expected: number) {
    this.#inTopic = inTopic;
    this.#expected = expected;
    this.done = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
  }

  /** The broker as the product gets it. */
  watch(broker: Broker): Broker {
    this.#broker = broker;
    const watched: Partial<Broker> = {
      read: async (from, options) => {
        for (const key of from.keys()) if (key.includes('-repartition-')) this.#internal.add(key);
        const reader = await broker.read(from, options);
        const reads = [...from.keys()].some((key) => splitPartitionKey(key).topic === this.#inTopic);
        return reads ? this.#watchReader(reader) : reader;
      },
      commit: async (group, offsets) => {
        await broker.commit(group, offsets);
        this.#noteCommit(offsets);
      },
      transact: async (id, options) => this.#watchTransactions(await broker.transact(id, options)),
    };
    return new Proxy(broker, {
      get: (target, name) => {
        const own = watched[name as keyof Broker];
        if (own !== undefined) return own;
        const value = target[name as keyof Broker];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Figures of the run, for the result line. */
  report(): {
    readonly records: number;
    readonly seconds: number;
    readonly cpu_s: number;
    readonly cpu_s_per_million_cold: number;
    readonly cpu_s_per_million_warm: number;
    readonly warm_rate_per_s: number;
    readonly peak_rss_mb: number;
  } {
    const first = this.#first!;
    const last = this.#last!;
    const warm = this.#warm ?? first;
    const warmRecords = Math.max(1, last.records - warm.records);
    return {
      records: this.#records,
      seconds: round((last.atMs - first.atMs) / 1000),
      cpu_s: round((last.cpuMs - first.cpuMs) / 1000),
      cpu_s_per_million_cold: round((last.cpuMs - first.cpuMs) / 1000 / (last.records / 1e6)),
      cpu_s_per_million_warm: round((last.cpuMs - warm.cpuMs) / 1000 / (warmRecords / 1e6)),
      warm_rate_per_s: Math.round((warmRecords * 1000) / Math.max(1, last.atMs - warm.atMs)),
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  }

  #watchReader(reader: Reader): Reader {
    return {
      poll: async (maxWaitMs) => {
        const polled = await reader.poll(maxWaitMs);
        for (const records of polled) {
          if (records.topic !== this.#inTopic || records.count === 0) continue;
          this.#first ??= this.#now();
          this.#records += records.count;
          if (this.#warm === null && this.#records >= this.#expected * WARM_FROM) this.#warm = this.#now();
        }
        return polled;
      },
      seek: reader.seek.bind(reader),
      pause: reader.pause.bind(reader),
      resume: reader.resume.bind(reader),
      close: reader.close.bind(reader),
    };
  }

  #watchTransactions(producer: TransactionalProducer): TransactionalProducer {
    return {
      lane: producer.lane.bind(producer),
      drain: producer.drain.bind(producer),
      flush: producer.flush.bind(producer),
      close: producer.close.bind(producer),
      begin: producer.begin.bind(producer),
      abort: producer.abort.bind(producer),
      commit: async (group, inputs) => {
        const ends = await producer.commit(group, inputs);
        this.#noteCommit(inputs);
        return ends;
      },
    };
  }

  #noteCommit(offsets: Offsets): void {
    for (const [key, offset] of offsets) this.#committed.set(key, offset);
    if (this.#records >= this.#expected) this.#finishIfDone(this.#now()).catch((error) => this.#fail(error));
  }

  async #finishIfDone(now: Moment): Promise<void> {
    const broker = this.#broker!;
    const info = await broker.topic(this.#inTopic);
    const keys = new Set(this.#internal);
    for (let i = 0; i < (info?.partitions ?? 0); i++) keys.add(partitionKey(this.#inTopic, i));
    const ends = await broker.offsets(keys, 'stable');
    for (const [key, end] of ends) if ((this.#committed.get(key) ?? 0) < end - MARKERS_MAX) return;
    this.#last ??= now;
    this.#finish();
  }

  #now(): Moment {
    const { user, system } = process.cpuUsage();
    return { atMs: performance.now(), cpuMs: (user + system) / 1000, records: this.#records };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
