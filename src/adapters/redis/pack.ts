// Many byte strings as one argument of a script, in the form that Redis' own `cmsgpack.unpack` reads.
//
// A command of ten thousand arguments costs the client a copy and an object each; packed they cost an eighth of the CPU, and
// Redis has less to parse too (measured with 50,000 entries of 20 bytes: 1.3 to 0.15, and 2.0 to 1.6 CPU seconds a million).

const ARRAY_BYTES = 5;
const ITEM_OVERHEAD_BYTES = 5;
/** Below this a loop beats the call into native code. */
const COPY_BY_LOOP_BYTES = 32;

/** A MessagePack array of raw strings. */
export function packed(items: readonly Buffer[]): Buffer {
  let bytes = ARRAY_BYTES;
  for (let i = 0; i < items.length; i++) bytes += items[i]!.length + ITEM_OVERHEAD_BYTES;
  const out = Buffer.allocUnsafe(bytes);
  out[0] = 0xdd;
  let at = out.writeUInt32BE(items.length, 1);
  for (let i = 0; i < items.length; i++) at = packItem(items[i]!, out, at);
  return out.subarray(0, at);
}

function packItem(item: Buffer, out: Buffer, start: number): number {
  const { length } = item;
  let at = start;
  if (length < 32) out[at++] = 0xa0 | length;
  else if (length < 256) {
    out[at++] = 0xd9;
    out[at++] = length;
  } else {
    out[at++] = 0xdb;
    at = out.writeUInt32BE(length, at);
  }
  if (length < COPY_BY_LOOP_BYTES) for (let i = 0; i < length; i++) out[at + i] = item[i]!;
  else out.set(item, at);
  return at + length;
}
