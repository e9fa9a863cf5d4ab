// JSON text → Connect data, by the schema that JsonSchemaConverter made of the registered one.
//
// Other than JsonConverter it takes no value of another JSON type; maps with keys that are no text are lists of
// {"key", "value"}; a choice of types is a struct with the first branch set that the value fits.
import { LOGICAL, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { ConnectScanner } from '../json/connect-scan.ts';
import { isOneOf } from './connect-marks.ts';

export class JsonSchemaScanner extends ConnectScanner {
  protected override physical(byte: number, schema: Schema, path: string): Value {
    if (schema.kind === 'struct' && isOneOf(schema)) return this.oneOf(byte, schema, path);
    if (!begins(byte, schema)) throw wrong(path, this.found(), schema.kind);
    if (byte === 34 && (schema.kind === 'float32' || schema.kind === 'float64')) {
      const word = this.string();
      if (word === 'NaN' || word === 'Infinity' || word === '-Infinity') return Number(word);
      throw wrong(path, quoted(word), schema.kind);
    }
    return super.physical(byte, schema, path);
  }

  protected override pairs(byte: number, schema: Schema, path: string): Map<Value, Value> {
    if (byte !== 91) throw wrong(path, this.found(), 'a list of {"key", "value"}');
    const map = new Map<Value, Value>();
    this.at++;
    if (this.peek() === 93) {
      this.at++;
      return map;
    }
    do {
      if (this.peek() !== 123) throw wrong(path, this.found(), 'an object of "key" and "value"');
      let key: Value = null;
      let item: Value = null;
      this.at++;
      if (this.peek() === 125) this.at++;
      else {
        do {
          if (this.peek() !== 34) this.fail('a member name in quotes');
          const name = this.string();
          this.take(58, '":"');
          if (name === 'key') key = this.value(schema.keys!, path);
          else if (name === 'value') item = this.value(schema.items!, path);
          else this.skip(0);
        } while (this.more(125));
      }
      map.set(key, item);
    } while (this.more(93));
    return map;
  }

  private oneOf(byte: number, schema: Schema, path: string): Struct {
    const start = this.at;
    const fields = schema.fields ?? [];
    // Two looks: an object that has members the branch does not know fits a branch that knows them all better.
    for (const isExact of [true, false]) {
      for (const field of fields) {
        if (!isOneOf(field.schema) && !begins(byte, field.schema)) continue;
        if (isExact && field.schema.kind === 'struct' && !this.knowsAll(field.schema)) continue;
        this.at = start;
        try {
          const cells: Value[] = new Array<Value>(fields.length).fill(null);
          // The branch is optional in the struct; the value itself is there.
          cells[field.index] = this.fitting(field.schema, path);
          return new Struct(schema, cells);
        } catch (error) {
          if (!(error instanceof TributaryError)) throw error;
        }
      }
      this.at = start;
    }
    throw wrong(path, this.found(), 'one of the types its schema allows');
  }

  /** True when the object at the position has no member that the struct does not have. */
  private knowsAll(schema: Schema): boolean {
    const names = new Set((schema.fields ?? []).map(({ name }) => name));
    const start = this.at;
    let knows = true;
    this.at++;
    if (this.peek() !== 125) {
      do {
        if (this.peek() !== 34) this.fail('a member name in quotes');
        if (!names.has(this.string())) knows = false;
        this.take(58, '":"');
        this.skip(0);
      } while (this.more(125));
    }
    this.at = start;
    return knows;
  }

  private found(): string {
    const start = this.at;
    this.skip(0);
    return quoted(this.bytes.toString('utf8', start, Math.min(this.at, start + 80)));
  }
}

/** True when a value of the schema may begin with this byte. */
function begins(byte: number, schema: Schema): boolean {
  const isNumber = byte === 45 || (byte >= 48 && byte <= 57);
  switch (schema.kind) {
    case 'boolean':
      return byte === 116 || byte === 102;
    case 'string':
      return byte === 34;
    case 'bytes':
      return byte === 34 || (isNumber && schema.name === LOGICAL.decimal);
    case 'float32':
    case 'float64':
      // NaN and the infinities stand in quotes.
      return isNumber || byte === 34;
    case 'array':
      return byte === 91;
    case 'map':
      return byte === (schema.keys!.kind === 'string' && !schema.keys!.optional ? 123 : 91) || byte === 123;
    case 'struct':
      return byte === 123;
    default:
      return isNumber;
  }
}

function wrong(path: string, found: string, wanted: string): TributaryError {
  return new TributaryError('TRIB_CONNECT_JSON_VALUE', 'data', {
    what: `The message holds ${found} at "${path}", where its schema demands ${wanted}.`,
  });
}
