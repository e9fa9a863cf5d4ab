// Wakes those who wait for something to change. They look again themselves.

import type { Clock } from '../../ports/clock.ts';

export class Signal {
  private waiters: (() => void)[] = [];

  notify(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const wake of waiters) wake();
  }

  /** Resolves at the next `notify`. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Resolves at the next `notify` or after `ms`. */
  async changedWithin(ms: number, clock: Clock): Promise<void> {
    const stop = new AbortController();
    const wake = (): void => stop.abort();
    this.waiters.push(wake);
    await clock.sleep(ms, stop.signal);
    if (!stop.signal.aborted) this.waiters.splice(this.waiters.indexOf(wake), 1);
  }
}
