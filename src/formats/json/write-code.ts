// Generates the JSON writer of a row schema: tokens are stored straight into the output bytes.
//
// Room is reserved once for all names, braces and numbers, and once more for each text.
import type { ByteWriter } from '../../core/bytes.ts';
import { scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Row, type Schema, type Value } from '../../core/data/schema.ts';
import { assert } from '../../core/errors.ts';
import { CodeText, compileCode } from '../code-text.ts';
import { quoteJson } from '../json-text.ts';
import { WRITE_RUNTIME } from './write-runtime.ts';

const NUMBER_BYTES_MAX = 26;
const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Writes rows of bare cells as objects with all columns, in order. */
export function jsonRowWriter(schema: Schema): (row: Row, out: ByteWriter) => void {
  return new JsonCode().compile<Row>(schema);
}

/** Writes bare cells. */
export function jsonValueWriter(schema: Schema): (value: Value, out: ByteWriter) => void {
  return new JsonCode().compile<Value>(schema);
}

class JsonCode {
  private readonly code = new CodeText();
  private fixedBytes = 0;

  compile<Item>(schema: Schema): (value: Item, out: ByteWriter) => void {
    this.value(schema, 'value', '$');
    const body = new CodeText(this.code.constants);
    body.add(
      `const fixed = ${this.fixedBytes + NUMBER_BYTES_MAX};`,
      'out.reserve(fixed);',
      'let b = out.bytes, p = out.position, s = null, n = 0;',
      ...this.code
        .text()
        .split('\n')
        .map((line) => line.trim()),
      'out.position = p;',
    );
    return compileCode({ url: 'json/row-writer', code: body, runtime: WRITE_RUNTIME, signature: 'write(value, out)' });
  }

  private put(bytes: Buffer): void {
    this.fixedBytes += bytes.length;
    this.code.add(`p = put(b, p, ${this.code.constant(bytes)});`);
  }

  private byte(value: number): void {
    this.fixedBytes++;
    this.code.add(`b[p++] = ${value};`);
  }

  private room(bytes: string): void {
    this.code.add(
      `if (p + ${bytes} + fixed > b.length) {`,
      'out.position = p;',
      `out.reserve(${bytes} + fixed);`,
      'b = out.bytes;',
      '}',
    );
  }

  private value(schema: Schema, value: string, path: string): void {
    this.code.add(`if (${value} === null) {`);
    this.put(NULL);
    this.code.add('} else {');
    this.present(schema, value, path);
    this.code.add('}');
  }

  private present(schema: Schema, value: string, path: string): void {
    switch (schema.kind) {
      case 'boolean':
        this.fixedBytes += FALSE.length;
        this.code.add(`p = put(b, p, ${value} ? ${this.code.constant(TRUE)} : ${this.code.constant(FALSE)});`);
        return;
      case 'int8':
      case 'int16':
      case 'int32':
      case 'int64':
        this.fixedBytes += NUMBER_BYTES_MAX;
        this.code.add(`p = writeInteger(b, p, ${value});`);
        return;
      case 'float32':
      case 'float64':
        this.fixedBytes += NUMBER_BYTES_MAX;
        this.code.add(`p = writeAscii(b, p, doubleToken(${value}));`);
        return;
      case 'string':
        this.code.add(`s = ${value};`, 'n = s.length;');
        this.room('n * 6 + 2');
        this.code.add('p = writeJsonString(b, p, s);');
        return;
      case 'bytes':
        this.binary(schema, value, path);
        return;
      case 'array':
        this.array(schema, value, path);
        return;
      case 'map':
        this.map(schema, value, path);
        return;
      case 'struct':
        this.object(schema, value, path);
    }
  }

  private binary(schema: Schema, value: string, path: string): void {
    const token =
      schema.name === LOGICAL.decimal
        ? `decimalToken(${value}, ${scaleOf(schema) ?? 0}, ${this.code.constant(path)})`
        : `base64Token(${value})`;
    this.code.add(`s = ${token};`, 'n = s.length;');
    this.room('n');
    this.code.add('p = writeAscii(b, p, s);');
  }

  private object(schema: Schema, value: string, path: string): void {
    const fields = schema.fields ?? [];
    const cells = this.code.fresh('cells');
    this.code.add('{', `const ${cells} = ${value};`);
    fields.forEach((field, index) => {
      const cell = this.code.fresh('v');
      this.put(Buffer.from(`${index === 0 ? '{' : ','}${quoteJson(field.name)}:`, 'utf8'));
      this.code.add(`const ${cell} = ${cells}[${index}] ?? null;`);
      this.value(field.schema, cell, `${path}.${field.name}`);
    });
    if (fields.length === 0) this.byte(123);
    this.byte(125);
    this.code.add('}');
  }

  private array(schema: Schema, value: string, path: string): void {
    const items = this.code.fresh('items');
    const [index, item] = [this.code.fresh('i'), this.code.fresh('v')];
    this.code.add(`const ${items} = ${value};`);
    this.byte(91);
    this.code.add(`for (let ${index} = 0; ${index} < ${items}.length; ${index}++) {`);
    this.room('1');
    this.code.add(`if (${index} > 0) b[p++] = 44;`, `const ${item} = ${items}[${index}];`);
    this.value(schema.items!, item, `${path}[]`);
    this.code.add('}');
    this.room('1');
    this.byte(93);
  }

  private map(schema: Schema, value: string, path: string): void {
    assert(schema.keys?.kind === 'string', 'JSON maps have text keys');
    const [pair, item, first] = [this.code.fresh('pair'), this.code.fresh('v'), this.code.fresh('first')];
    this.code.add(`let ${first} = true;`);
    this.byte(123);
    this.code.add(`for (const ${pair} of ${value}) {`, `s = keyText(${pair}[0]);`, 'n = s.length;');
    this.room('n * 6 + 4');
    this.code.add(
      `if (${first}) ${first} = false; else b[p++] = 44;`,
      'p = writeJsonString(b, p, s);',
      'b[p++] = 58;',
      `const ${item} = ${pair}[1];`,
    );
    this.value(schema.items!, item, `${path}{}`);
    this.code.add('}');
    this.room('1');
    this.byte(125);
  }
}
