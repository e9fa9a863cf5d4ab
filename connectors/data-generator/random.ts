// Chance without state: a number drawn from where it is wanted, so that a record can be made again at any time.

/** Stirs `b` into `a`: an unsigned 32-bit number in which every bit hangs on every bit of both. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (b >>> 0), 0x9e3779b1) ^ Math.imul((b / 4294967296) | 0, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A whole number from `least` to `most`, by a draw. */
export function between(draw: number, least: number, most: number): number {
  const span = most - least + 1;
  // 21 further bits: spans of long numbers are wider than one draw.
  const unit = (draw * 2097152 + (mix(draw, 1) >>> 11)) / 9007199254740992;
  return least + Math.floor(unit * span);
}

/** A number from 0 up to, but not, 1. */
export function unit(draw: number): number {
  return draw / 4294967296;
}

/** The seed as text becomes a number. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
