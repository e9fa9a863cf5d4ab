// Small fakes shared by unit tests: a clock that never waits, a task context that remembers what it was told.
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import type { ConnectRecord, HttpAnswer, HttpClient, SinkTaskContext } from '../../src/connect/index.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** A clock at a fixed time which moves on by what is slept. */
export function fakeClock(startMs = 1_000_000): Clock & { slept: number[] } {
  let nowMs = startMs;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    sleep: async (ms) => {
      slept.push(ms);
      nowMs += ms;
    },
  };
}

/** Answers requests by a function; keeps them. */
export function fakeHttp(
  answer: (body: string, index: number) => HttpAnswer | Error,
): HttpClient & { bodies: string[] } {
  const bodies: string[] = [];
  return {
    bodies,
    send: async (request) => {
      const body = String(request.body);
      bodies.push(body);
      const given = answer(body, bodies.length - 1);
      if (given instanceof Error) throw given;
      return given;
    },
    close: async () => {},
  };
}

export interface RecordingContext extends SinkTaskContext {
  readonly rejected: { readonly offset: number; readonly why: string }[];
  readonly counters: Map<string, number>;
}

/** A sink task's context over fakes. */
export function sinkContext(
  parts: Partial<Pick<SinkTaskContext, 'http' | 'store' | 'signal' | 'clock'>> = {},
): RecordingContext {
  const rejected: { offset: number; why: string }[] = [];
  const counters = new Map<string, number>();
  return {
    connector: 'sink',
    task: 0,
    clock: parts.clock ?? fakeClock(),
    http: parts.http ?? fakeHttp(() => ({ status: 201, headers: {}, body: '{"message":"success"}' })),
    store: parts.store ?? new MemoryStateStore(fakeClock()),
    signal: parts.signal ?? new AbortController().signal,
    rejected,
    counters,
    log: () => {},
    count: (counter, by) => counters.set(counter, (counters.get(counter) ?? 0) + by),
    reject: (record: ConnectRecord, why: Error) => rejected.push({ offset: record.origin!.offset, why: why.message }),
    requestCommit: () => {},
    requestTaskReconfiguration: () => {},
    raise: () => {},
  };
}
