// Keeps change events below a size: what is too much is cut from the long texts and bytes of their rows.
//
// Law: each field that may be cut loses the same share, so the longest lose most. Schemas stay, the incoming record stays, no
// character is cut in two, and a record that fits passes as it is.

import type { TransformDef, Warn } from '../../connect/plugins.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import type { SettingValue } from '../../core/config/define.ts';
import { fieldOf, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { perSchema } from '../per-schema.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { planSize, recordSize, type SizePlan } from './record-size.ts';
import { changeEvent } from './sample-event.ts';
import { isUnavailable } from './unavailable-values.ts';

/** Debezium's `EnforceRecordSize`. */
export const enforceRecordSize: TransformDef = {
  kind: 'transform',
  name: 'EnforceRecordSize',
  classes: ['io.debezium.transforms.EnforceRecordSize'],
  version: DEBEZIUM_VERSION,
  doc: 'Shortens the long texts and bytes in the rows of a change event that is larger than max.bytes, each by the same share. The size is an estimate: values only, one byte a character, so leave room for names and framing. Other records, rows without envelope among them, pass. A record that stays too large passes as well, with one warning a topic.',
  config: [
    {
      name: 'max.bytes',
      type: 'INT',
      importance: 'HIGH',
      doc: 'Estimated size, in bytes, that no record is to pass.',
      check: (value) => refuseUnless(value, 'Value must be at least 1', (number) => number >= 1),
    },
    {
      name: 'compression.ratio',
      type: 'DOUBLE',
      fallback: '1.0', // as text, because it is shown so: Java writes a double with its point
      importance: 'MEDIUM',
      doc: 'The estimate is multiplied by this before it is compared: 0.6 where the producer compresses to 60 %.',
      check: (value) => refuseUnless(value, 'Value must be larger than 0', (number) => number > 0),
    },
    {
      name: 'min.field.size',
      type: 'INT',
      fallback: 25_000,
      importance: 'MEDIUM',
      doc: 'Fields of this size (in bytes) or less are never shortened.',
      check: (value) => refuseUnless(value, 'Value must be at least 0', (number) => number >= 0),
    },
  ],
  examples: [
    {
      config: { 'max.bytes': '50', 'min.field.size': '10' },
      given: changeEvent('c', null, [1, 'a text of thirty-two characters.']),
      gives: changeEvent('c', null, [1, 'a text of thirty-two']),
    },
  ],
  create: (config, _className, _raw, warn) => {
    const ratio = Number(config['compression.ratio']);
    const limitBytes = Math.floor((config['max.bytes'] as number) / ratio);
    const shortener = new Shortener(limitBytes, config['min.field.size'] as number, warn);
    const planOf = perSchema(planEvent);
    return (record) => {
      const { value, valueSchema } = record;
      if (valueSchema === null || !(value instanceof Struct)) return record;
      const plan = planOf(valueSchema);
      if (plan === null) return record;
      const size = recordSize(record, value, plan.size);
      return size <= limitBytes ? record : shortener.shorten(record, plan, size);
    };
  },
};

interface EventPlan {
  readonly size: SizePlan;
  readonly rows: readonly RowPlan[];
}
interface RowPlan {
  /** Index of the row in the event. */
  readonly index: number;
  /** Columns that hold text or bytes. */
  readonly columns: readonly number[];
}

/** Null for what is no change event: a struct with a row before and a row after. */
function planEvent(schema: Schema): EventPlan | null {
  const rows: RowPlan[] = [];
  for (const name of ['before', 'after']) {
    const field = fieldOf(schema, name);
    if (field?.schema.kind !== 'struct') return null;
    const columns = field.schema.fields!.filter(({ schema: { kind } }) => kind === 'string' || kind === 'bytes');
    rows.push({ index: field.index, columns: columns.map(({ index }) => index) });
  }
  return { size: planSize(schema), rows };
}

class Shortener {
  readonly #limitBytes: number;
  readonly #leastBytes: number;
  readonly #warn: Warn | undefined;
  readonly #warnedTopics = new Set<string>();

  constructor(limitBytes: number, leastBytes: number, warn: Warn | undefined) {
    this.#limitBytes = limitBytes;
    this.#leastBytes = leastBytes;
    this.#warn = warn;
  }

  /** The event with `size − limit` bytes less, or as near to it as its long fields allow. */
  shorten(record: ConnectRecord, plan: EventPlan, size: number): ConnectRecord {
    const event = record.value as Struct;
    const longBytes = this.#longBytes(event, plan.rows);
    const excess = size - this.#limitBytes;
    if (excess > longBytes) this.#warnOnce(record.topic, size);
    if (longBytes === 0) return record;
    const share = Math.min(1, excess / longBytes);
    const cells = event.cells.slice();
    for (const { index, columns } of plan.rows) {
      const row = cells[index];
      if (row instanceof Struct) cells[index] = this.#shorterRow(row, columns, share);
    }
    return record.withValue(record.valueSchema, new Struct(event.schema, cells));
  }

  #longBytes(event: Struct, rows: readonly RowPlan[]): number {
    let bytes = 0;
    for (const { index, columns } of rows) {
      const row = event.cells[index];
      if (!(row instanceof Struct)) continue;
      for (const column of columns) bytes += this.#cuttable(row.cells[column]);
    }
    return bytes;
  }

  #shorterRow(row: Struct, columns: readonly number[], share: number): Struct {
    const cells = row.cells.slice();
    for (const column of columns) {
      const bytes = this.#cuttable(cells[column]);
      if (bytes > 0) cells[column] = cut(cells[column] as string | Uint8Array, bytes - Math.ceil(bytes * share));
    }
    return new Struct(row.schema, cells);
  }

  /** Bytes of a field that may be cut, else 0. A placeholder for a value that did not change must stay one. */
  #cuttable(cell: Value | undefined): number {
    if (typeof cell !== 'string' && !(cell instanceof Uint8Array)) return 0;
    return cell.length <= this.#leastBytes || isUnavailable(cell) ? 0 : cell.length;
  }

  #warnOnce(topic: string, size: number): void {
    if (this.#warn === undefined || this.#warnedTopics.has(topic)) return;
    this.#warnedTopics.add(topic);
    this.#warn(
      `EnforceRecordSize: a record of ${topic} with about ${size} bytes stays above the ${this.#limitBytes} allowed, for its long fields are not long enough. Lower min.field.size or raise max.bytes. Further ones of this topic are not reported.`,
    );
  }
}

/** The first so many bytes or characters; one less where a character of two units would be cut in two. */
function cut(cell: string | Uint8Array, length: number): string | Uint8Array {
  if (typeof cell !== 'string') return new Uint8Array(cell.subarray(0, length));
  const last = length > 0 ? cell.charCodeAt(length - 1) : 0;
  return cell.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}

/** A missing value is reported by itself. */
function refuseUnless(value: SettingValue, message: string, isFine: (number: number) => boolean): string | null {
  return value === null || isFine(Number(value)) ? null : message;
}
