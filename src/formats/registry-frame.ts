// The registry's frame around payloads: byte 0, then the 4-byte schema id, then the format's own bytes.
//
// Law: `prepare` has loaded every writer schema that `read` meets, so `read` never waits. An id the registry does not know, and a
// schema that cannot be read as the columns, fail the records that carry them, not the batch.
import { quoted, TributaryError } from '../core/errors.ts';
import type { RegisteredSchema, SchemaReference, SchemaRegistry, SchemaType } from '../ports/schema-registry.ts';

/** Bytes of the frame. */
export const FRAME_BYTES = 5;

/** Reads one payload behind its frame. */
export type FramedFunction<Out> = (bytes: Buffer, start: number, end: number) => Out;

/** Makes the function for one writer schema. May throw; then every payload of that schema fails with the same error. */
export type CompileSchema<Out> = (
  schema: RegisteredSchema,
  references: readonly string[],
  named: readonly NamedText[],
) => FramedFunction<Out>;

/** The text of a schema that another one builds on, and the name by which that one calls it. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Schemas kept as code, unless the caller says otherwise. */
const READERS_MAX = 1000;

/** The schema id at `start`. Throws `data` when there is no frame. */
export function framedId(bytes: Buffer, start: number, end: number): number {
  if (end - start < FRAME_BYTES) {
    throw frameError(`has ${end - start} bytes, fewer than the 5 of the registry's frame`);
  }
  if (bytes[start] !== 0) throw frameError(`begins with the byte ${bytes[start]} and not with the registry's magic 0`);
  return ((bytes[start + 1]! << 24) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 8) | bytes[start + 4]!) >>> 0;
}

/** The frame of an id, to be copied before each payload. */
export function frameOf(id: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(id, 1);
  return frame;
}

/** Readers by schema id, loaded as ids appear. */
export class FramedReaders<Out> {
  private readonly registry: SchemaRegistry;
  private readonly type: SchemaType;
  private readonly compile: CompileSchema<Out>;
  private readonly readers = new Map<number, FramedFunction<Out>>();
  private readonly unknown = new Set<number>();
  // Nearly every payload of a topic has the id of the one before.
  private lastId = -1;
  private lastReader: FramedFunction<Out> | null = null;
  private readonly readersMax: number;

  /** @param readersMax schemas kept as code from batch to batch; beyond that all are made again as they come. */
  constructor(
    registry: SchemaRegistry,
    type: SchemaType,
    compile: CompileSchema<Out>,
    readersMax: number = READERS_MAX,
  ) {
    this.registry = registry;
    this.type = type;
    this.compile = compile;
    this.readersMax = readersMax;
  }

  /** Loads the schemas of these payloads that are not loaded yet; null when there are none. */
  prepare(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): Promise<void> | null {
    // Between batches only: a batch may need more schemas than are kept.
    if (this.readers.size > this.readersMax) this.readers.clear();
    let wanted: Set<number> | null = null;
    let last = -1;
    for (let i = 0; i < count; i++) {
      const start = starts[i]!;
      if (start < 0 || ends[i]! - start < FRAME_BYTES || bytes[start] !== 0) continue;
      const id = framedId(bytes, start, ends[i]!);
      if (id === last) continue;
      last = id;
      if (!this.readers.has(id)) {
        wanted ??= new Set();
        wanted.add(id);
      }
    }
    return wanted === null ? null : this.load([...wanted]);
  }

  /** The result of one payload. Throws `data`. */
  read(bytes: Buffer, start: number, end: number): Out {
    const id = framedId(bytes, start, end);
    if (id !== this.lastId) this.select(id);
    return this.lastReader!(bytes, start + FRAME_BYTES, end);
  }

  private select(id: number): void {
    const reader = this.readers.get(id);
    if (reader === undefined) throw unknownId(id, this.unknown.has(id));
    this.lastId = id;
    this.lastReader = reader;
  }

  private async load(ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.loadOne(id)));
  }

  private async loadOne(id: number): Promise<void> {
    const schema = await this.registry.byId(id);
    if (schema === null) {
      // Asked for again with the next batch: it may be registered by then.
      this.unknown.add(id);
      return;
    }
    let named: readonly NamedText[];
    try {
      named = await referencedTexts(this.registry, schema.references);
    } catch (error) {
      if (!(error instanceof TributaryError && error.kind === 'data')) throw error;
      this.readers.set(id, failing(error));
      return;
    }
    this.readers.set(id, this.reader(schema, named));
  }

  private reader(schema: RegisteredSchema, named: readonly NamedText[]): FramedFunction<Out> {
    try {
      if (schema.type !== this.type) throw wrongKind(schema, this.type);
      return this.compile(
        schema,
        named.map(({ text }) => text),
        named,
      );
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      return failing(error);
    }
  }
}

function failing(error: TributaryError): () => never {
  return () => {
    throw error;
  };
}

/** Texts of the schemas that a schema builds on, each once and after those it builds on itself. */
export async function referencedTexts(
  registry: SchemaRegistry,
  references: readonly SchemaReference[],
): Promise<readonly NamedText[]> {
  const texts = new Map<string, NamedText>();
  const open = new Set<string>();
  const visit = async (reference: SchemaReference): Promise<void> => {
    const { name, subject, version } = reference;
    const place = `${subject} ${version} ${name}`;
    if (open.has(place)) return;
    open.add(place);
    const schema = await registry.version(subject, version);
    if (schema === null) {
      throw new TributaryError('TRIB_SCHEMA_SUBJECT_UNKNOWN', 'data', {
        what: `The schema refers to ${quoted(name)} in version ${version} of the subject ${quoted(subject)}, which the registry does not have.`,
        fix: 'Register the referenced schema again, or restore the deleted subject.',
      });
    }
    for (const inner of schema.references) await visit(inner);
    texts.set(place, { name, text: schema.schema });
  };
  for (const reference of references) await visit(reference);
  return [...texts.values()];
}

/** The texts alone. */
export async function referenceTexts(
  registry: SchemaRegistry,
  references: readonly SchemaReference[],
): Promise<readonly string[]> {
  return (await referencedTexts(registry, references)).map(({ text }) => text);
}

function unknownId(id: number, asked: boolean): TributaryError {
  return new TributaryError('TRIB_SCHEMA_ID_UNKNOWN', 'data', {
    what: `Unknown schema id ${id}: ${asked ? 'the registry does not have it' : 'it was not loaded'}.`,
    fix: 'Check schema.registry.url: the producer may have used another registry. Or the topic is not in this format.',
  });
}

function wrongKind(schema: RegisteredSchema, wanted: SchemaType): TributaryError {
  return new TributaryError('TRIB_SCHEMA_KIND', 'data', {
    what: `The schema with id ${schema.id} is of the kind ${schema.type}, not ${wanted}.`,
    fix: `Set the format to ${FORMAT_OF[schema.type]}, or the converter to ${CONVERTER_OF[schema.type]}.`,
  });
}

const CONVERTER_OF: Readonly<Record<SchemaType, string>> = {
  AVRO: 'AvroConverter',
  JSON: 'JsonSchemaConverter',
  PROTOBUF: 'ProtobufConverter',
};
const FORMAT_OF: Readonly<Record<SchemaType, string>> = { AVRO: 'AVRO', JSON: 'JSON_SR', PROTOBUF: 'PROTOBUF' };

function frameError(how: string): TributaryError {
  return new TributaryError('TRIB_FORMAT_FRAME', 'data', {
    what: `The payload ${how}.`,
    fix: 'It was not written with a schema registry: check the format, or read it as JSON, DELIMITED or KAFKA.',
  });
}

/** The schema a writer registers or is told to use, as an id and its text. */
export interface WriterSchema {
  readonly id: number;
  readonly text: string;
  readonly references: readonly string[];
}

/** The schema of property `SCHEMA_ID` if it is given, else `described`, registered under the topic's subject. */
export async function writerSchema(
  registry: SchemaRegistry,
  type: SchemaType,
  subject: string,
  schemaId: string | undefined,
  described: () => string,
): Promise<WriterSchema> {
  if (schemaId === undefined) {
    const text = described();
    return { id: await registry.register(subject, type, text), text, references: [] };
  }
  const id = Number(schemaId);
  const schema = await registry.byId(id);
  if (schema === null) {
    throw new TributaryError('TRIB_SCHEMA_ID_UNKNOWN', 'config', {
      what: `The registry has no schema with the id ${quoted(schemaId)}.`,
      fix: 'Check SCHEMA_ID and schema.registry.url.',
    });
  }
  if (schema.type !== type) throw wrongKind(schema, type);
  return { id, text: schema.schema, references: await referenceTexts(registry, schema.references) };
}
