// One query of a request, run to its end record by record.

import type { Row } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import type { RowReader } from '../../formats/format.ts';
import { CachedState } from '../cached-state.ts';
import { readersOf } from '../decode-chunk.ts';
import { addHeaderCells } from '../header-cells.ts';
import type { Serdes } from '../serdes.ts';
import type { Chunk, Output, SourceDef, TaskInstance, Topology } from '../topology.ts';
import type { MemoryTopics, StoredRecord } from './topics.ts';

interface SourceReader {
  readonly def: SourceDef;
  readonly key: RowReader | null;
  readonly value: RowReader | null;
}
interface RunOptions {
  readonly topics: MemoryTopics;
  readonly serdes: Serdes;
  /** A record that does not decode ends the query. */
  readonly failOnBadRecords: boolean;
}

export class QueryRun {
  readonly topology: Topology;
  readonly stores: readonly CachedState[];
  readonly #options: RunOptions;
  readonly #instance: TaskInstance;
  readonly #sources: readonly SourceReader[];

  constructor(topology: Topology, options: RunOptions) {
    this.topology = topology;
    this.#options = options;
    // All rows lie in one partition here, so no query is cut into parts.
    const part = topology.parts.at(-1)!;
    this.stores = part.stores.map((def) => new CachedState(def));
    this.#instance = part.instantiate(this.stores);
    this.#sources = part.sources.map((def) => ({ def, ...readersOf(options.serdes, def) }));
  }

  /** Topics that it reads. */
  get inputs(): readonly string[] {
    return [...new Set(this.#sources.map(({ def }) => def.topic))];
  }

  /** Reads records `[from(topic), …)`: inputs first, in their order across topics, then what else stands in topics without inputs. */
  async run(output: Output, from: (source: SourceDef) => number, isDone: () => boolean): Promise<void> {
    const pending: { readonly source: number; readonly record: StoredRecord; readonly place: number }[] = [];
    this.#sources.forEach(({ def }, source) => {
      const topic = this.#options.topics.find(def.topic);
      topic?.records.forEach((record, place) => {
        if (place >= from(def)) pending.push({ source, record, place });
      });
    });
    const named = new Set(
      pending.filter(({ record }) => record.input >= 0).map(({ source }) => this.#sources[source]!.def.topic),
    );
    const inputs = pending.filter(({ source }) => named.has(this.#sources[source]!.def.topic));
    // A topic that the inputs name may hold rows of INSERTs as well; they stand before its first input.
    inputs.sort((a, b) => a.record.input - b.record.input || a.source - b.source || a.place - b.place);
    // Tables before streams, as a running query does it: a join never races its table.
    const isTable = (source: number) => (this.#sources[source]!.def.shape === 'table' ? 0 : 1);
    const rest = pending.filter(({ source }) => !named.has(this.#sources[source]!.def.topic));
    rest.sort((a, b) => isTable(a.source) - isTable(b.source) || a.source - b.source || a.place - b.place);
    for (const { source, record } of [...inputs, ...rest]) {
      if (isDone()) return;
      const chunk = await this.#decode(this.#sources[source]!, record);
      if (chunk === null) continue;
      this.#instance.run(source, chunk, output);
      this.#instance.tick(record.timestamp, 0, output);
    }
  }

  async #decode(source: SourceReader, record: StoredRecord): Promise<Chunk | null> {
    let key: Row | null = null;
    let row: Row | null = null;
    try {
      if (record.key !== null) key = source.key === null ? [] : await read(source.key, record.key);
      if (record.value !== null) row = source.value === null ? [] : await read(source.value, record.value);
      if (row !== null) addHeaderCells(row, record.headers, source.def.wantedHeaders);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind !== 'data') throw error;
      if (!this.#options.failOnBadRecords) return null;
      throw new TributaryError('TRIB_SQL_RUN_1', 'fatal', {
        what: `Record ${source.def.topic}@${record.offset} cannot be read: ${error.message}`,
        cause: error,
      });
    }
    return {
      length: 1,
      keys: [key],
      rows: [row],
      timesMs: [record.timestamp],
      headers: [record.headers],
      partitions: [record.partition],
      offsets: [record.offset],
    };
  }
}

async function read(reader: RowReader, bytes: Buffer): Promise<Row | null> {
  const ready = reader.prepare(bytes, new Int32Array([0]), new Int32Array([bytes.length]), 1);
  if (ready !== null) await ready;
  return reader.read(bytes, 0, bytes.length);
}
