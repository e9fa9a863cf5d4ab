// A small change event for the examples of Debezium's transforms.

import type { ConnectRecord, RecordParts } from '../../connect/records.ts';
import { primitive, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { sample } from '../sample.ts';

export const INT32 = primitive('int32');
export const TEXT = primitive('string');
export const OPTIONAL_TEXT = primitive('string', { optional: true });
export const OPTIONAL_INT64 = primitive('int64', { optional: true });

const ROW_FIELDS = [
  { name: 'id', schema: INT32 },
  { name: 'name', schema: OPTIONAL_TEXT },
];
/** The schema of the sample's rows. */
export const ROW = structOf(ROW_FIELDS, { name: 'shop.orders.Value' });
const OPTIONAL_ROW = structOf(ROW_FIELDS, { name: 'shop.orders.Value', optional: true });
const SOURCE = structOf([{ name: 'table', schema: TEXT }], { name: 'shop.Source' });
const ENVELOPE = structOf(
  [
    { name: 'before', schema: OPTIONAL_ROW },
    { name: 'after', schema: OPTIONAL_ROW },
    { name: 'source', schema: SOURCE },
    { name: 'op', schema: TEXT },
    { name: 'ts_ms', schema: OPTIONAL_INT64 },
  ],
  { name: 'shop.orders.Envelope' },
);

type SampleRow = readonly [id: number, name: string | null];

/** A change event of table `orders` (id, name). */
export function changeEvent(
  op: string,
  before: SampleRow | null,
  after: SampleRow | null,
  parts: Partial<RecordParts> = {},
): ConnectRecord {
  const cells: Value[] = [rowOf(before), rowOf(after), new Struct(SOURCE, ['orders']), op, 1_700_000_000_000];
  return sample({ topic: 'shop.orders', valueSchema: ENVELOPE, value: new Struct(ENVELOPE, cells), ...parts });
}

function rowOf(row: SampleRow | null): Struct | null {
  return row === null ? null : new Struct(OPTIONAL_ROW, [...row]);
}
