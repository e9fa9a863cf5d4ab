// Java properties files: worker settings and secret files come in this shape.

/** Name → value, in file order. Understands `=`, `:` and blank as separators, comments, continued lines, and escapes. */
export function parseProperties(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of logicalLines(text)) {
    const end = keyEnd(line);
    let rest = line.slice(end).replace(/^[ \t\f]+/, '');
    if (rest.startsWith('=') || rest.startsWith(':')) rest = rest.slice(1).replace(/^[ \t\f]+/, '');
    values[unescaped(line.slice(0, end))] = unescaped(rest);
  }
  return values;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let held = '';
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (held === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const continues = /(^|[^\\])(\\\\)*\\$/.test(line);
    held += continues ? line.slice(0, -1) : line;
    if (continues) continue;
    lines.push(held);
    held = '';
  }
  if (held !== '') lines.push(held);
  return lines;
}

function keyEnd(line: string): number {
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\') i++;
    else if ('=: \t\f'.includes(line[i]!)) return i;
  }
  return line.length;
}

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r', f: '\f' }[escaped] ?? escaped;
  });
}
