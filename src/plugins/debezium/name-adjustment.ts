// Debezium's `schema.name.adjustment.mode`: names of schemas made fit for Avro.

/** How characters that Avro refuses are replaced. */
export type NameAdjustment = (name: string) => string;

/** The adjustment of a mode: `none`, `avro` or `avro_unicode`, in any case. */
export function nameAdjustment(mode: string): NameAdjustment {
  switch (mode.trim().toLowerCase()) {
    case 'avro':
      return (name) => adjusted(name, /[^A-Za-z0-9_.]/g, () => '_');
    case 'avro_unicode':
      return (name) => adjusted(name, /[^A-Za-z0-9.]/g, unicodeText);
    default:
      return (name) => name;
  }
}

function adjusted(name: string, refused: RegExp, replacement: (char: string) => string): string {
  const plain = name.replace(refused, replacement);
  return /^[0-9]/.test(plain) ? `_${plain}` : plain;
}

function unicodeText(char: string): string {
  return `_u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
