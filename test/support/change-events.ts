// Change events as Debezium 3.5 makes them, with the sources of several connectors, for the tests of CloudEvents.
import type { Header } from '../../src/connect/records.ts';
import { type Kind, primitive, type Schema, Struct, structOf, type Value } from '../../src/core/data/schema.ts';

type Fields = Readonly<Record<string, readonly [schema: Schema, value: Value]>>;

export const TEXT = primitive('string');
export const LONG = primitive('int64');
export const INT = primitive('int32');
export const MAYBE = (kind: Exclude<Kind, 'array' | 'map' | 'struct'>) => primitive(kind, { optional: true });

const ROW_FIELDS = [
  { name: 'id', schema: INT },
  { name: 'name', schema: MAYBE('string') },
];
const OPTIONAL_ROW = structOf(ROW_FIELDS, { name: 'srv.db.t.Value', optional: true });
const TRANSACTION = structOf(
  [
    { name: 'id', schema: TEXT },
    { name: 'total_order', schema: LONG },
    { name: 'data_collection_order', schema: LONG },
  ],
  { name: 'event.block', version: 1, optional: true },
);

/** A struct of the fields. */
export function structNamed(name: string, fields: Fields): Struct {
  const schema = structOf(
    Object.entries(fields).map(([field, [of]]) => ({ name: field, schema: of })),
    { name },
  );
  return new Struct(
    schema,
    Object.values(fields).map(([, value]) => value),
  );
}

/** A row as it leaves EventRouter or an unwrapping transform. */
export function row(name = 'shop.Order'): Struct {
  return new Struct(structOf(ROW_FIELDS, { name, version: 3 }), [7, 'seven']);
}

/** What all connectors say of a source, and then the fields given. */
export function source(connector: string, own: Fields, tsMs: Value = 1_700_000_000_123): Struct {
  return structNamed(`io.debezium.connector.${connector}.Source`, {
    version: [TEXT, '3.5.0.Final'],
    connector: [TEXT, connector],
    name: [TEXT, 'srv'],
    ts_ms: [LONG, tsMs],
    snapshot: [primitive('string', { optional: true, defaultValue: 'false' }), null],
    db: [TEXT, 'db'],
    ...own,
  });
}

/** A position in a binlog, as MySQL and MariaDB have it. */
export const BINLOG: Fields = {
  table: [MAYBE('string'), 't'],
  server_id: [LONG, 1],
  gtid: [MAYBE('string'), null],
  file: [TEXT, 'b.1'],
  pos: [LONG, 5],
  row: [INT, 0],
};

/** An insert. The transaction is there with a text as its id. */
export function inserted(from: Struct, transactionId: string | null = null, extra: Fields = {}): Struct {
  const block = transactionId === null ? null : new Struct(TRANSACTION, [transactionId, 3, 4]);
  return structNamed('srv.db.t.Envelope', {
    before: [OPTIONAL_ROW, null],
    after: [OPTIONAL_ROW, new Struct(OPTIONAL_ROW, [1, 'ann'])],
    source: [from.schema, from],
    transaction: [TRANSACTION, block],
    op: [TEXT, 'c'],
    ts_ms: [MAYBE('int64'), 1_700_000_000_999],
    ...extra,
  });
}

/** What HeaderFrom takes of a change event, and texts of the application. */
export function headersOf(from: Struct, texts: Readonly<Record<string, Value>> = {}): Header[] {
  return [
    { key: 'source', schema: from.schema, value: from },
    { key: 'op', schema: TEXT, value: 'c' },
    ...Object.entries(texts).map(([key, value]) => ({ key, schema: TEXT, value })),
  ];
}
