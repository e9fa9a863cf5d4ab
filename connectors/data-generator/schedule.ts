// Which row a record is about: a pure function of its number.
//
// Numbers run in rounds. In a round every row comes at least once, in an order drawn once from the seed; with a skew, rows come more
// often the lower their number. So the version of a row, and where its last one stands, follow from the record's number
// alone, and nothing has to be remembered over a restart.
import { between, mix } from './random.ts';

/** The place of a record. */
export interface Place {
  /** Number of the row, from 0. */
  row: number;
  /** How often the row came before. */
  version: number;
  /** The number of the record that brought the row's last version; -1 when there is none. */
  before: number;
  /** The number of the record that brought its first version. */
  first: number;
}

/** No row comes more often than this in a round, however skewed. */
const SHARE_MAX = 1_000;

export interface Schedule {
  /** Fills in the place of record `sequence`. */
  place(sequence: number, place: Place): void;
}

/** Every record is a new row. */
export const NEW_ROWS: Schedule = {
  place: (sequence, place) => {
    place.row = sequence;
    place.version = 0;
    place.before = -1;
    place.first = sequence;
  },
};

/** `rows` rows that come again and again. `skew` 0: all as often; 1: the second half as often as the first, as words in a text. */
export function repeatedRows(rows: number, skew: number, seed: number): Schedule {
  const slots = shuffled(slotsOf(rows, skew), seed);
  const { length } = slots;
  const rank = new Int32Array(length);
  const beforeSlot = new Int32Array(length);
  const count = new Int32Array(rows);
  const firstSlot = new Int32Array(rows);
  const lastSlot = new Int32Array(rows).fill(-1);
  for (let slot = 0; slot < length; slot++) {
    const row = slots[slot]!;
    if (count[row] === 0) firstSlot[row] = slot;
    rank[slot] = count[row]!++;
    beforeSlot[slot] = lastSlot[row]!;
    lastSlot[row] = slot;
  }
  return {
    place: (sequence, place) => {
      const round = Math.floor(sequence / length);
      const slot = sequence - round * length;
      const row = slots[slot]!;
      place.row = row;
      place.version = round * count[row]! + rank[slot]!;
      place.first = firstSlot[row]!;
      if (beforeSlot[slot]! >= 0) place.before = round * length + beforeSlot[slot]!;
      else place.before = round === 0 ? -1 : (round - 1) * length + lastSlot[row]!;
    },
  };
}

function slotsOf(rows: number, skew: number): Int32Array {
  const shares = new Int32Array(rows);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const share = Math.round((rows / (row + 1)) ** skew);
    shares[row] = skew === 0 ? 1 : Math.min(Math.max(share, 1), SHARE_MAX);
    total += shares[row]!;
  }
  const slots = new Int32Array(total);
  let at = 0;
  for (let row = 0; row < rows; row++) for (let i = 0; i < shares[row]!; i++) slots[at++] = row;
  return slots;
}

function shuffled(slots: Int32Array, seed: number): Int32Array {
  for (let i = slots.length - 1; i > 0; i--) {
    const other = between(mix(seed, i), 0, i);
    const held = slots[i]!;
    slots[i] = slots[other]!;
    slots[other] = held;
  }
  return slots;
}
