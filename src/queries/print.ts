// PRINT: records of any topic as lines, their formats guessed.
import type { Value } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import { partitionKeys } from '../engine/progress.ts';
import { formatOf } from '../formats/index.ts';
import { quoteJson } from '../formats/json-text.ts';
import type { Broker, Reader, Records } from '../ports/broker.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { columnsOfSchema } from '../sql/plan/schema.ts';
import type { PrintStatement } from '../sql/syntax/ast.ts';
import { cellPrinter } from './cell-json.ts';
import type { LineStream } from './results.ts';

const POLL_MS = 500;

/** Reads a topic and writes a line a record. */
export class LinePrinter implements LineStream {
  readonly #reader: Reader;
  readonly #statement: PrintStatement;
  readonly #guess: FormatGuess;
  #closed = false;

  private constructor(reader: Reader, statement: PrintStatement, registry: SchemaRegistry) {
    this.#reader = reader;
    this.#statement = statement;
    this.#guess = new FormatGuess(registry);
  }

  static async open(broker: Broker, registry: SchemaRegistry, statement: PrintStatement): Promise<LinePrinter> {
    const info = await broker.topic(statement.topic);
    if (info === null) {
      throw new TributaryError('TRIB_SQL_PRINT_1', 'sql', {
        what: `Could not find topic '${statement.topic}', or the KSQL user does not have permissions to list the topic. Topic names are case-sensitive.`,
        fix: 'SHOW TOPICS lists all.',
      });
    }
    const keys = partitionKeys(statement.topic, info.partitions);
    const from = await broker.offsets(keys, statement.fromBeginning ? 'earliest' : 'stable');
    return new LinePrinter(await broker.read(from, { isolation: 'committed' }), statement, registry);
  }

  async *lines(): AsyncIterable<readonly string[]> {
    const every = Math.max(1, this.#statement.interval ?? 1);
    let left = this.#statement.limit ?? Number.POSITIVE_INFINITY;
    let seen = 0;
    while (!this.#closed && left > 0) {
      const lines: string[] = [];
      for (const records of await this.#reader.poll(POLL_MS)) {
        for (let i = 0; i < records.count && left > 0; i++) {
          if (seen++ % every !== 0) continue;
          lines.push(...(await this.#guess.linesOf(records, i)));
          left--;
        }
      }
      // An empty line shows that the connection lives; clients drop it.
      yield lines.length === 0 ? [''] : lines;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#reader.close();
  }
}

interface Shown {
  readonly format: string;
  readonly text: string;
}

class FormatGuess {
  readonly #registry: SchemaRegistry;
  #keyFormat = '';
  #valueFormat = '';

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  async linesOf(records: Records, index: number): Promise<readonly string[]> {
    const key = await this.#show(slice(records, records.keyStarts[index]!, records.keyEnds[index]!));
    const value = await this.#show(slice(records, records.valueStarts[index]!, records.valueEnds[index]!));
    const lines: string[] = [];
    if (key !== null && key.format !== this.#keyFormat) lines.push(`Key format: ${key.format}`);
    if (value !== null && value.format !== this.#valueFormat) lines.push(`Value format: ${value.format}`);
    this.#keyFormat = key?.format ?? this.#keyFormat;
    this.#valueFormat = value?.format ?? this.#valueFormat;
    const time = timeText(records.timestampsMs[index]!);
    lines.push(
      `rowtime: ${time}, key: ${key?.text ?? '<null>'}, value: ${value?.text ?? '<null>'}, partition: ${records.partition}`,
    );
    return lines;
  }

  async #show(bytes: Buffer | null): Promise<Shown | null> {
    if (bytes === null) return null;
    const avro = bytes.length >= 5 && bytes[0] === 0 ? await this.#avro(bytes) : null;
    if (avro !== null) return { format: 'AVRO', text: avro };
    const text = bytes.toString('utf8');
    const isText = bytes.length > 0 && Buffer.from(text, 'utf8').equals(bytes) && !hasControls(text);
    if (isText && isJson(text)) return { format: 'JSON or KAFKA_STRING', text };
    if (isText) return { format: 'KAFKA_STRING', text };
    if (bytes.length === 4) return { format: 'KAFKA_INT', text: String(bytes.readInt32BE(0)) };
    if (bytes.length === 8) return { format: 'KAFKA_BIGINT or KAFKA_DOUBLE', text: String(bytes.readBigInt64BE(0)) };
    return { format: 'KAFKA_STRING', text: quoteJson(text) };
  }

  async #avro(bytes: Buffer): Promise<string | null> {
    const registered = await this.#registry.byId(bytes.readInt32BE(1));
    if (registered?.type !== 'AVRO') return null;
    const format = formatOf('AVRO');
    try {
      const schema = format.inferred!(registered.schema, { isKey: false, unwrapped: false });
      const columns = columnsOfSchema(schema, (name) => name);
      const bare = columns.length === 1 && columns[0]!.name === 'ROWVAL';
      const spec = { topic: '', isKey: false, schema, unwrapped: bare, properties: {} };
      const reader = format.reader(
        spec,
        columns.map((_, at) => [at]),
        this.#registry,
      );
      await reader.prepare(bytes, new Int32Array([0]), new Int32Array([bytes.length]), 1);
      const row = reader.read(bytes, 0, bytes.length);
      if (row === null) return 'null';
      const cells = columns.map(({ name, type }, at) => `${quoteJson(name)}: ${cellPrinter(type)(row[at] as Value)}`);
      return bare ? cellPrinter(columns[0]!.type)(row[0] as Value) : `{${cells.join(', ')}}`;
    } catch (error) {
      if (error instanceof TributaryError) return null;
      throw error;
    }
  }
}

function slice(records: Records, start: number, end: number): Buffer | null {
  return start < 0 ? null : records.bytes.subarray(start, end);
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 9 || (code > 13 && code < 32)) return true;
  }
  return false;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function timeText(ms: number): string {
  if (ms < 0) return 'N/A';
  return `${new Date(ms).toISOString().replaceAll('-', '/').replace('T', ' ').slice(0, -1)} Z`;
}
