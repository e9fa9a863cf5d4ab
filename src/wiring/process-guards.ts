// The last net of the process: errors that no code caught on the main thread.
//
// Law: plugin code must not end the host, and a host whose own beliefs broke must not go on. So a rejection that nobody handles is
// logged with its stack and the host stays, unless it is a bug of ours; an exception that nobody catches ends the host, unless
// it comes out of third-party code (which is on this thread only with `task.isolation=none`).
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TributaryError } from '../core/errors.ts';

/** Exit code of a process that found a fault in itself. */
const EXIT_BUG = 70;

export type Uncaught = 'rejection' | 'exception';

/** Whether the host goes on. `root`: the folder of the product's code. */
export function verdictOn(error: unknown, kind: Uncaught, root: string): 'stay' | 'exit' {
  if (error instanceof TributaryError && error.kind === 'bug') return 'exit';
  if (kind === 'rejection') return 'stay';
  return isForeign(error, root) ? 'stay' : 'exit';
}

/** Installs the net. `complain` is given the text of an error and whether the host goes on. */
export function guardProcess(complain: (text: string, verdict: 'stay' | 'exit') => void): void {
  // From `src/wiring`, or from `dist/src/wiring`: the folder above `src`.
  const root = join(import.meta.dirname, '..', '..');
  const act = (error: unknown, kind: Uncaught): void => {
    const verdict = verdictOn(error, kind, root);
    complain(error instanceof Error ? (error.stack ?? error.message) : String(error), verdict);
    if (verdict === 'exit') process.exit(EXIT_BUG);
  };
  process.on('unhandledRejection', (reason) => act(reason, 'rejection'));
  process.on('uncaughtException', (error) => act(error, 'exception'));
}

/** True when the code that threw is neither ours nor Node's: the first frame decides. */
function isForeign(error: unknown, root: string): boolean {
  if (!(error instanceof Error)) return true; // our code throws errors only
  const frame = (error.stack ?? '').split('\n').find((line) => /^\s+at /.test(line) && !line.includes('(node:'));
  const place = /(?:\(|at )((?:file:\/\/)?\/[^)]*?):\d+:\d+\)?$/.exec(frame ?? '')?.[1];
  if (place === undefined) return false;
  const file = place.startsWith('file:') ? fileURLToPath(place) : place;
  const ours = ['src', 'connectors', 'node_modules', 'dist'].some((name) => file.startsWith(join(root, name) + sep));
  return !ours && dirname(file) !== root;
}
