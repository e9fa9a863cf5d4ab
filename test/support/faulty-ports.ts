// A broker and a state store that fail at the n-th asynchronous call: before it takes effect, or after it (the answer is lost).
import { TributaryError } from '../../src/core/errors.ts';
import type { Broker } from '../../src/ports/broker.ts';
import type { StateStore } from '../../src/ports/state-store.ts';

/** Counts asynchronous calls and fails some of them. */
export interface Faults {
  calls: number;
  /** The call that fails, from 1; 0: none. */
  readonly at: number;
  readonly when: 'before' | 'after';
  /** From the failing call on nothing works any more, as after kill −9. */
  readonly dead: boolean;
}

export function faultyBroker(broker: Broker, faults: Faults): Broker {
  return wrapped(broker, faults);
}

export function faultyStore(store: StateStore, faults: Faults): StateStore {
  return wrapped(store, faults);
}

/** Synchronous calls and async iterables pass through; promised objects are wrapped in turn. */
function wrapped<T extends object>(target: T, faults: Faults): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const isRead =
          name === 'lane' ||
          name === 'begin' ||
          name === 'scan' ||
          name === 'seek' ||
          name === 'pause' ||
          name === 'resume';
        if (isRead) return member.apply(object, args) as unknown;
        return guarded(() => member.apply(object, args) as Promise<unknown>, faults, name === 'close');
      };
    },
  });
}

async function guarded(call: () => Promise<unknown>, faults: Faults, isClose: boolean): Promise<unknown> {
  // Closing what a dead process held would be a graceful act: it must not happen, and must not count.
  const dead = faults.dead && faults.at > 0 && faults.calls >= faults.at;
  if (isClose) return dead ? undefined : call();
  faults.calls++;
  if (dead) throw lost();
  if (faults.calls !== faults.at) return answerOf(await call(), faults);
  if (faults.when === 'after') await call();
  throw lost();
}

function answerOf(answer: unknown, faults: Faults): unknown {
  const isPort = typeof answer === 'object' && answer !== null && 'close' in answer;
  return isPort ? wrapped(answer, faults) : answer;
}

function lost(): TributaryError {
  return new TributaryError('TRIB_TEST_FAULT', 'transient', { what: 'The connection was lost.' });
}
