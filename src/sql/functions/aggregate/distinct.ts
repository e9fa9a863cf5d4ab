// Counting distinct values in bounded space: HyperLogLog with 2^14 registers over 32-bit hashes.
//
// The state is an array of 32-bit integers. While it is shorter than DENSE it lists the distinct hashes themselves, which counts
// exactly; from then on it holds the registers, four a number, one byte each.
import { murmur2 } from '../../../core/murmur2.ts';

const INDEX_BITS = 14;
const REGISTERS = 1 << INDEX_BITS;
const DENSE = REGISTERS / 4;
const SPARSE_MAX = 1024;

/** A 32-bit hash. */
export function hashOf(text: string): number {
  // Kafka's hash mixes its low bits less well than its high ones; a finalizer spreads them.
  const bytes = Buffer.from(text, 'utf8');
  let hash = murmur2(bytes, 0, bytes.length);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** The state with one more hash. */
export function withHash(state: readonly number[], hash: number): number[] {
  if (state.length !== DENSE) {
    if (state.includes(hash)) return state as number[];
    if (state.length < SPARSE_MAX) return [...state, hash];
  }
  const registers = state.length === DENSE ? state.slice() : dense(state);
  return raise(registers, hash) ? registers : (state as number[]);
}

/** Both states together. */
export function joined(left: readonly number[], right: readonly number[]): number[] {
  if (right.length !== DENSE) return right.reduce<number[]>(withHash, left as number[]);
  if (left.length !== DENSE) return left.reduce<number[]>(withHash, right as number[]);
  return left.map((word, index) => {
    let out = 0;
    for (let shift = 0; shift < 32; shift += 8) {
      out |= Math.max((word >>> shift) & 255, (right[index]! >>> shift) & 255) << shift;
    }
    return out;
  });
}

/** How many distinct hashes the state has seen. */
export function estimate(state: readonly number[]): number {
  if (state.length !== DENSE) return state.length;
  let sum = 0;
  let zeros = 0;
  for (const word of state) {
    for (let shift = 0; shift < 32; shift += 8) {
      const rank = (word >>> shift) & 255;
      sum += 2 ** -rank;
      if (rank === 0) zeros++;
    }
  }
  const alpha = 0.7213 / (1 + 1.079 / REGISTERS);
  const raw = (alpha * REGISTERS * REGISTERS) / sum;
  const linear = raw <= 2.5 * REGISTERS && zeros > 0;
  const counted = linear ? REGISTERS * Math.log(REGISTERS / zeros) : raw;
  // Near 2^32 hashes collide; the usual correction.
  const corrected = counted > 2 ** 32 / 30 ? -(2 ** 32) * Math.log(1 - counted / 2 ** 32) : counted;
  return Math.round(corrected);
}

function dense(hashes: readonly number[]): number[] {
  const registers = new Array<number>(DENSE).fill(0);
  for (const hash of hashes) raise(registers, hash);
  return registers;
}

function raise(registers: number[], hash: number): boolean {
  const index = hash >>> (32 - INDEX_BITS);
  const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1;
  const word = registers[index >> 2]!;
  const shift = (index & 3) * 8;
  if (((word >>> shift) & 255) >= rank) return false;
  registers[index >> 2] = (word & ~(255 << shift)) | (rank << shift);
  return true;
}
