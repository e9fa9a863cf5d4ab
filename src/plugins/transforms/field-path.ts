// Kafka's field syntax V2: names joined by dots; a name with dots stands in backticks, a backtick within it behind a backslash.

import { configFault } from '../faults.ts';

/** The names of a path. Throws `config` for backticks that do not close. */
export function fieldPath(text: string): readonly string[] {
  const names: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] === '`') {
      const quoted = quotedName(text, at);
      names.push(quoted.name);
      at = quoted.end + 1;
    } else {
      const dot = text.indexOf('.', at);
      const end = dot < 0 ? text.length : dot;
      names.push(text.slice(at, end));
      at = end + 1;
    }
  }
  return names;
}

/** The name in backticks that starts at `start`; `end` is where the dot behind it, or the end, stands. */
function quotedName(text: string, start: number): { readonly name: string; readonly end: number } {
  let name = '';
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i]!;
    // Only a backtick before a dot or the end could close the name, so only there does a backslash escape it.
    const closes = char === '`' && (i + 1 === text.length || text[i + 1] === '.');
    if (!closes) name += char;
    else if (text[i - 1] === '\\') name = `${name.slice(0, -1)}\``;
    else return { name, end: i + 1 };
  }
  throw configFault(`Incomplete backtick pair in path: ${text} at position ${start}`, 'Close the backtick.');
}
