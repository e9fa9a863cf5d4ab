// The right to work: a worker that may have lost its place in the group must not act on what others may own by now.

/** Asked before every put, produce and commit. */
export interface Lease {
  /** By this process's clock. Infinity: nobody else could take the work over (no group). */
  readonly untilMs: number;
  holds(): boolean;
}

/** The lease of a worker that stands alone. */
export const OWN_LEASE: Lease = { untilMs: Number.POSITIVE_INFINITY, holds: () => true };
