// A clock whose sleepers can be kept asleep, as those of a process that is held up; its time goes on.
import type { Clock } from '../../src/ports/clock.ts';

export interface StoppableClock extends Clock {
  stop(): void;
  go(): void;
}

export function stoppableClock(clock: Clock): StoppableClock {
  let gate: Promise<void> = Promise.resolve();
  let open = (): void => {};
  return {
    now: () => clock.now(),
    sleep: async (ms, stop) => {
      await clock.sleep(ms, stop);
      await gate;
    },
    stop: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    go: () => open(),
  };
}
