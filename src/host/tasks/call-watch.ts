// Watches the calls of one run into plugin code: which have not returned, and since when.
//
// Law: a call may take as long as its limit; then the run is over, whatever the call does later. Waiting for input is no hanging: `poll`
// of a source and `run` of a processor have no limit (when they must end, `stop` has one).

import type { ProcessorTask, SinkTask, SourceTask } from '../../connect/connectors.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import type { ParsedConfig, RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { asError } from '../../core/error-parcel.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';

/** Shows calls to whoever watches the thread from outside; null on the main thread. */
export interface CallMarks {
  /** Makes a name known; its number is used from then on. */
  number(name: string): number;
  enter(call: number): number;
  leave(before: number): void;
  begin(call: number): number;
  end(slot: number): void;
}

interface Pending {
  readonly name: string;
  readonly sinceMs: number;
}

export class CallWatch {
  readonly #clock: Clock;
  readonly #marks: CallMarks | null;
  readonly #numbers = new Map<string, number>();
  readonly #pending = new Set<Pending>();

  constructor(clock: Clock, marks: CallMarks | null = null) {
    this.#clock = clock;
    this.#marks = marks;
  }

  /** Calls plugin code. What it throws arrives as an error, even when it is none. */
  async call<T>(name: string, limited: boolean, work: () => T | Promise<T>): Promise<T> {
    const entry: Pending = { name, sinceMs: this.#clock.now() };
    if (limited) this.#pending.add(entry);
    const number = this.#number(name);
    const slot = this.#marks?.begin(number) ?? -1;
    try {
      return await this.#entered(number, work);
    } catch (error) {
      throw asError(error);
    } finally {
      this.#marks?.end(slot);
      this.#pending.delete(entry);
    }
  }

  /** The limited call that has been out for longest, when that is longer than the limit. */
  overdue(limitMs: number): { readonly call: string; readonly forMs: number } | null {
    const nowMs = this.#clock.now();
    for (const { name, sinceMs } of this.#pending) {
      if (nowMs - sinceMs >= limitMs) return { call: name, forMs: nowMs - sinceMs };
    }
    return null;
  }

  #entered<T>(number: number, work: () => T): T {
    const marks = this.#marks;
    if (marks === null) return work();
    const before = marks.enter(number);
    try {
      return work();
    } finally {
      marks.leave(before);
    }
  }

  #number(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#marks?.number(name) ?? 0;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

/** How long a plugin call of a connector may take; null: for ever. What is ours has limits of its own, unless one is set. */
export function hangLimitMs(raw: RawConfig, isForeign: boolean, workerLimitMs: number): number | null {
  const own = parseSetting('LONG', raw['task.hang.timeout.ms'] ?? '');
  const limit = typeof own === 'number' ? own : isForeign ? workerLimitMs : 0;
  return limit > 0 ? limit : null;
}

/** The error of a run whose call did not return. */
export function hung(call: string, forMs: number, where: string): TributaryError {
  return new TributaryError('TRIB_TASK_HUNG', 'fatal', {
    what: `The plugin's ${call} has not returned for ${Math.round(forMs / 1000)} s.`,
    where,
    fix: 'The task was taken from it. Look for a promise that nobody settles or an endless loop in the plugin; if it may take so long, raise "task.hang.timeout.ms" of the connector.',
  });
}

/** The same tasks, with every call watched. */
export function watchedSink(task: SinkTask, watch: CallWatch): SinkTask {
  return {
    start: (config, raw, context) => watch.call('start', true, () => task.start(config, raw, context)),
    ...(task.open === undefined
      ? {}
      : { open: (partitions: readonly string[]) => watch.call('open', true, () => task.open!(partitions)) }),
    put: (batch: readonly ConnectRecord[]) => watch.call('put', true, () => task.put(batch)),
    preCommit: (handed) => watch.call('preCommit', true, () => task.preCommit(handed)),
    ...(task.close === undefined
      ? {}
      : { close: (partitions: readonly string[]) => watch.call('close', true, () => task.close!(partitions)) }),
    stop: () => watch.call('stop', true, () => task.stop()),
  };
}

export function watchedSource(task: SourceTask, watch: CallWatch): SourceTask {
  return {
    start: (config, raw, context) => watch.call('start', true, () => task.start(config, raw, context)),
    poll: () => watch.call('poll', false, () => task.poll()),
    ...(task.commit === undefined ? {} : { commit: () => watch.call('commit', true, () => task.commit!()) }),
    stop: () => watch.call('stop', true, () => task.stop()),
  };
}

export function watchedProcessor(task: ProcessorTask, watch: CallWatch): ProcessorTask {
  return {
    start: (config: ParsedConfig, raw, context) => watch.call('start', true, () => task.start(config, raw, context)),
    run: () => watch.call('run', false, () => task.run()),
    stop: () => watch.call('stop', true, () => task.stop()),
  };
}
