// What the driver needs of encodings: readers and writers of topic sides, and the engine's own row encoding for state.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import type { RowReader, RowWriter } from '../formats/format.ts';
import type { SerdeRef } from './topology.ts';

export interface Serdes {
  reader(ref: SerdeRef, topic: string, isKey: boolean, wanted: readonly (readonly number[])[]): RowReader;
  writer(ref: SerdeRef, topic: string, isKey: boolean): RowWriter;
  /** Self-describing: what `decodeRow` reads without a schema. */
  encodeRow(row: Row, out: ByteWriter): void;
  decodeRow(bytes: Buffer, start: number, end: number): Row;
}
