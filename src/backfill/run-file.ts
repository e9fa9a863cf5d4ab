// One file of a job: checked (every row read and converted, nothing sent), then loaded.
//
// Law: rows are appended in transactions that also hold the count of rows done: as the offset of the load's group on partition 0
// of the target topic, and in the ledger. After a crash exactly that many rows of the file are passed over, so a row is written
// once. The transactional id is the load's own: an older run that still lives is fenced before the count is read.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../core/bytes.ts';
import { TributaryError } from '../core/errors.ts';
import { partitionOf } from '../core/murmur2.ts';
import { formatOf } from '../formats/index.ts';
import type { Broker, Headers, Lane, TransactionalProducer } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { type BadRowReport, BadRows } from './bad-rows.ts';
import type { BackfillDefinition } from './definition.ts';
import type { PlannedFile } from './files.ts';
import { type FileEntry, fileKey, type Ledger } from './ledger.ts';
import { type OpenedRows, openRows } from './rows/open.ts';
import type { RowBatch } from './rows/row-source.ts';
import { BadRow, type Mapping, mappingOf, type Target } from './values/mapping.ts';

/** The header that marks back-filled rows; the engine lets them set state without announcing them. */
export const BACKFILL_HEADER = '__trib.backfill';
const TRANSACTION_ROWS = 10_000;

/** What a run needs. */
export interface FileRun {
  readonly id: string;
  readonly definition: BackfillDefinition;
  readonly file: PlannedFile;
  readonly folder: string;
  readonly target: Target;
  readonly signal: AbortSignal;
  /** Told after every batch. */
  readonly onProgress: (progress: FileProgress) => Promise<void>;
}
export interface LoadServices {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly clusterId: string;
}

export interface FileProgress {
  readonly rows: number;
  readonly bytes: number;
  readonly bad: number;
}
/** What a check or a load found. */
export interface FileResult extends FileProgress {
  readonly digest: string;
  readonly modifiedMs: number;
  readonly reports: readonly BadRowReport[];
}

/** Reads and converts all rows and sends nothing. Throws what a load would have met. */
export async function checkFile(run: FileRun): Promise<FileResult> {
  const { digest, modifiedMs } = await digestOf(run);
  const rows = await FileRows.open(run);
  try {
    for await (const batch of rows.batches()) {
      run.signal.throwIfAborted();
      rows.convert(batch, 0, () => {});
      await run.onProgress(rows.progress());
    }
  } finally {
    rows.close();
  }
  return { ...rows.progress(), bytes: run.file.bytes, digest, modifiedMs, reports: rows.bad.reports };
}

/**
 * Writes the rows that are not written yet.
 * @param checked what the check found; null when there was none.
 */
export async function loadFile(run: FileRun, checked: FileResult | null, services: LoadServices): Promise<FileResult> {
  const { digest, modifiedMs } = await digestOf(run);
  if (checked !== null && checked.digest !== digest) throw changed(run, 'it was checked');
  const group = `${services.clusterId}-backfill-${run.id}-${run.file.number}`;
  const producer = await services.broker.transact(group);
  try {
    const entry = await services.ledger.file(run.id, run.file.number);
    if (entry !== null && entry.rows > 0 && entry.digest !== digest) {
      throw changed(run, `its first ${entry.rows} rows were loaded`);
    }
    if (entry?.done === true) {
      return { rows: entry.rows, bad: entry.bad, bytes: run.file.bytes, digest, modifiedMs, reports: [] };
    }
    const key = partitionKey(run.target.topic, 0);
    const committed = (await services.broker.committed(group, [key])).get(key) ?? 0;
    const done = Math.max(committed, entry?.rows ?? 0);
    const loader = await Loader.open(run, services, producer, { group, key, done, digest });
    return { ...(await loader.run(checked?.rows ?? null)), digest, modifiedMs };
  } finally {
    // Closing an open transaction leaves it to be aborted by the next holder of the id.
    await producer.close();
  }
}

interface Place {
  readonly group: string;
  readonly key: string;
  /** Rows that earlier runs have written or skipped. */
  readonly done: number;
  readonly digest: string;
}

/** Rows of a file through the mapping; bad ones are counted and left out. */
class FileRows {
  rows = 0;
  readonly bad: BadRows;
  readonly mapping: Mapping;
  readonly #opened: OpenedRows;
  readonly #path: string;

  private constructor(opened: OpenedRows, mapping: Mapping, run: FileRun) {
    this.#opened = opened;
    this.#path = run.file.path;
    this.mapping = mapping;
    this.bad = new BadRows(run.definition.badRowsMax);
  }

  static async open(run: FileRun): Promise<FileRows> {
    const opened = await openRows(resolve(run.folder, run.file.path), run.file.path, run.definition);
    try {
      return new FileRows(opened, mappingOf(run.definition, run.target, opened.source.columns, run.file.path), run);
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  batches(): AsyncIterable<RowBatch> {
    return this.#opened.source.read(this.mapping.wanted);
  }

  /** Converts the batch's rows from `from` on and hands each good one over: it stands in the mapping during the call. */
  convert(batch: RowBatch, from: number, emit: () => void): void {
    const { rows } = batch;
    let i = from;
    while (i < rows.length) {
      // One `try` for the whole run of good rows; it is entered anew behind each bad one.
      try {
        for (; i < rows.length; i++) {
          const cells = rows[i]!;
          if (cells === null) break;
          this.mapping.convert(cells);
          emit();
        }
        if (i < rows.length) this.#report(batch, i, null, batch.faults.get(i) ?? 'the row cannot be read');
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        this.#report(batch, i, error.column, error.message);
      }
      i++;
    }
    this.rows += rows.length - from;
  }

  progress(): FileProgress {
    return { rows: this.rows, bytes: this.#opened.bytesRead(), bad: this.bad.count };
  }

  close(): void {
    this.#opened.close();
  }

  #report(batch: RowBatch, index: number, column: string | null, reason: string): void {
    this.bad.add({ file: this.#path, line: batch.lines[index]!, column, reason });
  }
}

/** Encodes rows and appends them to the target's partitions. */
class Loader {
  readonly #run: FileRun;
  readonly #services: LoadServices;
  readonly #producer: TransactionalProducer;
  readonly #place: Place;
  readonly #rows: FileRows;
  readonly #emit: () => void;
  #inTransaction = 0;
  #nowMs = 0;

  private constructor(
    run: FileRun,
    services: LoadServices,
    producer: TransactionalProducer,
    place: Place,
    rows: FileRows,
    emit: (nowMs: () => number) => () => void,
  ) {
    this.#run = run;
    this.#services = services;
    this.#producer = producer;
    this.#place = place;
    this.#rows = rows;
    this.#emit = emit(() => this.#nowMs);
  }

  static async open(
    run: FileRun,
    services: LoadServices,
    producer: TransactionalProducer,
    place: Place,
  ): Promise<Loader> {
    const { topic, key, value } = run.target;
    const rows = await FileRows.open(run);
    try {
      const writers = [writerOf(key, topic, true, services.registry), writerOf(value, topic, false, services.registry)];
      await Promise.all(writers.map((writer) => writer.prepare()));
      const emit = (nowMs: () => number): (() => void) => emitter(run, rows.mapping, writers, producer, nowMs);
      return new Loader(run, services, producer, place, rows, emit);
    } catch (error) {
      rows.close();
      throw error;
    }
  }

  /** @param expectedRows rows that the check has counted. */
  async run(expectedRows: number | null): Promise<Omit<FileResult, 'digest' | 'modifiedMs'>> {
    const { signal, onProgress, definition } = this.#run;
    let skip = this.#place.done;
    try {
      this.#producer.begin();
      for await (const batch of this.#rows.batches()) {
        signal.throwIfAborted();
        const from = Math.min(skip, batch.rows.length);
        skip -= from;
        if (from > 0) this.#passOver(batch, from, definition.badRowsMax > 0);
        this.#nowMs = this.#services.clock.now();
        this.#rows.convert(batch, from, this.#emit);
        this.#inTransaction += batch.rows.length - from;
        await this.#producer.drain();
        if (this.#inTransaction >= TRANSACTION_ROWS) {
          await this.#commit(false);
          this.#producer.begin();
        }
        await onProgress(this.#rows.progress());
      }
      if (skip > 0 || (expectedRows !== null && expectedRows !== this.#rows.rows))
        throw changed(this.#run, 'loading began');
      await this.#commit(true);
    } catch (error) {
      await this.#abort(error);
      throw error;
    } finally {
      this.#rows.close();
    }
    return { ...this.#rows.progress(), bytes: this.#run.file.bytes, reports: this.#rows.bad.reports };
  }

  /** Rows written by an earlier run: not sent, but bad ones among them are counted again. */
  #passOver(batch: RowBatch, count: number, countBad: boolean): void {
    const { rows, lines, faults } = batch;
    if (countBad) {
      this.#rows.convert({ rows: rows.slice(0, count), lines: lines.slice(0, count), faults }, 0, () => {});
    } else this.#rows.rows += count;
  }

  async #commit(done: boolean): Promise<void> {
    const { rows, bad } = this.#rows;
    const entry: FileEntry = { rows, bad: bad.count, digest: this.#place.digest, done };
    this.#services.ledger.append(this.#producer, fileKey(this.#run.id, this.#run.file.number), entry);
    await this.#producer.commit(this.#place.group, new Map([[this.#place.key, rows]]));
    this.#inTransaction = 0;
  }

  async #abort(error: unknown): Promise<void> {
    if (error instanceof TributaryError && error.kind === 'fenced') return;
    // A failing abort changes nothing: the transaction ends when the next run takes the id.
    await this.#producer.abort().catch(() => {});
  }
}

type Writer = ReturnType<ReturnType<typeof formatOf>['writer']>;

function writerOf(side: Target['key'], topic: string, isKey: boolean, registry: SchemaRegistry): Writer {
  const { schema, unwrapped, properties } = side;
  return formatOf(side.format).writer({ topic, isKey, schema, unwrapped, properties }, registry);
}

/** A function that appends the row standing in the mapping. */
function emitter(
  run: FileRun,
  mapping: Mapping,
  writers: readonly Writer[],
  producer: TransactionalProducer,
  nowMs: () => number,
): () => void {
  const { topic, partitions } = run.target;
  const headers: Headers = [[BACKFILL_HEADER, Buffer.from(run.id)]];
  const [keyWriter, valueWriter] = writers as [Writer, Writer];
  const keyOut = new ByteWriter();
  const valueOut = new ByteWriter();
  const lanes: Lane[] = [];
  let spread = run.file.number;
  return () => {
    keyOut.reset();
    valueOut.reset();
    const hasKey = mapping.key.length > 0 && keyWriter.write(mapping.key, keyOut);
    const hasValue = valueWriter.write(mapping.value, valueOut);
    // Rows without a key go round the partitions.
    const partition = hasKey ? partitionOf(keyOut.bytes, 0, keyOut.position, partitions) : spread++ % partitions;
    let lane = lanes[partition];
    if (lane === undefined) {
      lane = producer.lane(topic, partition);
      lanes[partition] = lane;
    }
    const keyBytes = hasKey ? keyOut.bytes : null;
    const valueBytes = hasValue ? valueOut.bytes : null;
    const timeMs = mapping.timeMs() ?? nowMs();
    lane.append(timeMs, keyBytes, 0, keyOut.position, valueBytes, 0, valueOut.position, headers);
  };
}

/** Digest of the file as it lies on the disk. */
async function digestOf(run: FileRun): Promise<{ digest: string; modifiedMs: number }> {
  const path = resolve(run.folder, run.file.path);
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new TributaryError('TRIB_BACKFILL_FILE_UNREADABLE', 'config', {
      what: 'The file is gone.',
      where: run.file.path,
      fix: 'Put it back and retry the back-fill.',
    });
  }
  let checksum = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    checksum = crc32(chunk as Buffer, checksum);
    run.signal.throwIfAborted();
  }
  return { digest: `${found.size}-${checksum.toString(16)}`, modifiedMs: Math.trunc(found.mtimeMs) };
}

function changed(run: FileRun, since: string): TributaryError {
  return new TributaryError('TRIB_BACKFILL_FILE_CHANGED', 'conflict', {
    what: `The file is not the same as when ${since}.`,
    where: run.file.path,
    fix: 'Put the former file back and retry; or load the new one as a new run (rerun), which writes its rows again.',
  });
}
