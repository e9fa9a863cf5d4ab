// JSON paths: `$`, then `.name`, `[name]`, `["quoted"]` in any order. Indices are 0-based.
import { evaluationError } from '../../errors.ts';

/** One step: the name, and the same as an index when it is digits. */
export interface PathStep {
  readonly name: string;
  readonly index: number | null;
}

const DOTTED = /\.([A-Za-z0-9_:@]+)/y;
const BRACKETED = /\[\s*([A-Za-z0-9_]+)\s*\]/y;
const QUOTED = /\[\s*"((?:[^"\\]|\\["\\])*)"\s*\]/y;

/** The steps of a path. Throws E-EVAL-18. */
export function parsePath(path: string): readonly PathStep[] {
  if (!path.startsWith('$')) throw malformed(path, 0);
  const steps: PathStep[] = [];
  let at = 1;
  while (at < path.length) {
    const step = stepAt(DOTTED, path, at) ?? stepAt(BRACKETED, path, at) ?? stepAt(QUOTED, path, at);
    if (step === null) throw malformed(path, at);
    const name = step.name.replace(/\\(["\\])/g, '$1');
    steps.push({ name, index: /^[0-9]{1,9}$/.test(name) ? Number(name) : null });
    at = step.end;
  }
  return steps;
}

function stepAt(form: RegExp, path: string, at: number): { readonly name: string; readonly end: number } | null {
  form.lastIndex = at;
  const match = form.exec(path);
  return match === null ? null : { name: match[1]!, end: form.lastIndex };
}

function malformed(path: string, at: number): Error {
  return evaluationError(
    'EVAL-18',
    `"${path.slice(0, 80)}" is not a JSON path (character ${at + 1}): write $, then .name, [0] or ["any name"].`,
  );
}
