// An entry of the command topic: what one statement did, as the binder decided it.
import { TributaryError } from '../core/errors.ts';
import type { Records } from '../ports/broker.ts';
import type { Command } from '../sql/catalog/catalog.ts';
import { parseTagged, tagged } from './tagged-json.ts';

/** Entries of a later form are not read by this release. */
const ENTRY_VERSION = 1;

/** What one statement did. */
export interface LogEntry {
  readonly version: number;
  /** Kind of thing, name, action: `stream/\`X\`/create`. */
  readonly commandId: string;
  readonly statement: string;
  readonly properties: Readonly<Record<string, string>>;
  /** The connector that owns the queries made by it; null: the server itself. */
  readonly owner: string | null;
  readonly commands: readonly Command[];
  /** Pausing and resuming of queries. */
  readonly paused: readonly { readonly queryId: string; readonly paused: boolean }[];
  /** Made up by the host that wrote it, so that it knows its entry again. Absent in old entries. */
  readonly token?: string;
}

/** As it is written. */
export function encodeEntry(entry: Omit<LogEntry, 'version'>): Buffer {
  return Buffer.from(tagged({ version: ENTRY_VERSION, ...entry }));
}

/** Throws `fatal` for what this release cannot read: going on without it would be another catalog. */
export function parseEntry(records: Records, index: number): LogEntry {
  const where = `${records.topic}-${records.partition}@${records.offsets[index]!}`;
  try {
    const text = records.bytes.toString('utf8', records.valueStarts[index]!, records.valueEnds[index]!);
    const entry = parseTagged(text) as LogEntry;
    if (entry.version > ENTRY_VERSION) throw new Error(`the entry has version ${entry.version}`);
    return entry;
  } catch (error) {
    throw new TributaryError('TRIB_COMMAND_UNREADABLE', 'fatal', {
      what: `An entry of the command topic cannot be read: ${(error as Error).message}.`,
      where,
      fix: `This release reads entries up to version ${ENTRY_VERSION}: start the release that wrote it, or a newer one.`,
      cause: error,
    });
  }
}
