// The bytes of a file, unzipped when they are gzip, whatever its name says.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TributaryError } from '../../core/errors.ts';
import { damaged } from './row-source.ts';

const READ_BYTES = 256 * 1024;

/** An opened file: its first bytes, and all of them as chunks. */
export interface FileBytes {
  /** Up to 64 bytes, unzipped. */
  readonly head: Buffer;
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes read of the file as it lies on the disk: what progress is measured by. */
  bytesRead(): number;
  close(): void;
}

/** Opens a file and looks at its content. Damaged gzip surfaces as an error of `chunks`. */
export async function openBytes(path: string, shownPath: string): Promise<FileBytes> {
  const zipped = await startsAsGzip(path, shownPath);
  const raw = createReadStream(path, { highWaterMark: READ_BYTES });
  const stream: Readable = zipped ? pipeline(raw, createGunzip({ chunkSize: READ_BYTES }), () => {}) : raw;
  const source = guarded(stream, shownPath)[Symbol.asyncIterator]();
  const start = await source.next();
  const head = start.done === true ? Buffer.alloc(0) : start.value.subarray(0, 64);
  return {
    head,
    chunks: joined(start.done === true ? null : start.value, source),
    bytesRead: () => raw.bytesRead,
    close: () => {
      stream.destroy();
      raw.destroy();
    },
  };
}

async function startsAsGzip(path: string, shownPath: string): Promise<boolean> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(shownPath, error);
  }
}

async function* guarded(stream: Readable, shownPath: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR')
      throw damaged(shownPath, null, 'The gzip data ends in the middle: the file was cut.', error);
    if (code?.startsWith('Z_') === true) throw damaged(shownPath, null, 'The gzip data is damaged.', error);
    throw unreadable(shownPath, error);
  }
}

async function* joined(first: Buffer | null, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first === null) return;
  yield first;
  yield* rest;
}

function unreadable(path: string, cause: unknown): TributaryError {
  return new TributaryError('TRIB_BACKFILL_FILE_UNREADABLE', 'config', {
    what: `The file cannot be read: ${cause instanceof Error ? cause.message : cause}.`,
    where: path,
    fix: 'Check that it is there and that the host may read it, then retry the back-fill.',
    cause,
  });
}
