// StringConverter: any value as its text, text as text.
import type { Converter, ConverterDef, SchemaAndValue } from '../../connect/plugins.ts';
import { primitive } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { javaText } from './java-text.ts';
import { CONVERTER_TYPE, KAFKA_VERSION } from './parts.ts';

const SCHEMA = primitive('string', { optional: true });
const ABSENT: SchemaAndValue = { schema: SCHEMA, value: null };

export const stringConverter: ConverterDef = {
  kind: 'converter',
  name: 'StringConverter',
  classes: ['org.apache.kafka.connect.storage.StringConverter'],
  doc: 'Writes any value as its text and reads every payload as text. Null stays null.',
  version: KAFKA_VERSION,
  config: [
    CONVERTER_TYPE,
    {
      name: 'converter.encoding',
      type: 'STRING',
      fallback: 'UTF-8',
      importance: 'HIGH',
      width: 'MEDIUM',
      displayName: 'Encoding',
      doc: 'The character encoding of the text, by a name that Java knows.',
    },
  ],
  create: (config): Converter => {
    const encoding = encodingOf(String(config['converter.encoding'] ?? 'UTF-8'));
    return {
      prepareDecode: () => null,
      prepareEncode: () => null,
      decode: (_topic, bytes, start, end) =>
        start < 0 ? ABSENT : { schema: SCHEMA, value: encoding.decode(bytes, start, end) },
      encode: (_topic, schema, value) => (value === null ? null : encoding.encode(javaText(schema, value))),
    };
  },
};

interface Encoding {
  decode(bytes: Buffer, start: number, end: number): string;
  encode(text: string): Buffer;
}

const UTF_8: Encoding = {
  decode: (bytes, start, end) => bytes.toString('utf8', start, end),
  encode: (text) => Buffer.from(text, 'utf8'),
};
const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['utf8', UTF_8],
  ['iso88591', singleByte(255, (bytes, start, end) => bytes.toString('latin1', start, end))],
  ['latin1', singleByte(255, (bytes, start, end) => bytes.toString('latin1', start, end))],
  ['usascii', singleByte(127, decodeAscii)],
  ['ascii', singleByte(127, decodeAscii)],
  ['utf16', utf16(true)],
  ['utf16be', utf16(false)],
  [
    'utf16le',
    {
      decode: (bytes, start, end) => bytes.toString('utf16le', start, end),
      encode: (text) => Buffer.from(text, 'utf16le'),
    },
  ],
]);

function encodingOf(name: string): Encoding {
  const encoding = ENCODINGS.get(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
  if (encoding !== undefined) return encoding;
  throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `converter.encoding is ${quoted(name)}, which is no encoding known here.`,
    fix: 'Use UTF-8, ISO-8859-1, US-ASCII, UTF-16, UTF-16BE or UTF-16LE.',
  });
}

/** One byte a character; what does not fit is written as a question mark. */
function singleByte(highest: number, decode: Encoding['decode']): Encoding {
  return {
    decode,
    encode: (text) =>
      Buffer.from(Array.from(text, (char) => (char.codePointAt(0)! <= highest ? char : '?')).join(''), 'latin1'),
  };
}

function decodeAscii(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end).replace(/[\u0080-\u00ff]/g, '\ufffd');
}

/** Java's UTF-16 writes a byte order mark and big-endian, and reads either order. */
function utf16(marked: boolean): Encoding {
  return {
    decode: (bytes, start, end) => {
      const isLittle = marked && end - start >= 2 && bytes[start] === 0xff && bytes[start + 1] === 0xfe;
      const isBig = marked && end - start >= 2 && bytes[start] === 0xfe && bytes[start + 1] === 0xff;
      const even = Buffer.from(bytes.subarray(isLittle || isBig ? start + 2 : start, end - ((end - start) % 2)));
      return (isLittle ? even : even.swap16()).toString('utf16le');
    },
    encode: (text) => Buffer.from(marked ? `\ufeff${text}` : text, 'utf16le').swap16(),
  };
}
