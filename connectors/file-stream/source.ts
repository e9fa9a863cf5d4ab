// Lines of a growing file become records. The source offset is the byte position after the last whole line, so a line that is
// not ended yet is read once it is, and a restart goes on behind the last record that was written. A line ends with \n, \r\n or
// \r, as for Java's readers. A file that was cut short, or replaced by another one of its name, is read from its start: what
// rotates logs does either.
import { type FileHandle, open, stat } from 'node:fs/promises';
import {
  type ConfigDef,
  type ConnectorDef,
  ConnectRecord,
  type ParsedConfig,
  primitive,
  type RawConfig,
  type SourceConnector,
  type SourceTask,
  type SourceTaskContext,
  TributaryError,
} from 'tributary/connect';

const READ_BYTES = 256 * 1024;
const IDLE_WAIT_MS = 250;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LINE_SCHEMA = primitive('string');

const config: ConfigDef = [
  {
    name: 'file',
    type: 'STRING',
    fallback: null,
    importance: 'HIGH',
    doc: 'Source filename. If not specified, the standard input will be used.',
  },
  {
    name: 'topic',
    type: 'STRING',
    importance: 'HIGH',
    doc: 'The topic to publish data to.',
    check: (value) => (value === '' ? 'String must be non-empty' : null),
  },
  {
    name: 'batch.size',
    type: 'INT',
    fallback: 2000,
    importance: 'LOW',
    doc: 'The maximum number of records the source task can read from the file each time it is polled.',
  },
];

export const fileStreamSource: ConnectorDef = {
  kind: 'source',
  name: 'FileStreamSourceConnector',
  classes: ['org.apache.kafka.connect.file.FileStreamSourceConnector'],
  doc: 'Reads lines of a file (or of standard input) into a topic.',
  version: '1.0.0',
  config,
  create: () => new FileStreamSourceConnector(),
};

class FileStreamSourceConnector implements SourceConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }

  /** One file, one task: lines have an order. */
  taskConfigs(): readonly RawConfig[] {
    return [this.#raw];
  }

  task(): SourceTask {
    return new FileStreamSourceTask();
  }

  async stop(): Promise<void> {}

  /** A file can be read again from an offset; standard input cannot. */
  exactlyOnceSupport(raw: RawConfig): 'supported' | 'unsupported' {
    return (raw['file'] ?? '').trim() === '' ? 'unsupported' : 'supported';
  }

  checkOffsets(offsets: readonly { partition: unknown; offset: unknown }[]): void {
    for (const { partition, offset } of offsets) {
      if (offset === null) continue;
      if (!isObject(partition) || !('filename' in partition)) {
        throw refused("Partition objects should contain the key 'filename'");
      }
      if (!isObject(offset) || !('position' in offset)) {
        throw refused("Offset objects should either be null or contain the key 'position'");
      }
      const position = offset['position'];
      if (typeof position !== 'number' || !Number.isInteger(position)) {
        throw refused("The value for the 'position' key in the offset is expected to be a Long value");
      }
      if (position < 0) throw refused("The value for the 'position' key in the offset should be a non-negative value");
    }
  }
}

class FileStreamSourceTask implements SourceTask {
  #context!: SourceTaskContext;
  #file: string | null = null;
  #topic = '';
  #batchRows = 2000;
  #handle: FileHandle | null = null;
  #input: AsyncIterator<Buffer> | null = null;
  /** Bytes read and not yet handed out; always begins at a line's start. */
  #held: Buffer = Buffer.alloc(0);
  /** File position of the first held byte. */
  #position = 0;
  #warned = false;

  async start(parsed: ParsedConfig, _raw: RawConfig, context: SourceTaskContext): Promise<void> {
    this.#context = context;
    this.#file = (parsed['file'] as string | null) || null;
    this.#topic = parsed['topic'] as string;
    this.#batchRows = Math.max(1, parsed['batch.size'] as number);
    if (this.#file === null) {
      this.#input = (process.stdin as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
      return;
    }
    const stored = await context.offset({ filename: this.#file });
    if (typeof stored?.['position'] === 'number') this.#position = stored['position'];
  }

  async poll(): Promise<readonly ConnectRecord[] | null> {
    if (this.#input === null && this.#handle === null && !(await this.#open())) return null;
    const waiting = this.#takeLines();
    if (waiting.length > 0) return waiting;
    if (!(await this.#read()) && !(await this.#hasBegunAnew())) {
      await this.#context.clock.sleep(IDLE_WAIT_MS, this.#context.signal);
      return null;
    }
    const records = this.#takeLines();
    return records.length === 0 ? null : records;
  }

  async stop(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async #open(): Promise<boolean> {
    try {
      this.#handle = await open(this.#file!, 'r');
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (!this.#warned) {
        this.#context.log(
          'warn',
          `Couldn't find file ${this.#file} for FileStreamSourceTask, waiting for it to appear`,
        );
      }
      this.#warned = true;
      await this.#context.clock.sleep(IDLE_WAIT_MS, this.#context.signal);
      return false;
    }
  }

  /** Reads on; false when there is nothing new. */
  async #read(): Promise<boolean> {
    if (this.#handle === null) {
      const { value, done } = await this.#input!.next();
      if (done) return false;
      this.#held = Buffer.concat([this.#held, Buffer.from(value)]);
      return true;
    }
    const at = this.#position + this.#held.length;
    // A file that has not grown costs no buffer: hundreds of quiet files are followed by one host.
    const known = await this.#handle.stat();
    if (known.isFile() && known.size <= at) return false;
    const room = Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await this.#handle.read(room, 0, READ_BYTES, at);
    if (bytesRead === 0) return false;
    this.#held = Buffer.concat([this.#held, room.subarray(0, bytesRead)]);
    return true;
  }

  /** Called when nothing is left to read. */
  async #hasBegunAnew(): Promise<boolean> {
    if (this.#handle === null) return false;
    const named = await stat(this.#file!).catch(() => null);
    const own = await this.#handle.stat();
    const isCut = own.size < this.#position + this.#held.length;
    const isReplaced = named !== null && (named.ino !== own.ino || named.dev !== own.dev);
    if (!isCut && !isReplaced) return false;
    const why = isCut ? `is shorter (${own.size} bytes) than what was read (${this.#position})` : 'was replaced';
    this.#context.log('warn', `File ${this.#file} ${why}: reading from its start.`);
    this.#held = Buffer.alloc(0);
    this.#position = 0;
    if (isReplaced) {
      await this.#handle.close();
      this.#handle = null;
    }
    return true;
  }

  #takeLines(): ConnectRecord[] {
    const records: ConnectRecord[] = [];
    const held = this.#held;
    const now = this.#context.clock.now();
    let from = 0;
    // Found once and then only where it has been passed: most files have no \r at all.
    let carriageReturn = held.indexOf(CARRIAGE_RETURN);
    while (records.length < this.#batchRows) {
      const lineFeed = held.indexOf(LINE_FEED, from);
      if (carriageReturn >= 0 && carriageReturn < from) carriageReturn = held.indexOf(CARRIAGE_RETURN, from);
      let end = lineFeed;
      let next = lineFeed + 1;
      if (carriageReturn >= 0 && (lineFeed < 0 || carriageReturn < lineFeed)) {
        // Whether the last byte ends a line or is half of an end is told by the next one.
        if (carriageReturn + 1 === held.length) break;
        end = carriageReturn;
        next = carriageReturn + 1 === lineFeed ? lineFeed + 1 : carriageReturn + 1;
      }
      if (end < 0) break;
      const text = held.toString('utf8', from, end);
      from = next;
      records.push(this.#record(text, this.#position + from, now));
    }
    this.#held = held.subarray(from);
    this.#position += from;
    return records;
  }

  #record(line: string, position: number, timestampMs: number): ConnectRecord {
    return new ConnectRecord({
      topic: this.#topic,
      valueSchema: LINE_SCHEMA,
      value: line,
      timestampMs,
      sourcePartition: this.#file === null ? null : { filename: this.#file },
      sourceOffset: this.#file === null ? null : { position },
    });
  }
}

function refused(what: string): TributaryError {
  return new TributaryError('TRIB_OFFSETS_INVALID', 'config', { what });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
