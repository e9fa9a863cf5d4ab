import { TributaryError } from '../../core/errors.ts';

/** A call that no correct caller makes. */
export function misplaced(what: string): TributaryError {
  return new TributaryError('TRIB_BUG', 'bug', { what: `Broken belief: no ${what}.`, fix: 'Please report this.' });
}
