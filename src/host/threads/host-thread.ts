// One plugin thread as the main thread has it: what lives on it, what it was asked, and whether it is well.
//
// Law: a thread that does not answer is ended from here, without its help. Whoever lives on it is told whether it was to blame: it
// fails, or it goes on elsewhere.
import { unpackError } from '../../core/error-parcel.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Logger, Logs } from '../../core/log.ts';
import type { Clock } from '../../ports/clock.ts';
import { blockedLimitMb } from './kept-memory.ts';
import type { Ask, Order, Report, ThreadSeed } from './messages.ts';
import { Pulse } from './pulse.ts';
import type { ToldSamples } from './sample-changes.ts';

/** A started thread, as wiring makes it. */
export interface StartedThread {
  post(order: Order): void;
  /** Bytes its heap uses, also while it is blocked; null when it has ended. */
  heapBytes(): Promise<number | null>;
  /** Ends it by force, and everything that it has opened on this side. */
  terminate(): Promise<void>;
}

export interface ThreadStart {
  readonly name: string;
  readonly seed: ThreadSeed;
  readonly heapMaxMb: number;
  report(report: Report): void;
  /** It has ended by itself; null: without an error. Called at most once. */
  died(error: Error | null): void;
}
export type StartThread = (start: ThreadStart) => StartedThread;

/** A run or a connector instance that lives on a thread. */
export interface Resident {
  /** How long the thread may be blocked; null: for ever. */
  readonly hangLimitMs: number | null;
  readonly leaseUntilMs: number;
  /** For people: `connector orders task 1`. */
  readonly label: string;
  take(report: Report): void;
  /** The thread is gone. Null: it was not this one's doing, let it go on elsewhere. */
  orphaned(blame: TributaryError | null): void;
}

export interface HostThreadParts {
  readonly start: StartThread;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly log: Logger;
  readonly samples: ToldSamples;
  readonly name: string;
  readonly heapMaxMb: number;
  readonly hangTimeoutMs: number;
  /** Everything on it belongs to one connector: what kills it is that connector's doing. */
  readonly exclusive: boolean;
  /** Ticks it is kept with nothing on it. */
  readonly idleTicksMax: number;
}

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A thread that has not yet shown a first beat is still loading. */
const LOADING_MS = 30_000;
const MEGABYTE = 1024 * 1024;

export class HostThread {
  readonly #parts: HostThreadParts;
  readonly #pulse = new Pulse();
  readonly #thread: StartedThread;
  readonly #residents = new Map<number, Resident>();
  readonly #asked = new Map<number, Asked>();
  readonly #callNames = new Map<number, string>();
  readonly #loaded = Promise.withResolvers<void>();
  #levels: number;
  #lastAsk = 0;
  #beats = 0;
  #blockedMs = 0;
  #idleTicks = 0;
  #ended = false;
  #endedAtMs = 0;
  #isGone = false;
  #isMeasured = false;

  constructor(parts: HostThreadParts) {
    this.#parts = parts;
    this.#levels = parts.logs.revision;
    this.#pulse.leaseUntilMs = Number.POSITIVE_INFINITY;
    this.#thread = parts.start({
      name: parts.name,
      seed: { pulse: this.#pulse.shared, levels: parts.logs.ownLevels(), heapMaxMb: parts.heapMaxMb },
      heapMaxMb: parts.heapMaxMb,
      report: (report) => this.#take(report),
      died: (error) => this.#died(error),
    });
  }

  /** Resolves when the thread is loaded, or has ended before: limits of plugin calls count from here. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** For how long it has been there after its end: code that cannot be interrupted keeps a thread alive. */
  get lingersMs(): number {
    return this.#ended && !this.#isGone ? this.#parts.clock.now() - this.#endedAtMs : 0;
  }

  get load(): number {
    return this.#residents.size;
  }

  admit(id: number, resident: Resident): void {
    this.#residents.set(id, resident);
    this.#tellLease();
  }

  leave(id: number): void {
    this.#residents.delete(id);
  }

  post(order: Order): void {
    if (!this.#ended) this.#thread.post(order);
  }

  /** Asks once. Rejects with the thread's end, should it end before. */
  ask<T>(of: Ask): Promise<T> {
    if (this.#ended) return Promise.reject(gone(this.#parts.name, null));
    const id = ++this.#lastAsk;
    const answer = new Promise<T>((resolve, reject) => {
      this.#asked.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
    this.#thread.post({ order: 'ask', id, of });
    return answer;
  }

  /** What its plugins are at, for people. */
  doing(): string {
    const names = this.#pulse.suspects().map(({ call }) => this.#callNames.get(call) ?? 'unknown');
    return [...new Set(names)].join(', ') || 'the loading of the thread';
  }

  /** A few times a second, with the time that has passed. Answers false when the thread is of no use any more. */
  tick(elapsedMs: number): boolean {
    if (this.#ended) return false;
    if (this.#parts.logs.revision !== this.#levels) {
      this.#levels = this.#parts.logs.revision;
      this.#thread.post({ order: 'levels', levels: this.#parts.logs.ownLevels() });
    }
    this.#tellLease();
    this.#checkMemory();
    this.#checkBeat(elapsedMs);
    this.#idleTicks = this.#residents.size === 0 && this.#asked.size === 0 ? this.#idleTicks + 1 : 0;
    if (this.#idleTicks > this.#parts.idleTicksMax) this.end(null, null);
    return !this.#ended;
  }

  /**
   * Ends the thread. `blame` is what happened and `culprits` whose doing it was; null: nobody knows. On a thread of one connector all
   * are to blame then; on a shared one nobody is, and they go on apart.
   */
  end(blame: TributaryError | null, culprits: ReadonlySet<number> | null): void {
    if (this.#ended) return;
    this.#ended = true;
    const { log, name, exclusive, clock } = this.#parts;
    this.#endedAtMs = clock.now();
    this.#loaded.resolve();
    if (blame !== null) log.error('A plugin thread was ended.', { thread: name, error: blame.message });
    this.#thread
      .terminate()
      .catch((error: unknown) => {
        log.warn('A plugin thread did not end cleanly.', { thread: name, error: String(error) });
      })
      .finally(() => {
        this.#isGone = true;
      });
    for (const { reject } of this.#asked.values()) reject(blame ?? gone(name, null));
    this.#asked.clear();
    const residents = [...this.#residents];
    this.#residents.clear();
    for (const [id, resident] of residents) {
      const isToBlame = culprits === null ? exclusive : culprits.has(id);
      resident.orphaned(isToBlame ? (blame ?? gone(name, null)) : null);
    }
  }

  #take(report: Report): void {
    if (this.#ended) return;
    switch (report.report) {
      case 'answer': {
        const asked = this.#asked.get(report.id);
        this.#asked.delete(report.id);
        if (report.error === null) asked?.resolve(report.value);
        else asked?.reject(unpackError(report.error));
        return;
      }
      case 'ready':
        this.#loaded.resolve();
        return;
      case 'log':
        this.#parts.logs.relay(report.line);
        return;
      case 'samples':
        this.#parts.samples.add(report.samples);
        return;
      case 'name':
        this.#callNames.set(report.call, report.name);
        return;
      case 'fault':
        this.#faulted(report.run, unpackError(report.error));
        return;
      case 'reconfigure':
      case 'raise':
        this.#residents.get(report.run === 0 ? -report.instance : report.run)?.take(report);
        return;
      default:
        this.#residents.get(report.run)?.take(report);
    }
  }

  /** An error that no code caught, or an end of the process that was asked for. Only its owner fails, when it is known. */
  #faulted(run: number, cause: Error): void {
    const error = new TributaryError('TRIB_PLUGIN_FAULT', 'fatal', {
      what: `Plugin code failed outside of any call: ${cause.message}`,
      where: this.#label(run),
      fix: 'Catch the error in the plugin: await its promises, and handle the "error" events of what it opens.',
      cause,
    });
    // Whatever state the code left behind is gone with its thread.
    this.end(error, run === 0 ? null : new Set([run]));
  }

  #died(error: Error | null): void {
    if (this.#ended) return;
    const { name, heapMaxMb } = this.#parts;
    const isMemory = (error as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.end(isMemory ? outOfMemory(name, heapMaxMb, this.doing()) : gone(name, error), null);
  }

  /** Runs have the worker's lease; a connector instance needs none. */
  #tellLease(): void {
    let untilMs = Number.POSITIVE_INFINITY;
    for (const { leaseUntilMs } of this.#residents.values()) untilMs = Math.min(untilMs, leaseUntilMs);
    this.#pulse.leaseUntilMs = untilMs;
  }

  #checkMemory(): void {
    const { heapMaxMb, name } = this.#parts;
    if (this.#pulse.memoryBytes <= heapMaxMb * MEGABYTE) return;
    this.end(outOfMemory(name, heapMaxMb, this.doing()), null);
  }

  /** A blocked thread does not tell by itself what it uses, and may run full within a second. */
  #measure(): void {
    if (this.#isMeasured) return;
    this.#isMeasured = true;
    const { heapMaxMb, name } = this.#parts;
    const measure = async (): Promise<void> => {
      const bytes = await this.#thread.heapBytes();
      this.#isMeasured = false;
      if (bytes !== null && bytes > blockedLimitMb(heapMaxMb) * MEGABYTE) {
        this.end(outOfMemory(name, heapMaxMb, this.doing()), null);
      }
    };
    measure().catch(() => {
      this.#isMeasured = false;
    });
  }

  #checkBeat(elapsedMs: number): void {
    const { beats } = this.#pulse;
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#blockedMs = 0;
      return;
    }
    this.#blockedMs += elapsedMs;
    this.#measure();
    const limits = [...this.#residents.values()].map(({ hangLimitMs }) => hangLimitMs);
    const least = Math.min(...limits.map((limit) => limit ?? Number.POSITIVE_INFINITY));
    const hangMs = limits.length === 0 ? this.#parts.hangTimeoutMs : least;
    const limitMs = beats === 0 ? Math.max(hangMs, LOADING_MS) : hangMs;
    if (limitMs <= 0 || this.#blockedMs < limitMs) return;
    const suspects = this.#pulse.suspects();
    const owners = new Set(suspects.map(({ run }) => run).filter((run) => this.#residents.has(run)));
    const error = new TributaryError('TRIB_THREAD_BLOCKED', 'fatal', {
      what: `The thread of the plugin has been blocked for ${Math.round(this.#blockedMs / 1000)} s; it was at: ${this.doing()}.`,
      where: owners.size === 0 ? this.#parts.name : [...owners].map((run) => this.#label(run)).join(', '),
      fix: 'The thread was ended. Look for an endless loop, or for long work that must be cut into pieces; if it may take so long, raise "task.hang.timeout.ms".',
    });
    // With several under suspicion nothing is known of any.
    this.end(error, owners.size === 1 ? owners : null);
  }

  #label(run: number): string {
    return this.#residents.get(run)?.label ?? this.#parts.name;
  }
}

function outOfMemory(thread: string, heapMaxMb: number, doing: string): TributaryError {
  return new TributaryError('TRIB_THREAD_MEMORY', 'fatal', {
    what: `The thread of the plugin needs more than ${heapMaxMb} MB of memory; it was at: ${doing}.`,
    where: thread,
    fix: 'The thread was ended. Look for what the plugin keeps; if it may need so much, raise "task.thread.heap.max.mb".',
  });
}

function gone(thread: string, cause: Error | null): TributaryError {
  return new TributaryError('TRIB_THREAD_ENDED', 'fatal', {
    what: `The thread of the plugin has ended${cause === null ? '' : `: ${cause.message}`}.`,
    where: thread,
    fix: 'Look into the log for what ended it; a plugin must not end its process.',
    ...(cause === null ? {} : { cause }),
  });
}
