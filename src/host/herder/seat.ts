// A worker's place: alone, or in a group. What it owns, who leads, and for how long it may work.
import { type Lease, OWN_LEASE } from '../tasks/lease.ts';

/** Who answers a call: this worker, another one, or nobody that is known now. */
export type Place =
  | { readonly at: 'here' }
  | { readonly at: 'there'; readonly url: string }
  | { readonly at: 'unknown' };

export interface Seat {
  readonly lease: Lease;
  /** 0 for a worker that stands alone. */
  readonly generation: number;
  /** This worker writes connectors and tasks. */
  readonly isLeader: boolean;
  owns(item: string): boolean;
  leader(): Place;
  /** Where an item runs, as far as this worker can tell; a worker that does not lead only knows who does. */
  owner(item: string): Place;
  /** The items to be shared out have changed. */
  workChanged(): void;
  /** A write of this leader was fenced: another one writes. */
  deposed(): void;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Owns everything. */
export const ALONE: Seat = {
  lease: OWN_LEASE,
  generation: 0,
  isLeader: true,
  owns: () => true,
  leader: () => ({ at: 'here' }),
  owner: () => ({ at: 'here' }),
  workChanged: () => {},
  deposed: () => {},
  open: async () => {},
  close: async () => {},
};
