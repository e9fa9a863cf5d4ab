// Which message of its schema a payload holds: behind the registry's frame stand a count and positions, in zig-zag varints.
import { type Cursor, readVarint, writeVarint } from '../../core/data/long.ts';
import { TributaryError } from '../../core/errors.ts';
import type { ProtoFile, ProtoMessage } from './proto-schema.ts';

/** The position of the message among its siblings, level by level; a single 0 byte stands for the first message. */
export function messageIndex(bytes: Buffer, cursor: Cursor, end: number): readonly number[] {
  const count = Number(readVarint(bytes, cursor));
  if (count === 0) return [0];
  if (!(count > 0 && count < 100) || cursor.at + count > end) {
    throw new TributaryError('TRIB_PROTO_PAYLOAD', 'data', {
      what: `The payload names its message by ${count} steps.`,
    });
  }
  return Array.from({ length: count }, () => Number(readVarint(bytes, cursor)));
}

/** The message at a position. Throws `data` when there is none. */
export function messageAt(file: ProtoFile, index: readonly number[]): ProtoMessage {
  let message: ProtoMessage | undefined = file.messages[index[0] ?? 0];
  for (const step of index.slice(1)) message = message?.nested[step];
  if (message !== undefined) return message;
  throw new TributaryError('TRIB_PROTO_PAYLOAD', 'data', {
    what: `The payload names the message ${index.join('.')} of its schema, which has no such message.`,
  });
}

/** The bytes that name the message at a path. */
export function indexBytes(path: readonly number[]): Buffer {
  if (path.length === 1 && path[0] === 0) return Buffer.from([0]);
  const bytes = Buffer.alloc((path.length + 1) * 10);
  let end = writeVarint(bytes, 0, path.length);
  for (const step of path) end = writeVarint(bytes, end, step);
  return bytes.subarray(0, end);
}
