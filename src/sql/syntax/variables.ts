// ${name}: textual substitution before a statement is parsed.
//
// Inside a text the value's quotes are doubled, so it cannot end the text. As a name it must be one, as a literal it must be one:
// a value never smuggles in more than one token.
import { nearest, quoted } from '../../core/errors.ts';
import { sqlError } from '../errors.ts';
import { skipBlank } from './lexer.ts';

const REFERENCE = /\$\{([A-Za-z0-9_@]+)\}/y;
const ESCAPED = /\$\$\{[A-Za-z0-9_@]+\}/y;
const NAME = /^[A-Za-z_][A-Za-z0-9_@]*$/;
const LITERAL = /^(?:'(?:[^']|'')*'|true|false|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)$/i;

export type Variables = Readonly<Record<string, string>>;

/** The statement with its variables replaced. Throws E-VAR errors. */
export function substituteVariables(text: string, variables: Variables): string {
  if (!text.includes('${')) return text;
  let out = '';
  let at = 0;
  while (at < text.length) {
    const blank = skipBlank(text, at);
    const char = text[at]!;
    if (blank > at) {
      out += text.slice(at, blank);
      at = blank;
    } else if (char === "'" || char === '"' || char === '`') {
      const end = endOfQuoted(text, at);
      out += char + insideQuotes(text.slice(at + 1, end), { quote: char, variables, text, start: at + 1 });
      at = end;
      if (at < text.length) out += text[at++];
    } else {
      const found = referenceAt(text, at);
      out += found === null ? char : bareValue(found, { variables, text, before: out });
      at = found === null ? at + 1 : found.end;
    }
  }
  return out;
}

interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

function referenceAt(text: string, at: number): Reference | null {
  ESCAPED.lastIndex = at;
  if (ESCAPED.test(text))
    return { name: text.slice(at + 1, ESCAPED.lastIndex), start: at, end: ESCAPED.lastIndex, escaped: true };
  REFERENCE.lastIndex = at;
  const match = REFERENCE.exec(text);
  return match === null ? null : { name: match[1]!, start: at, end: REFERENCE.lastIndex, escaped: false };
}

function endOfQuoted(text: string, at: number): number {
  const quote = text[at]!;
  for (let end = text.indexOf(quote, at + 1); end >= 0; end = text.indexOf(quote, end + 2)) {
    if (text[end + 1] !== quote) return end;
  }
  return text.length;
}

function insideQuotes(
  content: string,
  place: { readonly quote: string; readonly variables: Variables; readonly text: string; readonly start: number },
): string {
  let out = '';
  let at = 0;
  while (at < content.length) {
    const found = referenceAt(content, at);
    if (found === null) {
      out += content[at++];
      continue;
    }
    at = found.end;
    const value = found.escaped ? undefined : lookUp(place.variables, found.name);
    if (found.escaped) out += found.name;
    else if (value === undefined) {
      // In a text an unknown variable stays as written; in a quoted name it is a fault.
      if (place.quote !== "'") throw undefinedVariable(found, place);
      out += content.slice(found.start, found.end);
    } else if (place.quote === "'") out += value.replaceAll("'", "''");
    else out += stripQuotes(nameValue(value, { ...found, text: place.text, offset: place.start }));
  }
  return out;
}

/** Outside quotes: a literal where one may stand, else a name. */
function bareValue(
  found: Reference,
  place: { readonly variables: Variables; readonly text: string; readonly before: string },
): string {
  if (found.escaped) return found.name;
  const value = lookUp(place.variables, found.name);
  if (value === undefined) throw undefinedVariable(found, { ...place, start: 0 });
  if (LITERAL.test(value.trim())) return value;
  // After "=" only a literal can stand (WITH, SET), so the fault is named as one of a literal.
  if (/=\s*$/.test(place.before) && !NAME.test(stripQuotes(value))) {
    throw sqlError('VAR-2', {
      what: `The variable ${found.name} stands for a literal, but its value ${quoted(value)} is none.`,
      fix: `Put quotes into the value: DEFINE ${found.name} = '''${value}'''.`,
      span: [found.start, found.end],
      text: place.text,
    });
  }
  return nameValue(value, { ...found, text: place.text, offset: 0 });
}

function nameValue(value: string, place: Reference & { readonly text: string; readonly offset: number }): string {
  const bare = stripQuotes(value);
  if (NAME.test(bare)) return value;
  throw sqlError('VAR-1', {
    what: `The variable ${place.name} stands for a name, but its value ${quoted(value)} is none.`,
    fix: 'A name begins with a letter or "_" and goes on with letters, digits, "_" and "@".',
    span: [place.offset + place.start, place.offset + place.end],
    text: place.text,
  });
}

function stripQuotes(value: string): string {
  const quote = value[0];
  const wrapped = value.length >= 2 && (quote === '"' || quote === '`') && value.at(-1) === quote;
  return wrapped ? value.slice(1, -1) : value;
}

function lookUp(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function undefinedVariable(
  found: Reference,
  place: { readonly variables: Variables; readonly text: string; readonly start: number },
): Error {
  const near = nearest(found.name, Object.keys(place.variables));
  return sqlError('VAR-3', {
    what: `The variable ${found.name} is not defined.`,
    fix: near === null ? `Define it first: DEFINE ${found.name} = '…';` : `Did you mean ${near}?`,
    span: [place.start + found.start, place.start + found.end],
    text: place.text,
  });
}
