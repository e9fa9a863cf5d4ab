// Patterns that may take for ever and need what only going back can do (look-around, back references): the engine matches them, but
// under a watch, which interrupts it.
//
// Law: no match takes much longer than `LIMIT_MS`; what was not decided by then is an error of the record, never "no match".
// A watch costs about 0.2 ms, so texts on which no pattern of the kind takes long go without.

import { Script } from 'node:vm';
import { quoted, TributaryError } from '../errors.ts';

const LIMIT_MS = 50;
/** Going back doubles with each character: this many are done within milliseconds. */
const UNWATCHED_LENGTH = 16;
/** Where a watched script finds its work: it sees nothing but what is global. */
const WORK = Symbol.for('tributary.watched');

type Global = { [WORK]?: (() => void) | undefined };

/** A pattern that is matched under a watch. Throws `data` where that takes too long; a sequence of them costs 0.2 ms each. */
export class GuardedRegex extends RegExp {
  #script: Script | null = null;

  /** The language itself copies a pattern with other flags, to split by it and to find all matches. */
  constructor(native: RegExp, flags = native.flags) {
    super(native.source, flags);
  }

  override exec(text: string): RegExpExecArray | null {
    if (text.length <= UNWATCHED_LENGTH) return super.exec(text);
    let match: RegExpExecArray | null = null;
    this.#watched(() => {
      match = super.exec(text);
    }, text);
    return match;
  }

  #watched(work: () => void, text: string): void {
    this.#script ??= new Script(`globalThis[Symbol.for(${JSON.stringify(WORK.description)})]()`);
    const global = globalThis as Global;
    global[WORK] = work;
    try {
      this.#script.runInThisContext({ timeout: LIMIT_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw tooSlow(this.source, text);
      throw error;
    } finally {
      delete global[WORK];
    }
  }
}

function tooSlow(pattern: string, text: string): TributaryError {
  return new TributaryError('TRIB_REGEX_TOO_SLOW', 'data', {
    what: `Whether ${quoted(text)} matches ${quoted(pattern)} was not decided within ${LIMIT_MS} ms.`,
    fix: 'Let nothing that is repeated hold what is repeated, e.g. a+ in place of (a+)+, or do without look-around and back references.',
  });
}
