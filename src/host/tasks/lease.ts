// The right to work: a worker that may have lost its place in the group must not act on what others may own by now.
import { TributaryError } from '../../core/errors.ts';

/** Asked before every put, produce and commit. */
export interface Lease {
  /** By this process's clock. Infinity: nobody else could take the work over (no group). */
  readonly untilMs: number;
  holds(): boolean;
}

/** The lease of a worker that stands alone. */
export const OWN_LEASE: Lease = { untilMs: Number.POSITIVE_INFINITY, holds: () => true };

/** Throws `fenced` when the lease is over: a process that was held up for long finds out here, before it does harm. */
export function checkLease(lease: Lease): void {
  if (lease.holds()) return;
  throw new TributaryError('TRIB_LEASE_OVER', 'fenced', {
    what: 'This worker was out of touch with its group for longer than the session time-out, so others may run this task by now.',
    fix: 'The worker joins again by itself; look for long pauses of the process if this repeats.',
  });
}
