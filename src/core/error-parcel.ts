// Errors as plain data, so that they can go from one thread to another and arrive as what they were: code, kind, parts, causes
// and trace. (A structured copy would keep none of a TributaryError but its message.)
import { type ErrorKind, type ErrorParts, TributaryError } from './errors.ts';

const CAUSES_MAX = 6;

/** An error on its way. Holds nothing but plain data. */
export interface ErrorParcel {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** `TRIB_…`, or the `code` of a system error; null when it has none. */
  readonly code: string | null;
  /** Null: not an error of the product. */
  readonly kind: ErrorKind | null;
  /** Without the cause. */
  readonly parts: ErrorParts | null;
  readonly cause: ErrorParcel | null;
}

/** Packs whatever was thrown; plugins throw texts, null and objects, too. */
export function packError(error: unknown, depth = 0): ErrorParcel {
  if (!(error instanceof Error)) {
    const message = textOf(error);
    return { name: 'Error', message, stack: `Error: ${message}`, code: null, kind: null, parts: null, cause: null };
  }
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  const known = error instanceof TributaryError ? error : null;
  return {
    name: String(name),
    message: String(message),
    stack: String(stack ?? ''),
    code: typeof code === 'string' ? code : null,
    kind: known?.kind ?? null,
    parts: known === null ? null : plainParts(known.parts),
    cause: cause === undefined || cause === null || depth >= CAUSES_MAX ? null : packError(cause, depth + 1),
  };
}

/** The error that was packed. */
export function unpackError(parcel: ErrorParcel): Error {
  const { name, message, stack, code, kind, parts } = parcel;
  const cause = parcel.cause === null ? {} : { cause: unpackError(parcel.cause) };
  const error =
    kind === null || parts === null
      ? Object.assign(new Error(message, cause), code === null ? {} : { code })
      : new TributaryError(code ?? 'TRIB_BUG', kind, { ...parts, ...cause });
  error.name = name;
  error.stack = stack;
  return error;
}

/** What anybody threw, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

function plainParts({ what, where, fix, line, column, statementIndex }: ErrorParts): ErrorParts {
  return {
    what,
    ...(where === undefined ? {} : { where }),
    ...(fix === undefined ? {} : { fix }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(statementIndex === undefined ? {} : { statementIndex }),
  };
}

function textOf(thrown: unknown): string {
  try {
    return typeof thrown === 'object' && thrown !== null ? (JSON.stringify(thrown) ?? 'object') : String(thrown);
  } catch {
    return 'something that has no text';
  }
}
