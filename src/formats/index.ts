// The one list of formats.
import { nearest, quoted, TributaryError } from '../core/errors.ts';
import { avro } from './avro.ts';
import { delimited } from './delimited.ts';
import type { Format } from './format.ts';
import { json } from './json.ts';
import { jsonSr } from './json-sr.ts';
import { kafka } from './kafka.ts';
import { none } from './none.ts';
import { protobuf, protobufNoSr } from './protobuf.ts';

/** All formats, in the order in which they are documented. */
export const FORMATS: readonly Format[] = [delimited, json, jsonSr, avro, protobuf, protobufNoSr, kafka, none];

/** The format of a name in any case; null when there is none. */
export function findFormat(name: string): Format | null {
  const wanted = name.toUpperCase();
  return FORMATS.find((format) => format.name === wanted) ?? null;
}

/** The format of a name in any case. Throws `sql` with the nearest known name. */
export function formatOf(name: string): Format {
  const format = findFormat(name);
  if (format !== null) return format;
  const names = FORMATS.map(({ name: known }) => known);
  const near = nearest(name.toUpperCase(), names);
  throw new TributaryError('TRIB_FORMAT_UNKNOWN', 'sql', {
    what: `Unknown format ${quoted(name)}.`,
    fix: near === null ? `Use one of ${names.join(', ')}.` : `Did you mean ${near}?`,
  });
}
