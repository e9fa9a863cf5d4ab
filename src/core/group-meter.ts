// The figures of a worker's place in its group, as Kafka Connect publishes them. A worker that stands alone leaves them at zero.
//
// Fed once a round or heart-beat by whoever holds the membership; averages and maxima cover the last minute.

const WINDOW_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Durations of late. */
class Recent {
  #values: { readonly atMs: number; readonly ms: number }[] = [];
  total = 0;

  add(ms: number, nowMs: number): void {
    this.total++;
    this.#values.push({ atMs: nowMs, ms });
    this.#values = this.#values.filter(({ atMs }) => nowMs - atMs < HOUR_MS).slice(-5000);
  }

  within(windowMs: number, nowMs: number): readonly number[] {
    return this.#values.filter(({ atMs }) => nowMs - atMs < windowMs).map(({ ms }) => ms);
  }
}

/** What one kind of call took. `rate` is a second. */
export interface CallReading {
  readonly total: number;
  readonly rate: number;
  readonly average: number;
  readonly max: number;
}

/** The group as of now. */
export interface GroupReading {
  readonly leaderName: string;
  readonly protocol: string;
  readonly epoch: number;
  readonly rebalancing: boolean;
  readonly completed: number;
  readonly failed: number;
  readonly failedPerHour: number;
  readonly perHour: number;
  readonly rebalance: CallReading;
  /** Milliseconds of all rebalances together. */
  readonly rebalanceTotalMs: number;
  /** Null: never. */
  readonly sinceLastMs: number | null;
  readonly join: CallReading;
  readonly sync: CallReading;
  readonly heartbeat: CallReading;
  readonly sinceHeartbeatMs: number | null;
}

/** The figures of one worker's membership. */
export class GroupMeter {
  readonly #rebalances = new Recent();
  readonly #failures = new Recent();
  readonly #calls = { join: new Recent(), sync: new Recent(), heartbeat: new Recent() };
  #leaderName = '';
  #protocol = '';
  #epoch = 0;
  #beganMs: number | null = null;
  #endedMs: number | null = null;
  #heartbeatMs: number | null = null;
  #rebalanceTotalMs = 0;

  /** A round has begun: this worker joins, or was told to. A second call before the end counts once. */
  began(nowMs: number): void {
    this.#beganMs ??= nowMs;
  }

  /** The assignment of a round is in force. */
  ended(
    round: { readonly epoch: number; readonly leaderName: string; readonly protocol: string },
    nowMs: number,
  ): void {
    const tookMs = this.#beganMs === null ? 0 : nowMs - this.#beganMs;
    this.#rebalances.add(tookMs, nowMs);
    this.#rebalanceTotalMs += tookMs;
    this.#beganMs = null;
    this.#endedMs = nowMs;
    this.#epoch = round.epoch;
    this.#leaderName = round.leaderName;
    this.#protocol = round.protocol;
  }

  /** A round was given up: the session was lost, or the assignment could not be taken. */
  failed(nowMs: number): void {
    this.#failures.add(0, nowMs);
  }

  /** One request to the coordinator was answered. */
  call(kind: 'join' | 'sync' | 'heartbeat', tookMs: number, nowMs: number): void {
    this.#calls[kind].add(tookMs, nowMs);
    if (kind === 'heartbeat') this.#heartbeatMs = nowMs;
  }

  read(nowMs: number): GroupReading {
    return {
      leaderName: this.#leaderName,
      protocol: this.#protocol,
      epoch: this.#epoch,
      rebalancing: this.#beganMs !== null,
      completed: this.#rebalances.total,
      failed: this.#failures.total,
      failedPerHour: this.#failures.within(HOUR_MS, nowMs).length,
      perHour: this.#rebalances.within(HOUR_MS, nowMs).length,
      rebalance: readCalls(this.#rebalances, HOUR_MS, nowMs),
      rebalanceTotalMs: this.#rebalanceTotalMs,
      sinceLastMs: this.#endedMs === null ? null : nowMs - this.#endedMs,
      join: readCalls(this.#calls.join, WINDOW_MS, nowMs),
      sync: readCalls(this.#calls.sync, WINDOW_MS, nowMs),
      heartbeat: readCalls(this.#calls.heartbeat, WINDOW_MS, nowMs),
      sinceHeartbeatMs: this.#heartbeatMs === null ? null : nowMs - this.#heartbeatMs,
    };
  }
}

function readCalls(recent: Recent, windowMs: number, nowMs: number): CallReading {
  const values = recent.within(windowMs, nowMs);
  const sum = values.reduce((left, right) => left + right, 0);
  return {
    total: recent.total,
    rate: (values.length * 1000) / windowMs,
    average: values.length === 0 ? 0 : sum / values.length,
    max: values.length === 0 ? 0 : Math.max(...values),
  };
}
