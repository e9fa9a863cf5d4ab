// Parts of URLs, by the rules of java.net.URI.
import { evaluationError } from '../../errors.ts';
import { INTEGER, param, STRING, scalar, strict } from '../define.ts';
import type { ScalarFunction } from '../registry.ts';

interface Url {
  readonly scheme: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
  readonly query: string | null;
  readonly fragment: string | null;
}

const URI = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const ILLEGAL = /[\s"<>\\^`{|}\p{Cc}]|%(?![0-9a-fA-F]{2})/u;
const SERVER = /^(?:[^@]*@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*)(?::([0-9]*))?$/;

function parseUrl(text: string): Url {
  const illegal = ILLEGAL.exec(text);
  const match = illegal === null ? URI.exec(text) : null;
  if (match === null) {
    throw evaluationError('EVAL-19', `"${text.slice(0, 80)}" is not a URL (character ${(illegal?.index ?? 0) + 1}).`);
  }
  const [, scheme = null, authority = null, path = '', query = null, fragment = null] = match as unknown as [
    string,
    ...(string | undefined)[],
  ];
  // "mailto:x" is opaque: it has no path nor query.
  if (scheme !== null && authority === null && !path.startsWith('/')) {
    if (path === '')
      throw evaluationError('EVAL-19', `"${text.slice(0, 80)}" is not a URL: nothing follows the scheme.`);
    return { scheme, host: null, port: null, path: null, query: null, fragment };
  }
  // An authority that is not host and port is legal, but has no host.
  const server = authority === null || authority === '' ? null : SERVER.exec(authority);
  const port = server?.[2] === undefined || server[2] === '' ? null : Number(server[2]);
  return { scheme, host: server?.[1] || null, port, path, query, fragment };
}

/** Percent-decoding, where malformed UTF-8 becomes U+FFFD as in Java. */
function decoded(text: string | null): string | null {
  if (text === null || !text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

const url = param('url', STRING);

function extract(name: string, doc: string, pick: (parsed: Url) => string | null, example: string): ScalarFunction {
  return scalar({
    name,
    category: 'URL',
    doc,
    nulls: 'NULL for NULL and when the URL has no such part.',
    variants: [strict([url], STRING, (text: string) => decoded(pick(parseUrl(text))))],
    examples: [[`${name}('https://docs.example.com:8090/a%20b/c?x=1&y=p%26q#top')`, example]],
  });
}

export const urlExtractFragment = extract('URL_EXTRACT_FRAGMENT', 'The fragment.', (u) => u.fragment, "'top'");
export const urlExtractHost = extract('URL_EXTRACT_HOST', 'The host.', (u) => u.host, "'docs.example.com'");
export const urlExtractPath = extract('URL_EXTRACT_PATH', 'The path.', (u) => u.path, "'/a b/c'");
export const urlExtractProtocol = extract('URL_EXTRACT_PROTOCOL', 'The scheme.', (u) => u.scheme, "'https'");
export const urlExtractQuery = extract('URL_EXTRACT_QUERY', 'The query.', (u) => u.query, "'x=1&y=p&q'");

export const urlExtractPort = scalar({
  name: 'URL_EXTRACT_PORT',
  category: 'URL',
  doc: 'The port.',
  nulls: 'NULL for NULL and when the URL names none.',
  variants: [strict([url], INTEGER, (text: string) => parseUrl(text).port)],
  examples: [
    ["URL_EXTRACT_PORT('https://example.com:8090/')", '8090'],
    ["URL_EXTRACT_PORT('https://example.com/')", 'NULL'],
  ],
});

export const urlExtractParameter = scalar({
  name: 'URL_EXTRACT_PARAMETER',
  category: 'URL',
  doc: 'The value of the first such parameter of the query.',
  nulls: 'NULL when an argument is NULL or there is no such parameter; a bare name gives an empty text.',
  variants: [
    strict([url, param('name', STRING)], STRING, (text: string, name: string) => {
      const query = decoded(parseUrl(text).query);
      for (const part of query?.split('&') ?? []) {
        const equals = part.indexOf('=');
        if ((equals < 0 ? part : part.slice(0, equals)) === name) return equals < 0 ? '' : part.slice(equals + 1);
      }
      return null;
    }),
  ],
  examples: [
    ["URL_EXTRACT_PARAMETER('https://e.com/?a=1&b=x%20y', 'b')", "'x y'"],
    ["URL_EXTRACT_PARAMETER('https://e.com/?a=1', 'c')", 'NULL'],
  ],
});

export const urlEncodeParam = scalar({
  name: 'URL_ENCODE_PARAM',
  category: 'URL',
  doc: 'The text as a form field: blanks become +, other special characters %XX of their UTF-8 bytes.',
  nulls: 'NULL for NULL.',
  variants: [
    strict([param('text', STRING)], STRING, (text: string) =>
      text.toWellFormed().replace(/[^A-Za-z0-9\-_.*]/gu, (char) => {
        if (char === ' ') return '+';
        return Array.from(
          Buffer.from(char, 'utf8'),
          (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
        ).join('');
      }),
    ),
  ],
  examples: [["URL_ENCODE_PARAM('a b&ö')", "'a+b%26%C3%B6'"]],
});

export const urlDecodeParam = scalar({
  name: 'URL_DECODE_PARAM',
  category: 'URL',
  doc: 'The text of a form field.',
  nulls: 'NULL for NULL.',
  variants: [
    strict([param('text', STRING)], STRING, (text: string) => {
      if (/%(?![0-9a-fA-F]{2})/.test(text)) {
        throw evaluationError('EVAL-19', `"${text.slice(0, 80)}" holds a % without two hexadecimal digits.`);
      }
      return decoded(text.replaceAll('+', ' '));
    }),
  ],
  examples: [["URL_DECODE_PARAM('a+b%26%C3%B6')", "'a b&ö'"]],
});
