// How far sinks and processors are behind: in records, and in time.
//
// Law: one question to the brokers for all partitions of the host, however many connectors and askers there are; an answer is shared
// for a while, and an asker waits for a new one no longer than it says. While the brokers cannot be reached the last answer stands.
//
// Records: end of what committed readers see − position, an upper bound where offsets have holes. Time: how long the oldest record
// that is not done has been there, at most. It is told by when the log was last seen to end at the position, or by the time of the
// last record that was done, whichever is nearer; neither needs a record to be fetched.
import type { Broker, Offsets } from '../../ports/broker.ts';
import { splitPartitionKey } from '../../ports/broker.ts';
import type { Clock } from '../../ports/clock.ts';
import { within } from '../tasks/deadline.ts';

/** A connector that reads topics. */
export interface LagSubject {
  readonly name: string;
  readonly group: string;
  /** Where a partition without a committed offset begins. */
  readonly reset: 'earliest' | 'latest' | 'none';
  readonly partitions: readonly string[];
  readonly tasks: readonly {
    readonly id: number;
    /** Up to where it is done, as it knows itself. */
    readonly settled: Offsets;
    /** Time of the last record that it was given; 0: none yet. */
    readonly lastRecordMs: number;
  }[];
}

export interface PartitionLag {
  readonly partition: string;
  /** Null: of no task that runs here. */
  readonly task: number | null;
  readonly position: number;
  readonly end: number;
  readonly records: number;
  /** Null: not known yet. */
  readonly milliseconds: number | null;
}

/** What was found out, and when. */
export interface LagView {
  readonly atMs: number;
  readonly connectors: ReadonlyMap<string, readonly PartitionLag[]>;
}

const SAMPLES_MAX = 64;
const ANSWER_LIMIT_MS = 10_000;
const RETRY_MS = 1_000;

/** Where the log of a partition ended, and when it was last seen to end there. */
interface EndSample {
  readonly end: number;
  seenMs: number;
}

export class LagBook {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #subjects: () => Promise<readonly LagSubject[]>;
  readonly #ends = new Map<string, EndSample[]>();
  #view: LagView | null = null;
  #asking: Promise<LagView | null> | null = null;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(broker: Broker, clock: Clock, subjects: () => Promise<readonly LagSubject[]>) {
    this.#broker = broker;
    this.#clock = clock;
    this.#subjects = subjects;
  }

  /** The newest view, asked for anew when it is older than `maxAgeMs`; null when none could be had within `waitMs`. */
  async view({ maxAgeMs, waitMs }: { readonly maxAgeMs: number; readonly waitMs: number }): Promise<LagView | null> {
    const nowMs = this.#clock.now();
    if (this.#view !== null && nowMs - this.#view.atMs < maxAgeMs) return this.#view;
    // What has just failed is not asked again by the next caller: an outage must not make every page wait.
    if (this.#asking === null && nowMs - this.#failedAtMs < RETRY_MS) return this.#view;
    this.#asking ??= this.#ask();
    const outcome = await within(this.#asking, waitMs, this.#clock);
    return outcome.done && outcome.value !== null ? outcome.value : this.#view;
  }

  async #ask(): Promise<LagView | null> {
    try {
      const outcome = await within(this.#measure(), ANSWER_LIMIT_MS, this.#clock);
      if (!outcome.done) this.#failedAtMs = this.#clock.now();
      return outcome.done ? outcome.value : null;
    } catch {
      this.#failedAtMs = this.#clock.now();
      return null; // the last view stands; the outage itself is told by those who work
    } finally {
      this.#asking = null;
    }
  }

  async #measure(): Promise<LagView> {
    const subjects = await this.#subjects();
    const positions = await Promise.all(subjects.map((subject) => this.#positions(subject)));
    const wanted = new Set(subjects.flatMap(({ partitions }) => partitions));
    const missing = (reset: 'earliest' | 'latest') =>
      subjects.flatMap(({ partitions, reset: own }, at) =>
        (own === 'latest') === (reset === 'latest') ? partitions.filter((key) => !positions[at]!.has(key)) : [],
      );
    const starting = missing('earliest');
    const [ends, starts] = await Promise.all([
      this.#broker.offsets(wanted, 'stable'),
      starting.length === 0 ? new Map<string, number>() : this.#broker.offsets(new Set(starting), 'earliest'),
    ]);
    const nowMs = this.#clock.now();
    for (const [key, end] of ends) this.#sample(key, end, nowMs);
    for (const key of this.#ends.keys()) if (!wanted.has(key)) this.#ends.delete(key);
    const connectors = new Map<string, readonly PartitionLag[]>();
    for (const [at, subject] of subjects.entries()) {
      connectors.set(
        subject.name,
        subject.partitions.map((key) => {
          const end = ends.get(key) ?? 0;
          const begin = subject.reset === 'latest' ? end : (starts.get(key) ?? 0);
          return this.#partition(subject, key, { position: positions[at]!.get(key) ?? begin, end, nowMs });
        }),
      );
    }
    this.#view = { atMs: nowMs, connectors };
    return this.#view;
  }

  /** The tasks' own knowledge; the group's committed offsets only for what no task here knows. */
  async #positions({ group, partitions, tasks }: LagSubject): Promise<Offsets> {
    const known = new Map<string, number>();
    for (const { settled } of tasks) for (const [key, offset] of settled) known.set(key, offset);
    const unknown = partitions.filter((key) => !known.has(key));
    if (unknown.length === 0) return known;
    for (const [key, offset] of await this.#broker.committed(group, unknown)) known.set(key, offset);
    return known;
  }

  #partition(
    subject: LagSubject,
    key: string,
    { position, end, nowMs }: { readonly position: number; readonly end: number; readonly nowMs: number },
  ): PartitionLag {
    const owner = subject.tasks.find(({ settled }) => settled.has(key));
    const counted = splitPartitionKey(key).partition % Math.max(1, subject.tasks.length);
    const task = owner ?? subject.tasks[counted];
    const records = Math.max(0, end - position);
    return {
      partition: key,
      task: task?.id ?? null,
      position,
      end,
      records,
      milliseconds: records === 0 ? 0 : this.#age(key, position, { lastRecordMs: task?.lastRecordMs ?? 0, nowMs }),
    };
  }

  #age(
    key: string,
    position: number,
    { lastRecordMs, nowMs }: { readonly lastRecordMs: number; readonly nowMs: number },
  ): number | null {
    // The record at the position came after the log was last seen to end there or before.
    const seen = this.#ends.get(key)?.findLast(({ end }) => end <= position)?.seenMs ?? 0;
    const since = Math.max(seen, lastRecordMs);
    return since <= 0 ? null : Math.max(0, nowMs - since);
  }

  #sample(key: string, end: number, nowMs: number): void {
    const samples = this.#ends.get(key) ?? [];
    const last = samples.at(-1);
    if (last?.end === end) last.seenMs = nowMs;
    else samples.push({ end, seenMs: nowMs });
    // Old samples are thinned out, not dropped: how far back a lag reaches matters more than the second it began.
    if (samples.length > SAMPLES_MAX)
      samples.splice(0, samples.length, ...samples.filter((_, at) => at % 2 === 0 || at > SAMPLES_MAX / 2));
    this.#ends.set(key, samples);
  }
}

/** A connector's lag in one figure each: records summed, the greatest age; null when no age is known. */
export function totalLag(partitions: readonly PartitionLag[]): {
  readonly records: number;
  readonly milliseconds: number | null;
} {
  let records = 0;
  let milliseconds: number | null = null;
  for (const partition of partitions) {
    records += partition.records;
    if (partition.milliseconds !== null) milliseconds = Math.max(milliseconds ?? 0, partition.milliseconds);
  }
  return { records, milliseconds: partitions.length === 0 ? 0 : milliseconds };
}
