// What the `source` of a change event becomes in a CloudEvent: id, source, time and the `iodebezium…` attributes.
//
// Law: CloudEvents knows texts, 32-bit integers and booleans, so 64-bit integers are written as text, and a source with other
// fields has no attributes. Names keep only letters and digits, in their case. All this was seen of Debezium 3.5.
import { type Field, fieldOf, primitive, type Schema, type Struct, type Value } from '../../core/data/schema.ts';
import { quoted } from '../../core/errors.ts';
import { cellOrDefault } from '../cells.ts';
import { dataError } from './parts.ts';

export const TEXT: Schema = primitive('string');
export const OPTIONAL_TEXT: Schema = primitive('string', { optional: true });

/** One kind of connector: the parts of its ids, and the fields of a change event that are the data. */
interface ConnectorRule {
  readonly id: readonly (readonly [label: string, field: string])[];
  /** Null: all fields. */
  readonly data: readonly string[] | null;
}

const IMAGES = ['before', 'after'];
const same = (...fields: readonly string[]) => fields.map((field) => [field, field] as const);
const BINLOG = same('file', 'pos');
const LSNS = same('change_lsn', 'commit_lsn');

const RULES: Readonly<Record<string, ConnectorRule>> = {
  // The whole change event is the data here, and nowhere else.
  mariadb: { id: BINLOG, data: null },
  mysql: { id: BINLOG, data: IMAGES },
  postgresql: { id: same('lsn', 'txId', 'sequence'), data: IMAGES },
  sqlserver: { id: [...LSNS, ...same('event_serial_no')], data: IMAGES },
  db2: { id: LSNS, data: IMAGES },
  informix: { id: LSNS, data: IMAGES },
  oracle: { id: same('scn', 'commit_scn', 'lcr_position'), data: IMAGES },
  mongodb: { id: [['ts', 'ts_ms'], ...same('ord')], data: [...IMAGES, 'updateDescription'] },
  vitess: { id: same('vgtid'), data: IMAGES },
};

/** Fields of a change event that are the data of an event of this connector; null: all. */
export function dataFields(connector: string): readonly string[] | null {
  return Object.hasOwn(RULES, connector) ? RULES[connector]!.data : IMAGES;
}

/** An attribute of an event that comes from a field of the source. */
interface Extension {
  readonly name: string;
  readonly field: Field;
  readonly schema: Schema;
}

const TRANSACTION = [
  ['iodebeziumtxid', 'id'],
  ['iodebeziumtxtotalorder', 'total_order'],
  ['iodebeziumtxdatacollectionorder', 'data_collection_order'],
] as const;

/** How sources of one schema are read. */
export class SourcePlan {
  readonly #connector: Field;
  readonly #name: Field;
  readonly #time: Field;
  readonly #database: Field | undefined;
  readonly #schema: Schema;
  readonly #extensions: readonly Extension[];
  readonly #ids = new Map<string, readonly (readonly [string, Field])[] | null>();
  /** Names and schemas of all attributes that {@link append} adds. */
  readonly attributes: readonly { readonly name: string; readonly schema: Schema }[];
  // Events of one second share it, and there are many.
  #lastMs: Value = null;
  #lastTime = '';

  /** Throws `data` when the schema is not of a source. */
  constructor(schema: Schema, extensions: boolean) {
    const connector = fieldOf(schema, 'connector');
    const name = fieldOf(schema, 'name');
    const time = fieldOf(schema, 'ts_ms');
    if (connector === undefined || name === undefined || time === undefined) {
      throw dataError(
        'TRIB_CLOUD_EVENT_SOURCE',
        `The source of the change event, ${quoted(schema.name ?? schema.kind)}, has not all of connector, name and ts_ms.`,
      );
    }
    this.#connector = connector;
    this.#name = name;
    this.#time = time;
    this.#database = fieldOf(schema, 'db');
    this.#schema = schema;
    this.#extensions = extensions ? (schema.fields ?? []).map(extensionOf) : [];
    this.attributes = extensions
      ? [
          { name: 'iodebeziumop', schema: TEXT },
          ...this.#extensions,
          ...TRANSACTION.map(([attribute]) => ({ name: attribute, schema: OPTIONAL_TEXT })),
        ]
      : [];
  }

  connector(source: Struct): string {
    return textAt(source, this.#connector);
  }

  /** `source` of the event. */
  path(source: Struct, connector: string): string {
    return `/debezium/${connector}/${textAt(source, this.#name)}`;
  }

  /** Name of the envelope's schema. */
  envelopeName(source: Struct): string {
    const name = textAt(source, this.#name);
    const database = this.#database === undefined ? '' : `.${textAt(source, this.#database)}`;
    return `${name}${database}.CloudEvents.Envelope`;
  }

  /** `id` of the event. Throws `data` when ids of the connector are not known. */
  id(source: Struct, connector: string): string {
    let parts = this.#ids.get(connector);
    if (parts === undefined) {
      parts = this.#idParts(connector);
      this.#ids.set(connector, parts);
    }
    if (parts === null) {
      throw dataError(
        'TRIB_CLOUD_EVENT_SOURCE',
        `No id can be made for events of the connector ${quoted(connector)} from their source. It can for: ${Object.keys(RULES).join(', ')}.`,
        'Set metadata.source=value,id:header and give each record a header "id".',
      );
    }
    let id = `name:${textAt(source, this.#name)}`;
    for (let i = 0; i < parts.length; i++) {
      const [label, field] = parts[i]!;
      id += `;${label}:${String(source.cells[field.index] ?? null)}`;
    }
    return id;
  }

  /** Older sources lack some of the fields, such as `sequence` of Postgres. */
  #idParts(connector: string): readonly (readonly [string, Field])[] | null {
    if (!Object.hasOwn(RULES, connector)) return null;
    const parts: [string, Field][] = [];
    for (const [label, name] of RULES[connector]!.id) {
      const field = fieldOf(this.#schema, name);
      if (field !== undefined) parts.push([label, field]);
    }
    // An id of the name alone would be that of every event.
    return parts.length === 0 ? null : parts;
  }

  /** `time` of the event: always with milliseconds, as Debezium writes it. */
  time(source: Struct): string {
    const ms = source.cells[this.#time.index] ?? null;
    if (ms === this.#lastMs && ms !== null) return this.#lastTime;
    if (typeof ms !== 'number' || !(Math.abs(ms) <= 8.64e15)) {
      throw dataError(
        'TRIB_CLOUD_EVENT_SOURCE',
        `source.ts_ms of the change event is ${quoted(String(ms))}, not a time.`,
      );
    }
    this.#lastTime = new Date(ms).toISOString().replace(/^\+0*/, '');
    this.#lastMs = ms;
    return this.#lastTime;
  }

  /** Appends the cells of {@link attributes}. */
  append(cells: Value[], source: Struct, op: string, transaction: Struct | null): void {
    if (this.attributes.length === 0) return;
    cells.push(op);
    const extensions = this.#extensions;
    for (let i = 0; i < extensions.length; i++) {
      const { field, schema } = extensions[i]!;
      const cell = cellOrDefault(source, field, true);
      cells.push(cell !== null && schema.kind === 'string' ? String(cell) : cell);
    }
    for (let i = 0; i < TRANSACTION.length; i++) {
      const cell = transaction === null ? null : (transaction.get(TRANSACTION[i]![1]) ?? null);
      cells.push(cell === null ? null : String(cell));
    }
  }
}

function extensionOf(field: Field): Extension {
  const { kind, optional } = field.schema;
  const name = `iodebezium${field.name.replace(/[^A-Za-z0-9]/g, '')}`;
  switch (kind) {
    case 'int8':
    case 'int16':
    case 'int32':
      return { name, field, schema: primitive('int32', { optional }) };
    case 'boolean':
      return { name, field, schema: primitive('boolean', { optional }) };
    case 'int64':
    case 'string':
      return { name, field, schema: optional ? OPTIONAL_TEXT : TEXT };
    default:
      throw dataError(
        'TRIB_CLOUD_EVENT_SOURCE',
        `The field ${quoted(field.name)} of the source is of the kind ${kind}, which attributes of CloudEvents cannot hold.`,
        'Set extension.attributes.enable=false.',
      );
  }
}

function textAt(source: Struct, field: Field): string {
  const cell = source.cells[field.index] ?? null;
  if (typeof cell === 'string') return cell;
  throw dataError(
    'TRIB_CLOUD_EVENT_SOURCE',
    `source.${field.name} of the change event is ${quoted(String(cell))}, not a text.`,
  );
}
