// The two faults of a transform: its settings cannot work, or a record is not what it can take.
import { TributaryError } from '../core/errors.ts';

/** A record that the transform cannot take. Thrown; the chain adds which transform. */
export function dataFault(what: string, fix?: string): TributaryError {
  return new TributaryError('TRIB_DATA_TRANSFORM', 'data', fix === undefined ? { what } : { what, fix });
}

/** Settings that parse but cannot work together. Thrown from `create`. */
export function configFault(what: string, fix?: string): TributaryError {
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', fix === undefined ? { what } : { what, fix });
}
