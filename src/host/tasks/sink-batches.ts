// How what was fetched is cut into the batches that a sink is given.
import type { Records } from '../../ports/broker.ts';

/** A run of records of one fetched batch that goes into one `put`. */
export interface Piece {
  readonly records: Records;
  readonly from: number;
  readonly to: number;
}

/** Cuts fetched batches into puts of at most `rowsMax` records, filling each from several partitions. */
export function* batches(polled: readonly Records[], rowsMax: number): Iterable<readonly Piece[]> {
  let pieces: Piece[] = [];
  let room = rowsMax;
  for (const records of polled) {
    let from = 0;
    do {
      const to = Math.min(records.count, from + room);
      pieces.push({ records, from, to });
      room -= to - from;
      from = to;
      if (room === 0) {
        yield pieces;
        pieces = [];
        room = rowsMax;
      }
    } while (from < records.count);
  }
  if (pieces.length > 0) yield pieces;
}
