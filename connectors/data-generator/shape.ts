// Numbers → records. Record n of task t is made from the seed, t and n alone.
import {
  ConnectRecord,
  type Field,
  fieldOf,
  type ParsedConfig,
  primitive,
  type Row,
  type Schema,
  Struct,
  structOf,
  TributaryError,
  type Value,
  withOptional,
} from 'tributary/connect';
import { type Draw, type FieldGenerator, parseFields } from './generators.ts';
import { QUICKSTARTS } from './quickstarts.ts';
import { mix, seedOf, unit } from './random.ts';
import { NEW_ROWS, type Place, repeatedRows, type Schedule } from './schedule.ts';

const TEXT = primitive('string');
const INT64 = primitive('int64');

/** Makes the records of one task. */
export class Shape {
  readonly #fields: readonly FieldGenerator[];
  readonly #schedule: Schedule;
  readonly #seed: number;
  readonly #task: number;
  readonly #taskCount: number;
  readonly #deletes: number;
  readonly #isEnvelope: boolean;
  readonly #firstOp: 'r' | 'c';
  readonly #topic: string;
  readonly #startMs: number;
  readonly #stepMs: number;
  readonly #isOwnTime: boolean;
  readonly #keyFields: readonly Field[];
  readonly #keySchema: Schema | null;
  readonly #rowSchema: Schema;
  /** The row's schema within an envelope. Converters ask for the very schema that the envelope names. */
  readonly #imageSchema: Schema;
  readonly #envelope: Schema | null;
  readonly #source: Struct;
  readonly #sourcePartition: Readonly<Record<string, unknown>>;
  readonly #place: Place = { row: 0, version: 0, before: -1, first: 0 };
  readonly #draw: Draw = { row: 0, version: 0, sequence: 0, chance: 0, timeMs: 0 };

  /** Throws `config` for a template that cannot be. */
  constructor(config: ParsedConfig, task: number, taskCount: number) {
    const quickstart = QUICKSTARTS[(config['quickstart'] as string | null) ?? ''];
    this.#fields = parseFields((config['fields'] as string | null) ?? JSON.stringify(quickstart?.fields ?? {}));
    this.#seed = seedOf(config['seed'] as string);
    this.#task = task;
    this.#taskCount = taskCount;
    this.#deletes = config['deletes'] as number;
    this.#isEnvelope = config['format'] === 'debezium';
    this.#firstOp = config['snapshot'] === true ? 'r' : 'c';
    this.#topic = config['kafka.topic'] as string;
    this.#startMs = Date.parse(config['start.time'] as string);
    this.#stepMs = config['step.ms'] as number;
    this.#isOwnTime = config['record.timestamps'] === 'generated';
    this.#sourcePartition = { task };
    const rows = (config['rows'] as number | null) ?? quickstart?.rows ?? 0;
    const mine = Math.floor((rows - task + taskCount - 1) / taskCount);
    this.#schedule =
      rows === 0 ? NEW_ROWS : repeatedRows(Math.max(mine, 1), config['rows.skew'] as number, mix(this.#seed, task));

    const prefix = schemaPrefix(this.#topic);
    this.#rowSchema = structOf(this.#fields, { name: `${prefix}.Value` });
    const given = config['key.field'] as readonly string[];
    this.#keyFields = keyFields(this.#rowSchema, given.length > 0 ? given : (quickstart?.key ?? []));
    this.#keySchema = keySchema(this.#keyFields, this.#isEnvelope, `${prefix}.Key`);
    const [server, database, table] = namesOf(this.#topic);
    this.#source = new Struct(SOURCE, ['1', 'tributary', server, this.#startMs, 'false', database, table]);
    this.#imageSchema = withOptional(this.#rowSchema, true);
    this.#envelope = this.#isEnvelope ? envelopeOf(this.#imageSchema, `${prefix}.Envelope`) : null;
  }

  /** Whether a row that is deleted could be told by its key. */
  get hasKey(): boolean {
    return this.#keySchema !== null;
  }

  /** Appends record `sequence`: one record, two for a delete event and its tombstone. */
  append(records: ConnectRecord[], sequence: number, nowMs: number): void {
    const place = this.#place;
    this.#schedule.place(sequence, place);
    const { row, version, before, first } = place;
    const existed = version > 0 && !this.#isDelete(row, version - 1);
    const isDelete = existed && this.#isDelete(row, version);
    const cells = this.#row(row, version, sequence, first);
    const key = this.#key(cells);
    const timestampMs = this.#isOwnTime ? this.#timeOf(sequence) : nowMs;
    if (this.#envelope === null) {
      const value = isDelete ? null : new Struct(this.#rowSchema, cells);
      records.push(this.#record(key, isDelete ? null : this.#rowSchema, value, timestampMs, sequence));
      return;
    }
    const old = existed ? new Struct(this.#imageSchema, this.#row(row, version - 1, before, first)) : null;
    const op = isDelete ? 'd' : existed ? 'u' : version === 0 ? this.#firstOp : 'c';
    const event = new Struct(this.#envelope, [
      old,
      isDelete ? null : new Struct(this.#imageSchema, cells),
      this.#sourceOf(op, sequence),
      op,
      this.#timeOf(sequence),
    ]);
    records.push(this.#record(key, this.#envelope, event, timestampMs, sequence));
    if (isDelete) records.push(this.#record(key, null, null, timestampMs, sequence));
  }

  #record(key: Value, schema: Schema | null, value: Value, timestampMs: number, sequence: number): ConnectRecord {
    return new ConnectRecord({
      topic: this.#topic,
      keySchema: this.#keySchema,
      key,
      valueSchema: schema,
      value,
      timestampMs,
      sourcePartition: this.#sourcePartition,
      sourceOffset: { next: sequence + 1 },
    });
  }

  /** The first version is never a delete, nor is one that follows a delete: of a run that would be, every second one is. */
  #isDelete(row: number, version: number): boolean {
    const share = this.#deletes;
    if (share === 0) return false;
    if (share >= 1) return version % 2 === 1;
    const ofRow = mix(mix(this.#seed, this.#task), row);
    let run = 0;
    while (version > run && unit(mix(ofRow, (version - run) ^ 0x5bd1e995)) < share) run++;
    return run % 2 === 1;
  }

  #row(row: number, version: number, sequence: number, first: number): Row {
    const draw = this.#draw;
    draw.row = row * this.#taskCount + this.#task;
    const ofRow = mix(mix(this.#seed, this.#task), row);
    const ofVersion = mix(ofRow, version + 1);
    const fields = this.#fields;
    const cells: Row = new Array(fields.length);
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      draw.version = field.isFixed ? 0 : version;
      draw.sequence = field.isFixed ? first : sequence;
      draw.timeMs = this.#timeOf(draw.sequence);
      draw.chance = mix(field.isFixed ? ofRow : ofVersion, i + 101);
      cells[i] = field.generate(draw);
    }
    return cells;
  }

  #key(cells: Row): Value {
    if (this.#keySchema === null) return null;
    if (this.#keySchema.kind !== 'struct') return cells[this.#keyFields[0]!.index]!;
    const own: Row = [];
    for (let i = 0; i < this.#keyFields.length; i++) own.push(cells[this.#keyFields[i]!.index]!);
    return new Struct(this.#keySchema, own);
  }

  #sourceOf(op: string, sequence: number): Struct {
    const cells = this.#source.cells.slice();
    cells[SOURCE_TIME] = this.#timeOf(sequence);
    if (op === 'r') cells[SOURCE_SNAPSHOT] = 'true';
    return new Struct(SOURCE, cells);
  }

  #timeOf(sequence: number): number {
    return this.#startMs + sequence * this.#stepMs;
  }
}

const SOURCE = structOf(
  [
    { name: 'version', schema: TEXT },
    { name: 'connector', schema: TEXT },
    { name: 'name', schema: TEXT },
    { name: 'ts_ms', schema: INT64 },
    { name: 'snapshot', schema: withOptional(TEXT, true) },
    { name: 'db', schema: TEXT },
    { name: 'table', schema: withOptional(TEXT, true) },
  ],
  { name: 'io.debezium.connector.tributary.Source' },
);
const SOURCE_TIME = 3;
const SOURCE_SNAPSHOT = 4;

function envelopeOf(image: Schema, name: string): Schema {
  return structOf(
    [
      { name: 'before', schema: image },
      { name: 'after', schema: image },
      { name: 'source', schema: SOURCE },
      { name: 'op', schema: TEXT },
      { name: 'ts_ms', schema: withOptional(INT64, true) },
    ],
    { name },
  );
}

function keyFields(row: Schema, names: readonly string[]): readonly Field[] {
  return names.map((name) => {
    const field = fieldOf(row, name);
    if (field !== undefined) return field;
    throw new TributaryError('TRIB_GENERATOR_FIELD', 'config', {
      what: `There is no field "${name}".`,
      where: 'key.field',
      fix: `Use some of: ${row.fields!.map((other) => other.name).join(', ')}.`,
    });
  });
}

function keySchema(fields: readonly Field[], isEnvelope: boolean, name: string): Schema | null {
  if (fields.length === 0) return null;
  if (fields.length === 1 && !isEnvelope) return fields[0]!.schema;
  return structOf(fields, { name });
}

/** Schema names allow fewer letters than topics do. */
function schemaPrefix(topic: string): string {
  return topic.replace(/[^a-zA-Z0-9_.]/g, '_');
}

/** Server, database and table of a topic that is called as Debezium would call it. */
function namesOf(topic: string): readonly [string, string, string] {
  const parts = topic.split('.');
  return [parts[0]!, (parts[1] ?? parts[0]!).toLowerCase(), parts.at(-1)!.toLowerCase()];
}
