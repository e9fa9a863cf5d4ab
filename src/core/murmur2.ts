// Kafka's default partitioner: murmur2 of the key bytes, so that our rows land where every other client puts them.

const SEED = 0x9747b28c | 0;
const MULTIPLIER = 0x5bd1e995;

/** Kafka's murmur2 of `bytes[start, end)`, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED ^ (end - start);
  const whole = start + ((end - start) & ~3);
  for (let i = start; i < whole; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const rest = end - whole;
  if (rest === 3) hash ^= bytes[whole + 2]! << 16;
  if (rest >= 2) hash ^= bytes[whole + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[whole]!, MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition Kafka's clients choose for a key among `partitionCount`. */
export function partitionOf(bytes: Uint8Array, start: number, end: number, partitionCount: number): number {
  return partitionCount === 1 ? 0 : (murmur2(bytes, start, end) & 0x7fffffff) % partitionCount;
}
