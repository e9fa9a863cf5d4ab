// Opens a file by what is in it.

import { TributaryError } from '../../core/errors.ts';
import type { BackfillDefinition } from '../definition.ts';
import { openAvro } from './avro-rows.ts';
import { openCsv } from './csv-rows.ts';
import { openBytes } from './file-bytes.ts';
import { openNdjson } from './ndjson-rows.ts';
import type { RowSource } from './row-source.ts';

/** An opened file; `close` ends its reading early. */
export interface OpenedRows {
  readonly source: RowSource;
  /** Bytes of the file read so far. */
  bytesRead(): number;
  close(): void;
}

/** Opens the rows of a file. `shownPath` stands in messages. */
export async function openRows(path: string, shownPath: string, definition: BackfillDefinition): Promise<OpenedRows> {
  const file = await openBytes(path, shownPath);
  try {
    const format = formatOf(file.head, shownPath, definition.format);
    const { delimiter, header } = definition;
    const source =
      format === 'avro'
        ? await openAvro(file.chunks, shownPath)
        : format === 'ndjson'
          ? openNdjson(file.chunks, shownPath)
          : await openCsv(file.chunks, { path: shownPath, delimiter, header });
    return { source, bytesRead: file.bytesRead, close: file.close };
  } catch (error) {
    file.close();
    throw error;
  }
}

function formatOf(head: Buffer, path: string, stated: BackfillDefinition['format']): 'csv' | 'ndjson' | 'avro' {
  const magic = head.toString('latin1', 0, 4);
  if (magic === 'PAR1') {
    throw wrongFormat(path, 'The file is Parquet, which back-fills do not read.', 'Export as Avro, NDJSON or CSV.');
  }
  const isAvro = magic === 'Obj\x01';
  if (stated === null) return isAvro ? 'avro' : /^\s*\{/.test(head.toString('latin1')) ? 'ndjson' : 'csv';
  if (isAvro !== (stated === 'avro') && (isAvro || head.length > 0)) {
    const found = isAvro ? 'an Avro container' : 'no Avro container';
    throw wrongFormat(path, `The file is ${found}, but format says ${stated}.`, 'Mend format, or leave it out.');
  }
  return stated;
}

function wrongFormat(path: string, what: string, fix: string): TributaryError {
  return new TributaryError('TRIB_BACKFILL_FORMAT', 'config', { what, where: path, fix });
}
