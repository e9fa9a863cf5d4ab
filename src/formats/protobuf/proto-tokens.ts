// Tokens of .proto text: words, numbers, strings without their quotes, single signs. Comments and white space are dropped.

export interface ProtoToken {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

const TOKEN =
  /(\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([A-Za-z_.][\w.]*|\d[\w.+]*)|([\s\S])/y;

/** The tokens of a text. */
export function tokensOf(text: string): ProtoToken[] {
  const tokens: ProtoToken[] = [];
  const pattern = new RegExp(TOKEN);
  let line = 1;
  for (let match = pattern.exec(text); match !== null && pattern.lastIndex <= text.length; match = pattern.exec(text)) {
    const [whole, blank, string] = match;
    if (blank === undefined) tokens.push({ text: string === undefined ? whole : unescaped(string), line });
    for (const character of whole) if (character === '\n') line++;
  }
  return tokens;
}

function unescaped(literal: string): string {
  const text = literal.slice(1, -1);
  return text.includes('\\') ? text.replace(/\\(.)/g, (_, sign: string) => ESCAPES[sign] ?? sign) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
