// Random values for property tests from a seed, which the test prints when it fails.

/** 64 random bits a call. */
export function seededBits(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return state ^ (state >> 29n);
  };
}

/** Integers of 64 bits, small ones as likely as large ones. */
export function seededLongs(seed: bigint, count: number): bigint[] {
  const next = seededBits(seed);
  return Array.from({ length: count }, () => BigInt.asIntN(64, next()) >> (next() >> 58n));
}
