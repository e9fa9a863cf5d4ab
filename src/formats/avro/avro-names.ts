// Names that Avro allows, and what becomes of others with `scrub.invalid.names`: as Confluent's converter writes them, so that
// both give one schema. The name is encoded as in a URL and what is still not allowed becomes an underscore: `a-b` → `a_b`,
// `größe` → `gr_C3_B6_C3_9Fe`, `2nd` → `x2nd`.

/** True for one part of a name that Avro takes as it is. */
export function isAvroName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** The name with everything replaced that Avro does not allow. */
export function scrubbed(name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!~'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return (/^[A-Za-z_]/.test(encoded) ? encoded : `x${encoded}`).replace(/[^A-Za-z0-9_]/g, '_');
}
