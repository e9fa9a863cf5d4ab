// Plans and literals as JSON text, exactly: JSON has no big integers, bytes, maps or infinities, so these go as tagged objects.
//
// Law: `parseTagged(tagged(x))` equals x for all data that a command holds. A tag is an object with the one key `$…`.

/** JSON text of plain data with bigint, Uint8Array, Map and non-finite numbers in it. */
export function tagged(value: unknown): string {
  return JSON.stringify(encode(value));
}

/** The data that `tagged` wrote. */
export function parseTagged(text: string): unknown {
  return decode(JSON.parse(text));
}

function encode(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  switch (typeof value) {
    case 'bigint':
      return { $long: value.toString() };
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $double: Object.is(value, -0) ? '-0' : String(value) };
    case 'object':
      return encodeObject(value);
    default:
      return value;
  }
}

function encodeObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [encode(key), encode(item)]) };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encode(item)]));
}

function decode(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(decode);
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [name, item] = entries[0]!;
    switch (name) {
      case '$long':
        return BigInt(item as string);
      case '$double':
        return Number(item);
      case '$bytes':
        return Buffer.from(item as string, 'base64');
      case '$map':
        return new Map((item as [unknown, unknown][]).map(([key, entry]) => [decode(key), decode(entry)]));
    }
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, decode(item)]));
}
