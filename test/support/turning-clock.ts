// A clock for tests of whole tasks: time stands still while anything runs and jumps to the next wake-up when all wait.
import type { Clock } from '../../src/ports/clock.ts';

/** Turns of the event loop without which nothing is taken to be waiting. */
const QUIET_TURNS = 3;

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that moves only as fast as it is waited for: no test waits for real. */
export function turningClock(startMs = 1_000_000): Clock {
  let nowMs = startMs;
  let sleepers: Sleeper[] = [];
  let turning = false;
  let quiet = QUIET_TURNS;

  function turn(): void {
    quiet = QUIET_TURNS;
    const step = (): void => {
      if (quiet-- > 0) {
        setImmediate(step);
        return;
      }
      const next = sleepers.reduce<Sleeper | null>(
        (best, one) => (best === null || one.atMs < best.atMs ? one : best),
        null,
      );
      if (next === null) {
        turning = false;
        return;
      }
      sleepers = sleepers.filter((one) => one !== next);
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
      quiet = QUIET_TURNS;
      setImmediate(step);
    };
    setImmediate(step);
  }

  return {
    now: () => nowMs,
    sleep(ms, stop) {
      if (stop?.aborted === true) return Promise.resolve();
      if (ms <= 0) return new Promise((resolve) => setImmediate(resolve));
      return new Promise((resolve) => {
        const onStop = (): void => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          resolve();
        };
        const sleeper: Sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            stop?.removeEventListener('abort', onStop);
            resolve();
          },
        };
        sleepers.push(sleeper);
        // Who has just begun to wait may have set something off that takes a turn or two.
        quiet = QUIET_TURNS;
        stop?.addEventListener('abort', onStop, { once: true });
        if (!turning) {
          turning = true;
          turn();
        }
      });
    },
  };
}
