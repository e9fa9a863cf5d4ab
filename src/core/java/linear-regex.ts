// Patterns that can take for ever: those that repeat what itself repeats or chooses, such as `(a+)+`. Matched by going back and
// trying again, one text of sixty characters stops the process, and with it every connector.
//
// Law: where a pattern is of that kind and needs nothing that only going back can do (look-around, back references), it is
// matched in time that grows with the text alone, by RE2's method; where it does, the engine matches it under a watch. All other
// patterns stay with the engine, which is faster. All find the same match: the leftmost, and of those there the first in the order of the pattern.

import { RE2JS } from 're2js';
import { GuardedRegex } from './guarded-regex.ts';

/** The same pattern, matched in linear time, or under a watch where that is not possible; `native` itself where it is not needed. */
export function safeFromBlowUp(source: string, native: RegExp, whole: boolean): RegExp {
  const danger = dangerOf(source);
  if (danger === 'none') return native;
  if (danger === 'unclear') return new GuardedRegex(native);
  const flags = (native.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (native.dotAll ? RE2JS.DOTALL : 0);
  try {
    return new LinearRegex(native, RE2JS.compile(source, flags | (native.multiline ? RE2JS.MULTILINE : 0)), whole);
  } catch {
    return new GuardedRegex(native);
  }
}

/** Looks and matches as the native one does, whose other methods go through `exec`. */
class LinearRegex extends RegExp {
  readonly #linear: RE2JS;
  readonly #whole: boolean;

  /** The language itself copies a pattern with other flags, to split by it and to find all matches. */
  constructor(native: RegExp, given: RE2JS | string, whole = false) {
    super(native.source, typeof given === 'string' ? given : native.flags);
    this.#linear = native instanceof LinearRegex ? native.#linear : (given as RE2JS);
    this.#whole = native instanceof LinearRegex ? native.#whole : whole;
  }

  override exec(text: string): RegExpExecArray | null {
    const moves = this.global || this.sticky;
    const start = moves ? this.lastIndex : 0;
    const matcher = this.#linear.matcher(text);
    const found = start <= text.length && (this.#whole ? matcher.matches() : matcher.find(start));
    if (!found || (this.sticky && matcher.start() !== start)) {
      if (moves) this.lastIndex = 0;
      return null;
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
    if (moves) this.lastIndex = matcher.end();
    const match = Object.assign(groups, { index: matcher.start(), input: text }) as unknown as RegExpExecArray;
    const named = Object.entries(this.#linear.namedGroups()).map(([name, index]) => [name, groups[Number(index)]]);
    if (named.length > 0) match.groups = Object.fromEntries(named);
    return match;
  }
}

const REPEATED = /^(?:[*+]|\{[0-9]+,|\{(?!1\})[0-9]+\})/;
const INNERMOST_GROUP = /\((?:\?(?:[:=!>]|<[=!]|<[A-Za-z][A-Za-z0-9]*>|[a-z-]*:|[a-z]+(?=\))))?([^()]*)\)/;

/** Whether a group that is repeated holds something of varying length or a choice; `unclear` for what RE2 reads otherwise. */
function dangerOf(source: string): 'none' | 'unclear' | 'blows up' {
  const bare = source.replace(/\\[^Q]/gsu, 'x');
  // Quoted text, and unions and intersections of classes.
  if (bare.includes('\\Q') || /\[[^\]]*(?:\[|&&)/.test(bare)) return /\)[*+{]/.test(bare) ? 'unclear' : 'none';
  let left = bare.replace(/\[\^?\]?[^\]]*\]/g, 'x');
  for (;;) {
    const group = INNERMOST_GROUP.exec(left);
    if (group === null) return 'none';
    const varies = /[*+?{|]/.test(group[1]!);
    const after = left.slice(group.index + group[0].length);
    if (varies && REPEATED.test(after)) return 'blows up';
    left = `${left.slice(0, group.index)}${varies ? 'x?' : 'x'}${after}`;
  }
}
