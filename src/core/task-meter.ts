// The figures of one task as Kafka Connect knows them: totals, and rates, averages and maxima over the last 30 to 60 seconds.
//
// Law: written per batch or commit, never per record, by the one thread that runs the task; anybody may read at any time. The numbers
// stand in shared memory, so a task on another thread needs no messages for them.
// Windows are Kafka's: two of 30 s, the older one whole, the newer one filling. Totals never go down within a process.

/** What is measured in windows. `read` and `sent` count records; `…Ms` are durations; the error figures count events. */
export const STATS = [
  'read',
  'sent',
  'batch',
  'pollMs',
  'putMs',
  'commitMs',
  'commitOk',
  'completed',
  'skippedCommit',
  'transaction',
  'active',
  'failures',
  'errors',
  'skipped',
  'retries',
  'logged',
  'letters',
  'letterFailures',
] as const;
export type Stat = (typeof STATS)[number];

/** What has one present value. */
export const GAUGES = ['active', 'partitions', 'commitSequence', 'lastErrorMs', 'lastRecordMs', 'outstanding'] as const;
export type Gauge = (typeof GAUGES)[number];

/** States whose share of the time is measured. */
export const METERED_STATES = ['RUNNING', 'PAUSED', 'other'] as const;
export type MeteredState = (typeof METERED_STATES)[number];

/** One stat as of now. `rate` is a second; average, max and min are 0 when nothing was measured in the windows. */
export interface StatReading {
  readonly total: number;
  readonly count: number;
  readonly rate: number;
  readonly average: number;
  readonly max: number;
  readonly min: number;
}

const WINDOW_MS = 30_000;

// One stat: total, then sum, count, max, min of the filling window and the same of the one before.
const TOTAL = 0;
const SUM = 1;
const COUNT = 2;
const MAX = 3;
const MIN = 4;
const BEFORE = 4;
const STAT_SLOTS = 9;

// The head: start of the filling window, start of the kept one before it (0: none), present state and since when.
const FILLING_SINCE = 0;
const KEPT_SINCE = 1;
const STATE = 2;
const STATE_SINCE = 3;
const HEAD_SLOTS = 4;

const STATS_AT = HEAD_SLOTS;
const GAUGES_AT = STATS_AT + STATS.length * STAT_SLOTS;
const STATES_AT = GAUGES_AT + GAUGES.length;
const SLOTS = STATES_AT + METERED_STATES.length;

const STAT_INDEX = indexOf(STATS);
const GAUGE_INDEX = indexOf(GAUGES);

/** The figures of one task. */
export class TaskMeter {
  /** Hand this to another thread; `new TaskMeter(shared)` there writes the same figures. */
  readonly shared: SharedArrayBuffer;
  readonly #slots: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(SLOTS * 8)) {
    this.shared = shared;
    this.#slots = new Float64Array(shared);
  }

  /** Adds one measurement. For counts, `value` is how many. */
  note(stat: Stat, value: number, nowMs: number): void {
    const slots = this.#slots;
    this.#roll(nowMs);
    const at = STATS_AT + STAT_INDEX[stat] * STAT_SLOTS;
    slots[at + TOTAL]! += value;
    slots[at + SUM]! += value;
    if (slots[at + COUNT] === 0 || value > slots[at + MAX]!) slots[at + MAX] = value;
    if (slots[at + COUNT] === 0 || value < slots[at + MIN]!) slots[at + MIN] = value;
    slots[at + COUNT]! += 1;
  }

  set(gauge: Gauge, value: number): void {
    this.#slots[GAUGES_AT + GAUGE_INDEX[gauge]] = value;
  }

  gauge(gauge: Gauge): number {
    return this.#slots[GAUGES_AT + GAUGE_INDEX[gauge]]!;
  }

  /** The task is in this state from now on. */
  state(state: string, nowMs: number): void {
    const slots = this.#slots;
    if (slots[STATE_SINCE]! > 0) slots[STATES_AT + slots[STATE]!]! += Math.max(0, nowMs - slots[STATE_SINCE]!);
    slots[STATE] = stateIndex(state);
    slots[STATE_SINCE] = nowMs;
  }

  /** Share of its time that the task spent in a state, 0 to 1. */
  ratio(state: MeteredState, nowMs: number): number {
    const slots = this.#slots;
    if (slots[STATE_SINCE] === 0) return 0;
    const present = Math.max(0, nowMs - slots[STATE_SINCE]!);
    let all = present;
    for (let i = 0; i < METERED_STATES.length; i++) all += slots[STATES_AT + i]!;
    const wanted = stateIndex(state);
    const inState = slots[STATES_AT + wanted]! + (slots[STATE] === wanted ? present : 0);
    return all === 0 ? 0 : inState / all;
  }

  total(stat: Stat): number {
    return this.#slots[STATS_AT + STAT_INDEX[stat] * STAT_SLOTS]!;
  }

  read(stat: Stat, nowMs: number): StatReading {
    const slots = this.#slots;
    const at = STATS_AT + STAT_INDEX[stat] * STAT_SLOTS;
    const age = nowMs - slots[FILLING_SINCE]!;
    // Windows that have run out while nothing was noted count no more; reading moves nothing, for another thread writes.
    const hasFilling = slots[FILLING_SINCE]! > 0 && age < 2 * WINDOW_MS;
    const hasKept = hasFilling && slots[KEPT_SINCE]! > 0 && age < WINDOW_MS;
    const before = at + BEFORE;
    const fillingCount = hasFilling ? slots[at + COUNT]! : 0;
    const keptCount = hasKept ? slots[before + COUNT]! : 0;
    const count = fillingCount + keptCount;
    const sum = (hasFilling ? slots[at + SUM]! : 0) + (hasKept ? slots[before + SUM]! : 0);
    const sinceMs = hasKept ? slots[KEPT_SINCE]! : slots[FILLING_SINCE]!;
    const elapsedMs = Math.max(WINDOW_MS, nowMs - sinceMs);
    const of = (slot: number, choose: (left: number, right: number) => number): number => {
      if (count === 0) return 0;
      if (keptCount === 0) return slots[at + slot]!;
      return fillingCount === 0 ? slots[before + slot]! : choose(slots[at + slot]!, slots[before + slot]!);
    };
    return {
      total: slots[at + TOTAL]!,
      count,
      rate: count === 0 ? 0 : (sum * 1000) / elapsedMs,
      average: count === 0 ? 0 : sum / count,
      max: of(MAX, Math.max),
      min: of(MIN, Math.min),
    };
  }

  /** One field of {@link read}, without the object: a scrape asks for dozens of them a task. */
  figure(stat: Stat, field: keyof StatReading, nowMs: number): number {
    const slots = this.#slots;
    const at = STATS_AT + STAT_INDEX[stat] * STAT_SLOTS;
    if (field === 'total') return slots[at + TOTAL]!;
    // A stat that was never noted, and windows that have long run out, are the common case with many quiet tasks.
    const age = nowMs - slots[FILLING_SINCE]!;
    if (age >= 2 * WINDOW_MS || (slots[at + COUNT] === 0 && slots[at + BEFORE + COUNT] === 0)) return 0;
    return this.read(stat, nowMs)[field];
  }

  #roll(nowMs: number): void {
    const slots = this.#slots;
    const since = slots[FILLING_SINCE]!;
    if (since > 0 && nowMs - since < WINDOW_MS) return;
    const keeps = since > 0 && nowMs - since < 2 * WINDOW_MS;
    for (let stat = 0; stat < STATS.length; stat++) {
      const at = STATS_AT + stat * STAT_SLOTS;
      for (let slot = SUM; slot <= MIN; slot++) {
        slots[at + BEFORE + slot] = keeps ? slots[at + slot]! : 0;
        slots[at + slot] = 0;
      }
    }
    slots[KEPT_SINCE] = keeps ? since : 0;
    slots[FILLING_SINCE] = keeps ? since + WINDOW_MS : nowMs;
  }
}

function stateIndex(state: string): number {
  const index = METERED_STATES.indexOf(state as MeteredState);
  return index < 0 ? METERED_STATES.length - 1 : index;
}

function indexOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>;
}
