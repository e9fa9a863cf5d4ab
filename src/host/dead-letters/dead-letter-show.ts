// A letter for people: decoded with the connector's own converters where that works, else as text or hexadecimal digits; secrets
// blanked, and every text cut to a size that a page can hold.
import { isUtf8 } from 'node:buffer';
import type { RecordConverters } from '../../connect/connectors.ts';
import type { Converter } from '../../connect/converter.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseConfigOrThrow } from '../../core/config/parse.ts';
import { isTransient } from '../../core/errors.ts';
import { MASK, namesSecret } from '../../core/redact.ts';
import type { Environment } from '../environment.ts';
import { lazyConverters } from '../tasks/converters.ts';
import { type Letter, letterName } from './dead-letter-form.ts';

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';

/** Bytes as people read them. */
export interface ShownBytes {
  /** How `text` is to be read: what the converter made of it, the bytes as UTF-8, or as hexadecimal digits. */
  readonly as: 'json' | 'text' | 'hex';
  readonly text: string;
  /** Length of the whole. */
  readonly bytes: number;
  readonly truncated: boolean;
  /** Why the converter could not read it. */
  readonly decodeError?: string;
}

/** A letter as REST answers it. */
export interface ShownLetter {
  readonly letter: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Time of the record, which is that of the original; null when it has none. */
  readonly timestamp: string | null;
  readonly original: {
    readonly topic: string;
    readonly partition: number | null;
    readonly offset: number | null;
  } | null;
  readonly connector: string | null;
  readonly task: string | null;
  readonly stage: string | null;
  readonly class: string | null;
  readonly exception: string | null;
  readonly message: string | null;
  readonly stack?: string | null;
  readonly replayed: boolean;
  readonly replayedFrom: string | null;
  /** What the target answered over HTTP when it refused the record. */
  readonly answer?: { readonly status: number; readonly body: string };
  readonly key: ShownBytes | null;
  readonly value: ShownBytes | null;
  readonly headers: readonly { readonly name: string; readonly value: ShownBytes | null }[];
}

/** How much of a letter is wanted. */
export interface ShowOptions {
  readonly stack: boolean;
  /** Longest text of key, value and each header. */
  readonly textMax: number;
}

const STACK_MAX = 32_768;

/** Shows the letters of one connector. */
export class LetterView {
  readonly #environment: Environment;
  readonly #converters: RecordConverters;
  readonly #json: { readonly key: Converter; readonly value: Converter };
  /** A registry that does not answer is not asked again for each letter of a page. */
  #outage: string | null = null;

  constructor(environment: Environment, raw: RawConfig) {
    this.#environment = environment;
    this.#converters = lazyConverters(raw, environment);
    this.#json = { key: jsonWriter(environment, true), value: jsonWriter(environment, false) };
  }

  async show(letter: Letter, replayed: boolean, options: ShowOptions): Promise<ShownLetter> {
    const { records, index, origin } = letter;
    const clean = (text: string | null, most: number) => (text === null ? null : cut(this.#redact(text), most).text);
    return {
      letter: letterName(letter),
      topic: letter.topic,
      partition: letter.partition,
      offset: letter.offset,
      timestamp: letter.timestampMs === null ? null : new Date(letter.timestampMs).toISOString(),
      original: origin,
      connector: letter.connector,
      task: letter.task,
      stage: letter.stage,
      class: letter.className,
      exception: letter.exception,
      message: clean(letter.message, options.textMax),
      ...(options.stack ? { stack: clean(letter.stack, STACK_MAX) } : {}),
      replayed,
      replayedFrom: letter.replayedFrom,
      ...(letter.answer === null
        ? {}
        : { answer: { status: letter.answer.status, body: clean(letter.answer.body, options.textMax)! } }),
      key: await this.#part('key', letter, records.keyStarts[index]!, records.keyEnds[index]!, options.textMax),
      value: await this.#part('value', letter, records.valueStarts[index]!, records.valueEnds[index]!, options.textMax),
      headers: letter.headers.map(([name, value]) => ({ name, value: this.#header(name, value, options.textMax) })),
    };
  }

  #header(name: string, value: Buffer | null, textMax: number): ShownBytes | null {
    if (value === null) return null;
    if (namesSecret(name)) return { as: 'text', text: MASK, bytes: value.length, truncated: false };
    return this.#plain(value, textMax);
  }

  async #part(
    side: 'key' | 'value',
    letter: Letter,
    start: number,
    end: number,
    textMax: number,
  ): Promise<ShownBytes | null> {
    if (start < 0) return null;
    const bytes = letter.records.bytes.subarray(start, end);
    try {
      const decoded = await this.#decoded(side, letter, bytes);
      return decoded === null ? this.#plain(bytes, textMax) : this.#bounded(decoded, bytes.length, textMax);
    } catch (error) {
      if (isTransient(error)) this.#outage = (error as Error).message;
      const text = error instanceof Error ? error.message : String(error);
      return { ...this.#plain(bytes, textMax), decodeError: cut(this.#redact(text), 500).text };
    }
  }

  /** What the converter made of it; null when that is bytes, or the bytes are text to it. */
  async #decoded(side: 'key' | 'value', letter: Letter, bytes: Buffer): Promise<string | null> {
    if (this.#outage !== null) throw new Error(this.#outage);
    const converter = this.#converters[side];
    const topic = letter.origin?.topic ?? letter.topic;
    const ends = Int32Array.of(bytes.length);
    const prepared = converter.prepareDecode(bytes, Int32Array.of(0), ends, 1);
    if (prepared !== null) await prepared;
    const { schema, value } = converter.decode(topic, bytes, 0, bytes.length);
    if (value === null) return 'null';
    if (typeof value === 'string' || value instanceof Uint8Array) return null;
    return String(this.#json[side].encode(topic, schema, value));
  }

  #bounded(text: string, bytes: number, textMax: number): ShownBytes {
    return { as: 'json', ...cut(this.#redact(text), textMax), bytes };
  }

  #plain(bytes: Buffer, textMax: number): ShownBytes {
    if (isReadable(bytes)) return { as: 'text', ...cut(this.#redact(bytes.toString()), textMax), bytes: bytes.length };
    // Two digits a byte.
    return { as: 'hex', ...cut(bytes.subarray(0, textMax).toString('hex'), textMax), bytes: bytes.length };
  }

  #redact(text: string): string {
    return this.#environment.redactor.redact(text);
  }
}

function cut(text: string, most: number): { readonly text: string; readonly truncated: boolean } {
  return text.length > most ? { text: text.slice(0, most), truncated: true } : { text, truncated: false };
}

/** Text that can be shown as it is: UTF-8 without control characters. */
function isReadable(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  for (const byte of bytes) if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) return false;
  return true;
}

function jsonWriter(environment: Environment, isKey: boolean): Converter {
  const { def } = environment.plugins.get('converter', JSON_CONVERTER);
  const raw = { 'schemas.enable': 'false', 'decimal.format': 'NUMERIC', 'converter.type': isKey ? 'key' : 'value' };
  const values = parseConfigOrThrow(def.config, raw, 'json');
  return def.create(values, isKey, { registry: (url, own) => environment.registryOf(url, own), raw });
}
