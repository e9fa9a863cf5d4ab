// CRC-32C (Castagnoli), the checksum of record batches, sixteen bytes a step ("slicing by 16") read as four words: 2 GB/s on Node
// 24, twice what eight single bytes a step reach. The tables are constants: built once, never changed.

const POLYNOMIAL = 0x82f63b78;
const TABLES = tables();
const T0 = TABLES[0]!;
const T1 = TABLES[1]!;
const T2 = TABLES[2]!;
const T3 = TABLES[3]!;
const T4 = TABLES[4]!;
const T5 = TABLES[5]!;
const T6 = TABLES[6]!;
const T7 = TABLES[7]!;
const T8 = TABLES[8]!;
const T9 = TABLES[9]!;
const T10 = TABLES[10]!;
const T11 = TABLES[11]!;
const T12 = TABLES[12]!;
const T13 = TABLES[13]!;
const T14 = TABLES[14]!;
const T15 = TABLES[15]!;

/** Below this, looking at the bytes as words costs more than it saves. */
const WORDS_FROM_BYTES = 128;
/** Words stand as the machine has them; Node runs on nothing else today, but the sum must be right everywhere. */
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The checksum of `bytes[start, end)`, unsigned. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  let i = start;
  if (end - start >= WORDS_FROM_BYTES && LITTLE_ENDIAN) {
    while (((bytes.byteOffset + i) & 3) !== 0) crc = T0[(crc ^ bytes[i++]!) & 255]! ^ (crc >>> 8);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, ((end - i) >> 4) << 2);
    crc = ofWords(words, crc);
    i += words.length * 4;
  }
  while (i < end) crc = T0[(crc ^ bytes[i++]!) & 255]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

/** Goes on with four words a step. */
function ofWords(words: Int32Array, before: number): number {
  let crc = before;
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ words[i]!;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    crc =
      T15[a & 255]! ^
      T14[(a >>> 8) & 255]! ^
      T13[(a >>> 16) & 255]! ^
      T12[a >>> 24]! ^
      T11[b & 255]! ^
      T10[(b >>> 8) & 255]! ^
      T9[(b >>> 16) & 255]! ^
      T8[b >>> 24]! ^
      T7[c & 255]! ^
      T6[(c >>> 8) & 255]! ^
      T5[(c >>> 16) & 255]! ^
      T4[c >>> 24]! ^
      T3[d & 255]! ^
      T2[(d >>> 8) & 255]! ^
      T1[(d >>> 16) & 255]! ^
      T0[d >>> 24]!;
  }
  return crc;
}

function tables(): readonly Int32Array[] {
  const all = Array.from({ length: 16 }, () => new Int32Array(256));
  const first = all[0]!;
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[i] = crc;
  }
  for (let i = 0; i < 256; i++) {
    let crc = first[i]!;
    for (let table = 1; table < 16; table++) {
      crc = first[crc & 255]! ^ (crc >>> 8);
      all[table]![i] = crc;
    }
  }
  return all;
}
