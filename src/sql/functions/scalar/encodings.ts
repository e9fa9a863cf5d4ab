// Text ↔ bytes: hex, utf8, ascii, base64; and numbers out of bytes.
import { readLong } from '../../../core/data/long.ts';
import { parseBase64 } from '../../../formats/json-text.ts';
import { evaluationError } from '../../errors.ts';
import { BIGINT, BYTES, DOUBLE, INTEGER, lenient, param, STRING, scalar, strict } from '../define.ts';

const ENCODINGS = ['hex', 'utf8', 'ascii', 'base64'];
type Encoding = 'hex' | 'utf8' | 'ascii' | 'base64';

function encodingOf(name: string): Encoding {
  const lower = name.toLowerCase();
  if (ENCODINGS.includes(lower)) return lower as Encoding;
  throw evaluationError('EVAL-12', `"${name}" is not an encoding: use hex, utf8, ascii or base64.`);
}

/** The bytes that a text of this encoding stands for. */
function bytesOf(text: string, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case 'hex':
      return bytesOfHex(text);
    case 'utf8':
      return new Uint8Array(Buffer.from(text, 'utf8'));
    case 'ascii':
      // What ASCII does not have becomes a question mark, as Java's encoder does.
      return Uint8Array.from([...text], (char) => (char.codePointAt(0)! < 128 ? char.charCodeAt(0) : 63));
    case 'base64': {
      const bytes = parseBase64(text);
      if (bytes === null) throw evaluationError('EVAL-12', `"${text.slice(0, 80)}" is not base64.`);
      return new Uint8Array(bytes);
    }
  }
}

function bytesOfHex(text: string): Uint8Array {
  const wrapped = /^[xX]'(.*)'$/s.exec(text);
  const prefixed = text.startsWith('0x');
  let digits = wrapped !== null ? wrapped[1]! : prefixed ? text.slice(2) : text;
  if (prefixed && digits.length % 2 === 1) digits = `0${digits}`;
  if (digits.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw evaluationError('EVAL-12', `"${text.slice(0, 80)}" is not hexadecimal.`);
  }
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

function textOf(bytes: Uint8Array, encoding: Encoding): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (encoding !== 'ascii') return buffer.toString(encoding);
  return Array.from(buffer, (byte) => (byte < 128 ? String.fromCharCode(byte) : '\uFFFD')).join('');
}

export const toBytes = scalar({
  name: 'TO_BYTES',
  category: 'BYTES',
  doc: 'The bytes that a text stands for in an encoding: hex, utf8, ascii or base64.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    strict([param('text', STRING), param('encoding', STRING)], BYTES, (text: string, encoding: string) =>
      bytesOf(text, encodingOf(encoding)),
    ),
  ],
  examples: [["FROM_BYTES(TO_BYTES('0x1aB', 'hex'), 'hex')", "'01AB'"]],
});

export const fromBytes = scalar({
  name: 'FROM_BYTES',
  category: 'BYTES',
  doc: 'The text of bytes in an encoding: hex (upper case), utf8, ascii or base64.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    strict([param('bytes', BYTES), param('encoding', STRING)], STRING, (bytes: Uint8Array, encoding: string) => {
      const kind = encodingOf(encoding);
      const text = textOf(bytes, kind);
      return kind === 'hex' ? text.toUpperCase() : text;
    }),
  ],
  examples: [
    ["FROM_BYTES(TO_BYTES('Ölf', 'utf8'), 'base64')", "'w5ZsZg=='"],
    ["FROM_BYTES(TO_BYTES('ab', 'ascii'), 'hex')", "'6162'"],
  ],
});

export const encode = scalar({
  name: 'ENCODE',
  category: 'STRING',
  doc: 'A text from one encoding to another; hex comes out in lower case.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    strict(
      [param('text', STRING), param('input', STRING), param('output', STRING)],
      STRING,
      (text: string, input: string, output: string) => {
        const from = encodingOf(input);
        const to = encodingOf(output);
        if (from === to) throw evaluationError('EVAL-12', `ENCODE from ${input} to ${output} changes nothing.`);
        return textOf(bytesOf(text, from), to);
      },
    ),
  ],
  examples: [
    ["ENCODE('48656c6c6f', 'hex', 'ascii')", "'Hello'"],
    ["ENCODE('Hello', 'utf8', 'hex')", "'48656c6c6f'"],
  ],
});

/** Exactly `size` bytes, big-endian after this. */
function inOrder(bytes: Uint8Array, size: number, order: string | null): DataView {
  if (bytes.length !== size) {
    throw evaluationError('EVAL-12', `${size} bytes are needed, ${bytes.length} were given.`);
  }
  const name = (order ?? '').toUpperCase();
  if (name !== 'BIG_ENDIAN' && name !== 'LITTLE_ENDIAN') {
    throw evaluationError('EVAL-12', `"${order}" is not a byte order: use BIG_ENDIAN or LITTLE_ENDIAN.`);
  }
  const copy = name === 'BIG_ENDIAN' ? bytes.slice() : bytes.slice().reverse();
  return new DataView(copy.buffer, copy.byteOffset, size);
}

function numberFromBytes(
  name: string,
  kind: { readonly type: typeof INTEGER; readonly size: number; readonly word: string },
  read: (view: DataView) => number | bigint,
) {
  const decode = (bytes: Uint8Array | null, order: string | null) =>
    bytes === null ? null : read(inOrder(bytes, kind.size, order));
  return scalar({
    name,
    category: 'BYTES',
    doc: `${kind.word} of ${kind.size} bytes in BIG_ENDIAN (default) or LITTLE_ENDIAN order.`,
    nulls: 'NULL when the bytes are NULL.',
    variants: [
      lenient([param('bytes', BYTES)], kind.type, (bytes: Uint8Array | null) => decode(bytes, 'BIG_ENDIAN')),
      lenient([param('bytes', BYTES), param('order', STRING)], kind.type, decode),
    ],
    examples:
      name === 'DOUBLE_FROM_BYTES'
        ? [[`${name}(TO_BYTES('3FF8000000000000', 'hex'))`, '1.5']]
        : [
            [`${name}(TO_BYTES('${'00'.repeat(kind.size - 1)}05', 'hex'))`, '5'],
            [`${name}(TO_BYTES('05${'00'.repeat(kind.size - 1)}', 'hex'), 'little_endian')`, '5'],
          ],
  });
}

export const intFromBytes = numberFromBytes('INT_FROM_BYTES', { type: INTEGER, size: 4, word: 'The INTEGER' }, (view) =>
  view.getInt32(0),
);
export const bigintFromBytes = numberFromBytes(
  'BIGINT_FROM_BYTES',
  { type: BIGINT, size: 8, word: 'The BIGINT' },
  (view) => readLong(new Uint8Array(view.buffer, view.byteOffset, 8), 0),
);
export const doubleFromBytes = numberFromBytes(
  'DOUBLE_FROM_BYTES',
  { type: DOUBLE, size: 8, word: 'The DOUBLE' },
  (view) => view.getFloat64(0),
);
