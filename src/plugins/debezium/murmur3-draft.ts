// The hash that Debezium's PartitionRouting calls murmur: a draft of the 128-bit x64 Murmur3 with constants of its own.
// The upper 32 bits of the first half are used.

const SEED = 9001n;

/** The hash of bytes, as a signed 32-bit number. */
export function murmur3Draft(bytes: Uint8Array): number {
  let h1 = 0x9368e53c2f6af274n ^ SEED;
  let h2 = 0x586dcd208f7cd3fdn ^ SEED;
  let c1 = 0x87c37b91114253d5n;
  let c2 = 0x4cf5ad432745937fn;
  const block = (first: bigint, second: bigint) => {
    const k1 = wrap(rotate(wrap(first * c1), 23n) * c2);
    h1 = plus(h1 ^ k1, h2);
    h2 = rotate(h2, 41n);
    const k2 = wrap(rotate(wrap(second * c2), 23n) * c1);
    h2 = plus(h2 ^ k2, h1);
    h1 = wrap(h1 * 3n + 0x52dce729n);
    h2 = wrap(h2 * 3n + 0x38495ab5n);
    c1 = wrap(c1 * 5n + 0x7b7d159cn);
    c2 = wrap(c2 * 5n + 0x6bce6396n);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - (bytes.length % 16);
  for (let at = 0; at < whole; at += 16) block(view.getBigUint64(at, true), view.getBigUint64(at + 8, true));
  if (whole < bytes.length) {
    const tail: [bigint, bigint] = [0n, 0n];
    for (let i = 0; whole + i < bytes.length; i++) {
      const signed = BigInt(view.getInt8(whole + i)) << BigInt(8 * (i % 8));
      tail[i < 8 ? 0 : 1] ^= wrap(signed);
    }
    block(tail[0], tail[1]);
  }
  h2 ^= BigInt(bytes.length);
  h1 = wrap(h1 + h2);
  h2 = wrap(h2 + h1);
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = wrap(h1 + h2);
  return Number(BigInt.asIntN(32, h1 >> 32n));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function plus(mixed: bigint, other: bigint): bigint {
  return wrap(mixed + other);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function finish(value: bigint): bigint {
  let mixed = wrap((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
  mixed = wrap((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}
