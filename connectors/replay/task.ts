// Merges the recorded files by their recorded time and hands the records over in batches; the source offset is the line reached in each file.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import {
  ConnectRecord,
  type Header,
  type ParsedConfig,
  primitive,
  quoted,
  type RawConfig,
  type SchemaRegistry,
  type SchemaType,
  type SourceTask,
  type SourceTaskContext,
  TributaryError,
} from 'tributary/connect';

interface RecordedLine {
  readonly topic: string;
  readonly partition: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [string, string | null])[];
}
interface RecordedSchema {
  readonly subject: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly version?: number;
  readonly also?: readonly { readonly subject: string }[];
}
interface OpenFile {
  readonly path: string;
  readonly lines: AsyncIterator<string>;
  line: number;
  next: RecordedLine | null;
}

const BYTES = primitive('bytes', { optional: true });

export class ReplayTask implements SourceTask {
  #files: OpenFile[] = [];
  #ids = new Map<number, number>();
  #now = true;
  #perPoll = 500;
  #pauseMs = 0;
  #context!: SourceTaskContext;

  async start(config: ParsedConfig, _raw: RawConfig, context: SourceTaskContext): Promise<void> {
    this.#context = context;
    this.#now = config['replay.timestamps'] !== 'recorded';
    this.#perPoll = Number(config['replay.records.per.poll']);
    this.#pauseMs = Number(config['replay.pause.ms']);
    const schemas = config['replay.schemas'];
    if (typeof schemas === 'string') this.#ids = await registerAll(schemas, context.registry);
    for (const path of config['replay.files'] as readonly string[]) this.#files.push(await this.#open(path));
  }

  async #open(path: string): Promise<OpenFile> {
    const saved = await this.#context.offset({ file: path });
    const done = typeof saved?.['line'] === 'number' ? saved['line'] : 0;
    const stream = createReadStream(path);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (cause) =>
        reject(
          new TributaryError('TRIB_REPLAY_FILE', 'config', {
            what: `The file ${quoted(path)} cannot be read.`,
            fix: 'Check replay.files.',
            cause,
          }),
        ),
      );
    });
    const file: OpenFile = {
      path,
      lines: createInterface({ input: stream })[Symbol.asyncIterator](),
      line: 0,
      next: null,
    };
    await this.#advance(file);
    while (file.line < done && file.next !== null) await this.#advance(file);
    return file;
  }

  /** Reads the next line into `next`; null at the end. `line` counts those read before it. */
  async #advance(file: OpenFile): Promise<RecordedLine | null> {
    if (file.next !== null) file.line++;
    const { value, done } = await file.lines.next();
    if (done || value === undefined || value === '') file.next = null;
    else {
      try {
        file.next = JSON.parse(value) as RecordedLine;
      } catch (cause) {
        throw new TributaryError('TRIB_REPLAY_LINE', 'data', {
          what: 'The line is not JSON.',
          where: `${file.path}:${file.line + 1}`,
          fix: 'Mend or remove it.',
          cause,
        });
      }
    }
    return file.next;
  }

  async poll(): Promise<readonly ConnectRecord[] | null> {
    if (this.#pauseMs > 0) await this.#context.clock.sleep(this.#pauseMs, this.#context.signal);
    const records: ConnectRecord[] = [];
    while (records.length < this.#perPoll) {
      let first: OpenFile | null = null;
      for (const file of this.#files)
        if (file.next !== null && (first === null || file.next.timestamp < first.next!.timestamp)) first = file;
      if (first === null) break;
      const line = first.next!;
      const reached = first.line + 1;
      records.push(this.#record(line, first.path, reached));
      await this.#advance(first);
    }
    if (records.length > 0) return records;
    await this.#context.clock.sleep(1_000, this.#context.signal);
    return null;
  }

  #record(line: RecordedLine, file: string, reached: number): ConnectRecord {
    return new ConnectRecord({
      topic: line.topic,
      partition: line.partition,
      keySchema: BYTES,
      key: this.#payload(line.key, file, reached),
      valueSchema: BYTES,
      value: this.#payload(line.value, file, reached),
      timestampMs: this.#now ? this.#context.clock.now() : line.timestamp,
      headers: (line.headers ?? []).map(
        ([key, value]): Header => ({ key, schema: BYTES, value: value === null ? null : Buffer.from(value, 'base64') }),
      ),
      sourcePartition: { file },
      sourceOffset: { line: reached },
    });
  }

  #payload(base64: string | null, file: string, line: number): Buffer | null {
    if (base64 === null) return null;
    const bytes = Buffer.from(base64, 'base64');
    if (this.#ids.size === 0) return bytes;
    const id = bytes[0] === 0 && bytes.length >= 5 ? this.#ids.get(bytes.readInt32BE(1)) : undefined;
    if (id === undefined)
      throw new TributaryError('TRIB_REPLAY_SCHEMA', 'data', {
        what: 'The payload names no schema of replay.schemas.',
        where: `${file}:${line}`,
        fix: 'Give the schemas file that was recorded with the topics.',
      });
    bytes.writeInt32BE(id, 1);
    return bytes;
  }

  async stop(): Promise<void> {
    for (const file of this.#files) await file.lines.return?.();
  }
}

/** Registers recorded schemas, oldest first; answers recorded id → id here. */
async function registerAll(path: string, registry: SchemaRegistry): Promise<Map<number, number>> {
  let recorded: Record<string, RecordedSchema>;
  try {
    recorded = JSON.parse(await readFile(path, 'utf8')) as typeof recorded;
  } catch (cause) {
    throw new TributaryError('TRIB_REPLAY_SCHEMAS', 'config', {
      what: `The schemas file ${quoted(path)} cannot be read as JSON.`,
      fix: 'Check replay.schemas.',
      cause,
    });
  }
  const ids = new Map<number, number>();
  const inOrder = Object.entries(recorded).sort(([, left], [, right]) => (left.version ?? 0) - (right.version ?? 0));
  for (const [id, { subject, schemaType, schema, also }] of inOrder) {
    for (const each of [subject, ...(also ?? []).map((other) => other.subject)])
      ids.set(Number(id), await registry.register(each, schemaType ?? 'AVRO', schema));
  }
  return ids;
}
