// LIKE: `%` any run, `_` any one character, the whole text, case-sensitive. As in the reference neither crosses a line end.
import { evaluationError } from '../errors.ts';

// What Java's "." does not match.
const ANY = '[^\\n\\r\\u0085\\u2028\\u2029]';

/** Code for one pattern. Throws E-EVAL-11 when the pattern ends in its escape character. */
export function likeCode(pattern: string, escapeMark: string | null): (text: string) => boolean {
  const plain = !/[%_]/.test(pattern) && (escapeMark === null || !pattern.includes(escapeMark));
  if (plain) return (text) => text === pattern;
  const compiled = new RegExp(`^(?:${regexText(pattern, escapeMark)})$`, 'u');
  return (text) => compiled.test(text);
}

/** Code for patterns that come with the rows: keeps what the last pattern became. */
export function likeDynamic(escapeMark: string | null): (text: string, pattern: string) => boolean {
  let last: string | null = null;
  let test: (text: string) => boolean = () => false;
  return (text, pattern) => {
    if (pattern !== last) {
      test = likeCode(pattern, escapeMark);
      last = pattern;
    }
    return test(text);
  };
}

function regexText(pattern: string, escapeMark: string | null): string {
  let out = '';
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === escapeMark) {
      if (++i === characters.length) {
        throw evaluationError('EVAL-11', `The LIKE pattern "${pattern}" ends in its escape character.`);
      }
      out += literal(characters[i]!);
    } else if (character === '%') out += `${ANY}*`;
    else if (character === '_') out += ANY;
    else out += literal(character);
  }
  return out;
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
