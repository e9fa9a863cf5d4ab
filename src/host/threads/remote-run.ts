// A run of a task that stands on a thread. When the thread goes down for another's fault, the run goes on on a new one as if
// nothing had been: it is one run for its task.
import { unpackError } from '../../core/error-parcel.ts';
import type { TributaryError } from '../../core/errors.ts';
import type { Offsets } from '../../ports/broker.ts';
import { hung } from '../tasks/call-watch.ts';
import type { IsolatedOrder, TaskRun } from '../tasks/isolation.ts';
import type { Retrying } from '../tasks/retry-note.ts';
import type { HostThread, Resident } from './host-thread.ts';
import type { Report, RunSpec } from './messages.ts';

export interface RemoteRunParts {
  readonly order: IsolatedOrder;
  readonly stopLimitMs: number;
  /** Throws what is wrong with the config. */
  specify(id: number, paused: boolean): RunSpec;
  /** A thread for the run; `alone`: one that it shares with nobody. */
  place(alone: boolean): HostThread;
  readonly nextId: () => number;
  /** The thread is the connector's own. */
  readonly exclusive: boolean;
}

export class RemoteRun implements TaskRun, Resident {
  readonly ended: Promise<void>;
  readonly label: string;
  idle = false;
  settled: Offsets = new Map();
  retrying: Retrying | null = null;
  hangLimitMs: number | null = null;
  readonly #parts: RemoteRunParts;
  readonly #done = Promise.withResolvers<void>();
  #thread: HostThread | null = null;
  #id = 0;
  #paused: boolean;
  #stopping = false;
  #alone = false;
  #isOver = false;

  constructor(parts: RemoteRunParts) {
    this.#parts = parts;
    this.ended = this.#done.promise;
    this.label = `connector ${parts.order.owner.name} task ${parts.order.task}`;
    this.#paused = parts.order.paused;
    this.#begin();
  }

  get leaseUntilMs(): number {
    return this.#parts.order.lease.untilMs;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#thread?.post({ order: 'pause', run: this.#id, paused });
  }

  stop(): void {
    this.#stopping = true;
    this.#thread?.post({ order: 'stop', run: this.#id });
  }

  letGo(): void {
    const thread = this.#thread;
    if (this.#isOver || thread === null) return;
    thread.end(hung('stop', this.#parts.stopLimitMs, this.label), new Set([this.#id]));
  }

  take(report: Report): void {
    const { order } = this.#parts;
    switch (report.report) {
      case 'became':
        order.became(report.state);
        return;
      case 'progress':
        this.idle = report.idle;
        this.settled = report.settled;
        this.retrying = report.retrying;
        return;
      case 'topic':
        order.owner.noteTopic(report.topic, report.direction);
        return;
      case 'reconfigure':
        order.owner.requestTaskReconfiguration();
        return;
      case 'raise':
        order.owner.raise(unpackError(report.error));
        return;
      case 'stuck':
        this.#thread?.end(hung(report.call, report.forMs, this.label), new Set([this.#id]));
        return;
      case 'ended':
        this.#finish(report.error === null ? null : unpackError(report.error));
    }
  }

  orphaned(blame: TributaryError | null): void {
    this.#thread = null;
    if (this.#stopping || blame !== null) this.#finish(blame);
    else {
      // Those of a shared thread that fell go on apart, so that the one who felled it shows.
      this.#alone = !this.#parts.exclusive;
      this.#begin();
    }
  }

  #begin(): void {
    const { specify, place, nextId } = this.#parts;
    this.retrying = null;
    try {
      this.#id = nextId();
      const spec = specify(this.#id, this.#paused);
      this.hangLimitMs = spec.hangLimitMs;
      const thread = place(this.#alone);
      this.#thread = thread;
      thread.admit(this.#id, this);
      thread.post({ order: 'run', spec });
    } catch (error) {
      this.#finish(error);
    }
  }

  #finish(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#thread?.leave(this.#id);
    this.#thread = null;
    if (error === null) this.#done.resolve();
    else this.#done.reject(error);
  }
}
