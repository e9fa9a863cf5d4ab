// WITH (…): names and values checked once, all faults of names together (properties.md §1, §2).
import { nearest } from '../../core/errors.ts';
import type { WindowInfo } from '../plan/nodes.ts';
import type { PropertyNode, Span } from '../syntax/ast.ts';
import { UNIT_MS } from '../syntax/tokens.ts';
import { type Binding, reject } from './environment.ts';

/** The clause as data; what was not stated is null. */
export interface WithClause {
  readonly topic: string | null;
  readonly partitions: number | null;
  readonly replicas: number | null;
  readonly retentionMs: number | null;
  readonly keyFormat: string | null;
  readonly valueFormat: string | null;
  readonly keyDelimiter: string | null;
  readonly valueDelimiter: string | null;
  readonly wrapSingleValue: boolean | null;
  readonly timestamp: string | null;
  readonly timestampFormat: string | null;
  readonly window: WindowInfo | null;
  readonly keySchemaId: number | null;
  readonly valueSchemaId: number | null;
  readonly keySchemaName: string | null;
  readonly valueSchemaName: string | null;
  readonly keyNullable: string | null;
  readonly valueNullable: string | null;
  readonly queryId: string | null;
  /** Options of ours (design: joins that wait, changes only, back-fills). */
  readonly changesKey: readonly string[] | null;
  readonly changesColumns: readonly string[] | null;
  readonly changesQuietMs: number | null;
  readonly changesAnnounce: readonly string[];
  /** Whether rows of a back-fill set the state of CHANGES_KEY. */
  readonly changesBackfill: 'set' | 'ignore';
  readonly joinWaitMs: number | null;
  readonly backfill: 'announce' | null;
  /** Where a property stands, for messages. */
  spanOf(name: string): Span | null;
}

const COMMON = [
  'KAFKA_TOPIC',
  'PARTITIONS',
  'REPLICAS',
  'RETENTION_MS',
  'CLEANUP_POLICY',
  'FORMAT',
  'KEY_FORMAT',
  'VALUE_FORMAT',
  'KEY_DELIMITER',
  'VALUE_DELIMITER',
  'WRAP_SINGLE_VALUE',
  'TIMESTAMP',
  'TIMESTAMP_FORMAT',
  'KEY_SCHEMA_ID',
  'VALUE_SCHEMA_ID',
  'KEY_SCHEMA_FULL_NAME',
  'VALUE_SCHEMA_FULL_NAME',
  'VALUE_AVRO_SCHEMA_FULL_NAME',
  'KEY_PROTOBUF_NULLABLE_REPRESENTATION',
  'VALUE_PROTOBUF_NULLABLE_REPRESENTATION',
];
const KNOWN = {
  source: [...COMMON, 'WINDOW_TYPE', 'WINDOW_SIZE', 'SOURCED_BY_CONNECTOR'],
  sink: [
    ...COMMON,
    'CHANGES_KEY',
    'CHANGES_COLUMNS',
    'CHANGES_QUIET_MS',
    'CHANGES_ANNOUNCE',
    'CHANGES_BACKFILL',
    'JOIN_WAIT_MS',
    'BACKFILL',
  ],
  insert: ['QUERY_ID', 'JOIN_WAIT_MS'],
} as const;

/** Reads the clause of a statement of that kind. */
export function readWith(binding: Binding, properties: readonly PropertyNode[], kind: keyof typeof KNOWN): WithClause {
  const known: readonly string[] = KNOWN[kind];
  const unknown = properties.filter(({ name }) => !known.includes(name));
  if (unknown.length > 0) {
    const list = unknown.map(({ name }) => {
      const close = nearest(name, known);
      return close === null ? name : `${name} (did you mean ${close}?)`;
    });
    reject(
      binding,
      'WITH-1',
      unknown[0]!.span,
      `Unknown ${unknown.length === 1 ? 'property' : 'properties'} in WITH: ${list.join(', ')}.`,
      `Known here: ${known.join(', ')}.`,
    );
  }
  const reader = new Reader(binding, properties);
  if (reader.has('CLEANUP_POLICY')) {
    reject(
      binding,
      'WITH-4',
      reader.spanOf('CLEANUP_POLICY'),
      'CLEANUP_POLICY cannot be set.',
      'It is chosen here: compact for tables, delete for streams.',
    );
  }
  if (reader.has('VALUE_AVRO_SCHEMA_FULL_NAME') && reader.has('VALUE_SCHEMA_FULL_NAME')) {
    reject(
      binding,
      'SR-9',
      reader.spanOf('VALUE_AVRO_SCHEMA_FULL_NAME'),
      'VALUE_SCHEMA_FULL_NAME and VALUE_AVRO_SCHEMA_FULL_NAME are both given.',
      'Keep the first.',
    );
  }
  const format = reader.text('FORMAT');
  for (const other of ['KEY_FORMAT', 'VALUE_FORMAT']) {
    if (format !== null && reader.has(other)) {
      reject(
        binding,
        'WITH-5',
        reader.spanOf(other),
        `FORMAT and ${other} are both given.`,
        'FORMAT stands for both sides: use either it or KEY_FORMAT and VALUE_FORMAT.',
      );
    }
  }
  if (reader.has('TIMESTAMP_FORMAT') && !reader.has('TIMESTAMP')) {
    reject(
      binding,
      'TS-5',
      reader.spanOf('TIMESTAMP_FORMAT'),
      'TIMESTAMP_FORMAT needs TIMESTAMP.',
      'Name the column with TIMESTAMP.',
    );
  }
  return {
    topic: reader.text('KAFKA_TOPIC'),
    partitions: reader.integer('PARTITIONS', 1),
    replicas: reader.integer('REPLICAS', -1),
    retentionMs: reader.integer('RETENTION_MS', -1),
    keyFormat: format ?? reader.text('KEY_FORMAT'),
    valueFormat: format ?? reader.text('VALUE_FORMAT'),
    keyDelimiter: reader.delimiter('KEY_DELIMITER'),
    valueDelimiter: reader.delimiter('VALUE_DELIMITER'),
    wrapSingleValue: reader.boolean('WRAP_SINGLE_VALUE'),
    timestamp: reader.columnName('TIMESTAMP'),
    timestampFormat: reader.text('TIMESTAMP_FORMAT'),
    window: reader.window(),
    keySchemaId: reader.integer('KEY_SCHEMA_ID', 0),
    valueSchemaId: reader.integer('VALUE_SCHEMA_ID', 0),
    keySchemaName: reader.fullName('KEY_SCHEMA_FULL_NAME'),
    valueSchemaName: reader.fullName('VALUE_SCHEMA_FULL_NAME') ?? reader.fullName('VALUE_AVRO_SCHEMA_FULL_NAME'),
    keyNullable: reader.choice('KEY_PROTOBUF_NULLABLE_REPRESENTATION', ['OPTIONAL', 'WRAPPER'], 'WITH-14'),
    valueNullable: reader.choice('VALUE_PROTOBUF_NULLABLE_REPRESENTATION', ['OPTIONAL', 'WRAPPER'], 'WITH-14'),
    queryId: reader.text('QUERY_ID'),
    changesKey: reader.columnList('CHANGES_KEY'),
    changesColumns: reader.columnList('CHANGES_COLUMNS'),
    changesQuietMs: reader.integer('CHANGES_QUIET_MS', 0),
    changesAnnounce: (reader.columnList('CHANGES_ANNOUNCE') ?? []).map((name) => name.toLowerCase()),
    changesBackfill: reader.choice('CHANGES_BACKFILL', ['SET', 'IGNORE'], 'WITH-2') === 'IGNORE' ? 'ignore' : 'set',
    joinWaitMs: reader.integer('JOIN_WAIT_MS', 0),
    backfill: reader.choice('BACKFILL', ['ANNOUNCE'], 'WITH-2') === null ? null : 'announce',
    spanOf: (name) => reader.spanOf(name),
  };
}

class Reader {
  readonly #binding: Binding;
  readonly #properties: ReadonlyMap<string, PropertyNode>;

  constructor(binding: Binding, properties: readonly PropertyNode[]) {
    this.#binding = binding;
    this.#properties = new Map(properties.map((property) => [property.name, property]));
  }
  has(name: string): boolean {
    return this.#properties.has(name);
  }
  spanOf(name: string): Span | null {
    return this.#properties.get(name)?.span ?? null;
  }
  #value(name: string): unknown {
    return this.#properties.get(name)?.value.value ?? null;
  }
  #wrong(name: string, wanted: string, id = 'WITH-2'): never {
    return reject(
      this.#binding,
      id,
      this.spanOf(name),
      `${name} is ${shown(this.#value(name))}.`,
      `It must be ${wanted}.`,
    );
  }

  text(name: string): string | null {
    const value = this.#value(name);
    if (value === null) return null;
    return typeof value === 'string' ? value : this.#wrong(name, 'a text');
  }
  integer(name: string, min: number): number | null {
    const value = this.#value(name);
    if (value === null) return null;
    const number =
      typeof value === 'number'
        ? value
        : typeof value === 'string' && /^\s*-?\d+\s*$/.test(value)
          ? Number(value)
          : Number.NaN;
    return Number.isInteger(number) && number >= min ? number : this.#wrong(name, `an integer of at least ${min}`);
  }
  boolean(name: string): boolean | null {
    const value = this.#value(name);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
    return this.#wrong(name, 'true or false');
  }
  choice(name: string, choices: readonly string[], id: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    return choices.includes(value.toUpperCase())
      ? value.toUpperCase()
      : this.#wrong(name, `one of ${choices.join(', ')}`, id);
  }
  fullName(name: string): string | null {
    const value = this.text(name);
    return value !== null && value.trim() === '' ? this.#wrong(name, 'a name that is not blank', 'FMT-3') : value;
  }
  delimiter(name: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    if (value === '') return this.#wrong(name, 'one character, SPACE or TAB', 'WITH-12');
    if (value.length === 1) return value;
    if (value.toUpperCase() === 'SPACE') return ' ';
    return value.toUpperCase() === 'TAB' ? '\t' : this.#wrong(name, 'one character, SPACE or TAB', 'WITH-11');
  }
  /** Upper case unless quoted inside of the text. */
  columnName(name: string): string | null {
    const value = this.text(name);
    return value === null ? null : unquoted(value);
  }
  columnList(name: string): readonly string[] | null {
    const value = this.text(name);
    return value === null ? null : value.split(',').map((part) => unquoted(part.trim()));
  }
  window(): WindowInfo | null {
    const type = this.choice('WINDOW_TYPE', ['SESSION', 'HOPPING', 'TUMBLING'], 'WITH-10');
    const size = this.text('WINDOW_SIZE');
    if (type === null) {
      if (size !== null) this.#wrong('WINDOW_SIZE', 'left out, or WINDOW_TYPE given as well');
      return null;
    }
    if (type === 'SESSION') {
      if (size !== null) this.#wrong('WINDOW_SIZE', 'left out: sessions have no size', 'WITH-8');
      return { kind: 'SESSION', sizeMs: null };
    }
    if (size === null) {
      return reject(
        this.#binding,
        'WITH-7',
        this.spanOf('WINDOW_TYPE'),
        `${type} windows need WINDOW_SIZE.`,
        "For example WINDOW_SIZE='10 SECONDS'.",
      );
    }
    const parts = /^\s*(\d+)\s+([A-Za-z]+)\s*$/.exec(size);
    const unitMs = parts === null ? undefined : UNIT_MS[parts[2]!.toUpperCase()];
    if (unitMs === undefined) this.#wrong('WINDOW_SIZE', "a number and a unit, for example '10 SECONDS'", 'WITH-9');
    return { kind: type as 'HOPPING' | 'TUMBLING', sizeMs: Number(parts![1]) * unitMs! };
  }
}

function unquoted(name: string): string {
  const quotes = /^([`"])(.*)\1$/.exec(name);
  return quotes === null ? name.toUpperCase() : quotes[2]!;
}
function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
