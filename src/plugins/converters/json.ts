// JsonConverter: JSON with its schema beside each payload, or bare.
//
// A message with a schema is mostly schema: the text of the last one is compared with the next in one step, and only a new text
// is parsed. The payload is read straight into Connect data.
import type { Converter, ConverterDef, SchemaAndValue } from '../../connect/plugins.ts';
import { oneOfIgnoringCase } from '../../core/config/checks.ts';
import type { Schema, Value } from '../../core/data/schema.ts';
import { type ConnectPrintOptions, printConnect } from '../../formats/json/connect-print.ts';
import { ConnectScanner } from '../../formats/json/connect-scan.ts';
import { jsonOfSchema, schemaOfJson } from '../../formats/json/connect-schema.ts';
import { parseJson } from '../../formats/json-text.ts';
import { CONVERTER_TYPE, dataError, KAFKA_VERSION } from './parts.ts';

export const jsonConverter: ConverterDef = {
  kind: 'converter',
  name: 'JsonConverter',
  classes: ['org.apache.kafka.connect.json.JsonConverter'],
  doc: 'JSON. With schemas.enable each message is {"schema", "payload"}; without it the message is the bare value and has no schema.',
  version: KAFKA_VERSION,
  config: [
    CONVERTER_TYPE,
    {
      name: 'schemas.enable',
      type: 'BOOLEAN',
      fallback: true,
      importance: 'HIGH',
      group: 'Schemas',
      order: 0,
      width: 'MEDIUM',
      displayName: 'Enable Schemas',
      doc: 'Whether each message carries its schema.',
    },
    {
      name: 'schemas.cache.size',
      type: 'INT',
      fallback: 1000,
      importance: 'HIGH',
      group: 'Schemas',
      order: 1,
      width: 'MEDIUM',
      displayName: 'Schema Cache Size',
      doc: 'How many schemas are kept so that they need not be made again for each message.',
    },
    {
      name: 'decimal.format',
      type: 'STRING',
      fallback: 'BASE64',
      importance: 'LOW',
      group: 'Serialization',
      order: 0,
      width: 'MEDIUM',
      displayName: 'Decimal Format',
      doc: 'How decimals are written: BASE64 (the bytes of the unscaled value) or NUMERIC. Both are read.',
      check: oneOfIgnoringCase('NUMERIC', 'BASE64'),
    },
    {
      name: 'replace.null.with.default',
      type: 'BOOLEAN',
      fallback: true,
      importance: 'LOW',
      group: 'Serialization',
      order: 1,
      width: 'MEDIUM',
      displayName: 'Replace null with default',
      doc: 'Whether a null in a field that has a default becomes the default.',
    },
  ],
  create: (config): Converter =>
    new JsonConverter({
      withSchemas: config['schemas.enable'] === true,
      cacheSize: Number(config['schemas.cache.size']),
      numericDecimals: String(config['decimal.format']).toUpperCase() === 'NUMERIC',
      replaceNull: config['replace.null.with.default'] === true,
    }),
};

interface JsonConverterOptions extends ConnectPrintOptions {
  readonly withSchemas: boolean;
  readonly cacheSize: number;
}

const NOTHING: SchemaAndValue = { schema: null, value: null };

class JsonConverter implements Converter {
  private readonly options: JsonConverterOptions;
  private readonly scanner: ConnectScanner;
  private readonly schemas = new Map<string, Schema | null>();
  private readonly schemaTexts = new WeakMap<Schema, string>();
  // The text of the schema met last, and what it says.
  private lastText: Buffer = Buffer.alloc(0);
  private lastSchema: Schema | null = null;

  constructor(options: JsonConverterOptions) {
    this.options = options;
    this.scanner = new ConnectScanner(options.replaceNull);
  }

  prepareDecode(): null {
    return null;
  }

  prepareEncode(): null {
    return null;
  }

  decode(_topic: string, bytes: Buffer, start: number, end: number): SchemaAndValue {
    if (start < 0) return NOTHING;
    const { scanner } = this;
    if (end - start >= 2 && (bytes[start]! >= 0xef || bytes[start] === 0 || bytes[start + 1] === 0)) {
      const utf8 = utf8Of(bytes.subarray(start, end));
      scanner.open(utf8, 0, utf8.length);
    } else scanner.open(bytes, start, end);
    if (this.options.withSchemas) return this.envelope();
    if (scanner.peek() < 0) return NOTHING;
    const value = scanner.free();
    endOfValue(scanner);
    return { schema: null, value };
  }

  /** `{"schema", "payload"}` and nothing else. */
  private envelope(): SchemaAndValue {
    const { scanner } = this;
    if (scanner.peek() !== 123) throw noEnvelope();
    scanner.at++;
    let schema: Schema | null | undefined;
    let value: Value | undefined;
    let payloadAt = -1;
    if (scanner.peek() === 125) throw noEnvelope();
    do {
      if (scanner.peek() !== 34) scanner.fail('a member name in quotes');
      const name = scanner.string();
      scanner.take(58, '":"');
      if (name === 'schema') schema = this.schema();
      else if (name !== 'payload') throw noEnvelope();
      else if (schema === undefined) {
        payloadAt = scanner.at;
        scanner.skip(0);
      } else value = this.payload(schema);
    } while (scanner.more(125));
    if (schema === undefined) throw noEnvelope();
    if (value === undefined) {
      if (payloadAt < 0) throw noEnvelope();
      scanner.at = payloadAt;
      value = this.payload(schema);
    }
    return { schema, value };
  }

  private payload(schema: Schema | null): Value {
    return schema === null ? this.scanner.free() : this.scanner.value(schema, 'payload');
  }

  private schema(): Schema | null {
    const { scanner, lastText } = this;
    scanner.peek();
    const start = scanner.at;
    const sameEnd = start + lastText.length;
    // Only a whole value ends with its closing brace, so equal bytes are an equal schema.
    if (lastText.length > 1 && sameEnd <= scanner.end && lastText.compare(scanner.bytes, start, sameEnd) === 0) {
      scanner.at = sameEnd;
      return this.lastSchema;
    }
    scanner.skip(0);
    const text = scanner.bytes.toString('utf8', start, scanner.at);
    const known = this.schemas.get(text);
    const schema = known === undefined ? schemaOfJson(parseJson(text)) : known;
    if (known === undefined && this.schemas.size < this.options.cacheSize) this.schemas.set(text, schema);
    if (scanner.bytes[start] === 123) {
      this.lastText = Buffer.from(scanner.bytes.subarray(start, scanner.at));
      this.lastSchema = schema;
    }
    return schema;
  }

  encode(_topic: string, schema: Schema | null, value: Value): Buffer | null {
    if (schema === null && value === null) return null;
    const payload = printConnect(schema, value, this.options);
    if (!this.options.withSchemas) return Buffer.from(payload, 'utf8');
    return Buffer.from(`{"schema":${schema === null ? 'null' : this.schemaText(schema)},"payload":${payload}}`, 'utf8');
  }

  private schemaText(schema: Schema): string {
    const known = this.schemaTexts.get(schema);
    if (known !== undefined) return known;
    const text = jsonOfSchema(schema, (of, fallback) => printConnect(of, fallback, this.options));
    this.schemaTexts.set(schema, text);
    return text;
  }
}

/** JSON text may come in UTF-16 or UTF-32, told apart by its mark or by where the first character has its zeros. */
function utf8Of(text: Buffer): Buffer {
  const [first, second, third, fourth] = text;
  if (first === 0xef && second === 0xbb && third === 0xbf) return text.subarray(3);
  const isWide = text.length >= 4 && ((first === 0 && second === 0) || (third === 0 && fourth === 0));
  if (isWide && (first === 0 || second === 0 || first === 0xff)) return ofUnits(text, 4, first === 0);
  if (first === 0xfe && second === 0xff) return ofUnits(text, 2, true);
  if (first === 0xff && second === 0xfe) return ofUnits(text, 2, false);
  return first === 0 || second === 0 ? ofUnits(text, 2, first === 0) : text;
}

function ofUnits(text: Buffer, width: 2 | 4, isBig: boolean): Buffer {
  const whole = Buffer.from(text.subarray(0, text.length - (text.length % width)));
  if (width === 2) return withoutMark((isBig ? whole.swap16() : whole).toString('utf16le'));
  let characters = '';
  for (let at = 0; at < whole.length; at += 4) {
    const code = isBig ? whole.readUInt32BE(at) : whole.readUInt32LE(at);
    characters += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  }
  return withoutMark(characters);
}

function withoutMark(characters: string): Buffer {
  return Buffer.from(characters.replace(/^\ufeff/, ''), 'utf8');
}

/** A number or word at the top must end there; what follows behind white space is ignored, as the reference does. */
function endOfValue(scanner: ConnectScanner): void {
  const last = scanner.bytes[scanner.at - 1];
  const next = scanner.at < scanner.end ? scanner.bytes[scanner.at]! : 32;
  const isClosed = last === 34 || last === 125 || last === 93;
  if (!isClosed && next > 32) scanner.fail('the end of the value');
}

function noEnvelope(): Error {
  return dataError(
    'TRIB_CONNECT_JSON_ENVELOPE',
    'The message is no object of exactly "schema" and "payload".',
    'Set schemas.enable=false for plain JSON.',
  );
}
