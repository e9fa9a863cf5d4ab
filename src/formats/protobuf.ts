// FORMAT PROTOBUF: the registry's frame, the index of the message within its schema, and the message. PROTOBUF_NOSR: the bare
// message of the schema that the columns themselves describe.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row } from '../core/data/schema.ts';
import { assert, quoted, TributaryError } from '../core/errors.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { checkReads } from './column-types.ts';
import type { Format, InferenceOptions, RowReader, RowWriter, SerdeSpec } from './format.ts';
import { columnsOf } from './inferred-schema.ts';
import { connectSchemaOfMessage } from './protobuf/connect-schema.ts';
import { type Nullability, protoTextOf } from './protobuf/describe.ts';
import { indexBytes, messageAt, messageIndex } from './protobuf/message-index.ts';
import type { ProtoFile } from './protobuf/proto-schema.ts';
import { type MessagePlan, MessageReader, messagePlan } from './protobuf/read.ts';
import { messageOf } from './protobuf/well-known.ts';
import { MessageWriter, type WritePlan, writePlan } from './protobuf/write.ts';
import { FramedReaders, frameOf, writerSchema } from './registry-frame.ts';
import { pick } from './row-shape.ts';

const DEFAULT_MESSAGE = 'ConnectDefault1';

export const protobuf: Format = {
  name: 'PROTOBUF',
  usesRegistry: true,
  wrapsSingles: true,
  unwrapsSingles: false,
  properties: ['FULL_SCHEMA_NAME', 'SCHEMA_ID', 'NULLABLE_REPRESENTATION'],
  reader: (spec, wanted, registry): RowReader =>
    new FramedReaders<Row>(registry, 'PROTOBUF', ({ schema }, references) => {
      const { file } = chosen(schema, references, undefined);
      const plans = new Map<string, MessagePlan>();
      const reader = new MessageReader();
      return (bytes, start, end) => {
        const cursor = { at: start };
        const index = messageIndex(bytes, cursor, end);
        let plan = plans.get(index.join());
        if (plan === undefined) {
          plan = readPlan(file, index, spec);
          plans.set(index.join(), plan);
        }
        return pick(reader.read(plan, bytes, cursor.at, end), wanted);
      };
    }),
  writer: (spec, registry) => new FramedWriter(spec, registry),
  inferred: (text, options: InferenceOptions) => {
    const { file, message } = chosen(text, options.references ?? [], options.fullName);
    return columnsOf(connectSchemaOfMessage(file, message), { ...options, unwrapped: false });
  },
  described,
};

export const protobufNoSr: Format = {
  name: 'PROTOBUF_NOSR',
  usesRegistry: false,
  wrapsSingles: true,
  unwrapsSingles: true,
  properties: ['NULLABLE_REPRESENTATION'],
  reader: (spec, wanted): RowReader => {
    const { file, message } = chosen(described(spec), [], undefined);
    const plan = messagePlan(file, message, spec.schema);
    const reader = new MessageReader();
    return {
      prepare: () => null,
      read: (bytes, start, end) => pick(reader.read(plan, bytes, start, end), wanted),
    };
  },
  writer: (spec): RowWriter => {
    const { file, message } = chosen(described(spec), [], undefined);
    const plan = writePlan(file, message, spec.schema);
    const writer = new MessageWriter();
    return {
      prepare: async () => {},
      write: (row, out) => {
        if (spec.unwrapped && (row[0] ?? null) === null) return false;
        writer.write(plan, row, out);
        return true;
      },
    };
  },
};

/** The schema text SQL registers for a side of a topic. */
function described(spec: SerdeSpec): string {
  return protoTextOf(spec.schema, spec.properties['FULL_SCHEMA_NAME'] ?? DEFAULT_MESSAGE, nullabilityOf(spec));
}

function nullabilityOf(spec: SerdeSpec): Nullability {
  switch (spec.properties['NULLABLE_REPRESENTATION']?.toUpperCase()) {
    case 'OPTIONAL':
      return 'optional';
    case 'WRAPPER':
      return 'wrapper';
    default:
      return 'none';
  }
}

/** The message of a name in a schema text, else its first. Throws `sql` when it has none. */
function chosen(text: string, references: readonly string[], fullName: string | undefined) {
  const found = messageOf(text, references, fullName);
  if (found !== null) return found;
  throw new TributaryError('TRIB_SCHEMA_MESSAGE_UNKNOWN', 'sql', {
    what: fullName === undefined ? 'The schema has no message.' : `The schema has no message ${quoted(fullName)}.`,
    fix: 'Name one of its messages with the full schema name property.',
  });
}

function readPlan(file: ProtoFile, index: readonly number[], spec: SerdeSpec): MessagePlan {
  const message = messageAt(file, index);
  checkReads(connectSchemaOfMessage(file, message), spec.schema, '$');
  return messagePlan(file, message, spec.schema);
}

class FramedWriter implements RowWriter {
  private readonly spec: SerdeSpec;
  private readonly registry: SchemaRegistry;
  private readonly writer = new MessageWriter();
  private frame: Buffer = Buffer.alloc(0);
  private plan: WritePlan | null = null;

  constructor(spec: SerdeSpec, registry: SchemaRegistry) {
    this.spec = spec;
    this.registry = registry;
  }

  async prepare(): Promise<void> {
    const { spec } = this;
    const subject = `${spec.topic}-${spec.isKey ? 'key' : 'value'}`;
    const { id, text, references } = await writerSchema(
      this.registry,
      'PROTOBUF',
      subject,
      spec.properties['SCHEMA_ID'],
      () => described(spec),
    );
    const { file, message } = chosen(text, references, spec.properties['FULL_SCHEMA_NAME']);
    this.plan = writePlan(file, message, spec.schema);
    this.frame = Buffer.concat([frameOf(id), indexBytes(message.path)]);
  }

  write(row: Row, out: ByteWriter): boolean {
    assert(this.plan !== null, 'a writer is prepared before it writes');
    out.copy(this.frame);
    this.writer.write(this.plan, row, out);
    return true;
  }
}
