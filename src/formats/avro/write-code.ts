// Generates the writer of one Avro schema: a function that appends a value's binary form to a ByteWriter.
//
// Room is reserved once a value for all that has a fixed greatest size, and once more for each text, bytes and loop, so the bulk
// of the code is plain stores. Modes as for readers: `cells` (a struct is its bare cells) and `structs`.
import type { ByteWriter } from '../../core/bytes.ts';
import { scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Row, type Schema, type Value } from '../../core/data/schema.ts';
import { quoted, TributaryError } from '../../core/errors.ts';
import { CodeText, compileCode } from '../code-text.ts';
import { columnType, typeMismatch } from '../column-types.ts';
import { type AvroRecord, type AvroType, isNull, mapEntries, numberAttribute, optionalBranch } from './avro-schema.ts';
import { branchName, logicalOf } from './connect-schema.ts';
import type { ReadMode } from './read-code.ts';
import { WRITE_RUNTIME } from './write-runtime.ts';

export type WriteFunction<Item> = (value: Item, out: ByteWriter) => void;

/** Writes rows: bare cells of `source` (a struct schema) as the record `target`; fields are matched by name. */
export function rowWriter(source: Schema, target: AvroType): WriteFunction<Row> {
  return new WriteCode('cells').compile<Row>(source, target, 'avro/row-writer');
}

/** Writes values of any schema. */
export function valueWriter(source: Schema, target: AvroType, mode: ReadMode): WriteFunction<Value> {
  return new WriteCode(mode).compile<Value>(source, target, 'avro/value-writer');
}

/** Greatest bytes of one value of fixed greatest size; loops and texts reserve for themselves. */
const FIXED_BYTES_MAX = 10;
/** A record in a record this often is taken for one that holds itself. */
const DEPTH_MAX = 40;

class WriteCode {
  private readonly code = new CodeText();
  private readonly mode: ReadMode;
  private fixedBytes = 0;
  private depth = 0;

  constructor(mode: ReadMode) {
    this.mode = mode;
  }

  compile<Item>(source: Schema, target: AvroType, url: string): WriteFunction<Item> {
    this.value(source, target, 'value', '$');
    const body = new CodeText(this.code.constants);
    body.add(
      `const fixed = ${this.fixedBytes + FIXED_BYTES_MAX};`,
      'out.reserve(fixed);',
      'let b = out.bytes, p = out.position, s = null, n = 0;',
      ...this.code
        .text()
        .split('\n')
        .map((line) => line.trim()),
      'out.position = p;',
    );
    return compileCode<WriteFunction<Item>>({
      url,
      code: body,
      runtime: WRITE_RUNTIME,
      signature: 'write(value, out)',
    });
  }

  /** Emits the writing of an expression's value. */
  private value(source: Schema, target: AvroType, value: string, path: string): void {
    const optional = optionalBranch(target);
    if (optional !== null) {
      this.fixedBytes++;
      this.code.add(`if (${value} === null) b[p++] = ${optional.nullIndex * 2};`, 'else {');
      this.code.add(`b[p++] = ${(1 - optional.nullIndex) * 2};`);
      this.present(source, optional.branch, value, path);
      this.code.add('}');
      return;
    }
    if (isNull(target)) return;
    if (target.type !== 'union' || !target.branches.some(isNull)) {
      this.code.add(`if (${value} === null) missing(${this.code.constant(path)});`);
    }
    this.present(source, target, value, path);
  }

  /** Emits the writing of a value that is not null. */
  private present(source: Schema, target: AvroType, value: string, path: string): void {
    const { code } = this;
    switch (target.type) {
      case 'boolean':
        this.need(source.kind === 'boolean', source, target, path);
        this.fixedBytes++;
        code.add(`b[p++] = ${value} ? 1 : 0;`);
        return;
      case 'int':
      case 'long':
        this.need(isInteger(source), source, target, path);
        this.fixedBytes += FIXED_BYTES_MAX;
        code.add(`p = writeVarint(b, p, ${value});`);
        return;
      case 'float':
        this.need(source.kind === 'float32', source, target, path);
        this.fixedBytes += 4;
        code.add(`p = b.writeFloatLE(${value}, p);`);
        return;
      case 'double':
        this.need(source.kind === 'float64' || source.kind === 'float32', source, target, path);
        this.fixedBytes += 8;
        code.add(`p = b.writeDoubleLE(${value}, p);`);
        return;
      case 'string':
        this.need(source.kind === 'string', source, target, path);
        this.text(value, path);
        return;
      case 'enum':
        this.need(source.kind === 'string', source, target, path);
        this.fixedBytes += FIXED_BYTES_MAX;
        code.add(
          `p = writeVarint(b, p, symbolIndex(${code.constant(target.symbols)}, ${value}, ${code.constant(path)}));`,
        );
        return;
      case 'bytes':
      case 'fixed':
        this.binary(source, target, value, path);
        return;
      case 'array':
      case 'map':
        this.repeated(source, target, value, path);
        return;
      case 'record':
        this.record(source, target, value, path);
        return;
      default:
        this.union(source, target, value, path);
    }
  }

  private need(fits: boolean, source: Schema, target: AvroType, path: string): void {
    if (!fits) throw typeMismatch(path, columnType(source), `Avro ${target.type}`);
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

  private text(value: string, path: string): void {
    this.code.add(`s = ${value};`);
    if (this.mode === 'structs') {
      const at = this.code.constant(path);
      this.code.add(`if (typeof s !== 'string') wrongValue(${at}, s, 'text');`);
    }
    this.code.add('n = s.length;');
    this.room('n * 3 + 10');
    this.code.add('p = writeString(b, p, s);');
  }

  private binary(source: Schema, target: AvroType, value: string, path: string): void {
    const { code } = this;
    this.need(source.kind === 'bytes', source, target, path);
    const isDecimal = source.name === LOGICAL.decimal;
    this.need(isDecimal === (logicalOf(target) === 'decimal'), source, target, path);
    const scale = numberAttribute(target, 'scale') ?? scaleOf(source) ?? 0;
    code.add(isDecimal ? `s = unscaled(${value}, ${scale}, ${code.constant(path)});` : `s = ${value};`);
    code.add('n = s.length;');
    this.room('n + 10');
    if (target.type === 'fixed') {
      if (isDecimal) {
        code.add(
          `const pad = ${target.size} - n;`,
          `if (pad < 0) checkSize(s, ${target.size}, ${code.constant(path)});`,
        );
        code.add('b.fill(s[0] > 127 ? 255 : 0, p, p + pad);', 'p += pad;');
      } else code.add(`checkSize(s, ${target.size}, ${code.constant(path)});`);
    } else code.add('p = writeVarint(b, p, n);');
    code.add('if (n < 24) { for (let i = 0; i < n; i++) b[p++] = s[i]; } else { b.set(s, p); p += n; }');
  }

  private repeated(source: Schema, target: AvroType, value: string, path: string): void {
    if (target.type === 'array' && source.kind === 'array') {
      const items = this.code.fresh('items');
      const index = this.code.fresh('i');
      this.loop(
        `${items}.length`,
        [`const ${items} = ${value};`],
        `for (let ${index} = 0; ${index} < ${items}.length; ${index}++) {`,
        () => {
          const item = this.code.fresh('v');
          this.code.add(`const ${item} = ${items}[${index}];`);
          this.value(source.items!, target.items, item, `${path}[]`);
        },
      );
      return;
    }
    const entries = mapEntries(target);
    this.need(source.kind === 'map' && (target.type === 'map' || entries !== null), source, target, path);
    const map = this.code.fresh('map');
    const pair = this.code.fresh('pair');
    this.loop(`${map}.size`, [`const ${map} = ${value};`], `for (const ${pair} of ${map}) {`, () => {
      const [key, item] = [this.code.fresh('key'), this.code.fresh('v')];
      this.code.add(`const ${key} = ${pair}[0], ${item} = ${pair}[1];`);
      this.value(source.keys!, entries?.key ?? { type: 'string', attributes: {} }, key, `${path}{key}`);
      this.value(source.items!, entries?.value ?? (target as { values: AvroType }).values, item, `${path}{}`);
    });
  }

  /** One block of items and the closing zero. What an item needs is reserved item by item. */
  private loop(count: string, head: readonly string[], each: string, item: () => void): void {
    this.fixedBytes += FIXED_BYTES_MAX + 1;
    this.code.add(...head, `if (${count} > 0) {`, `p = writeVarint(b, p, ${count});`, each);
    this.room('0');
    item();
    // Behind the loop the fixed part must be free again: an item may have used it up.
    this.code.add('}');
    this.room('0');
    this.code.add('}', 'b[p++] = 0;');
  }

  private record(source: Schema, target: AvroRecord, value: string, path: string): void {
    this.need(source.kind === 'struct', source, target, path);
    if (++this.depth > DEPTH_MAX) throw tooDeep(path);
    const cells = this.code.fresh('cells');
    this.code.add('{', `const ${cells} = ${this.cells(value, path)};`);
    for (const field of target.fields) {
      const from = sourceIndex(source, field.name);
      const at = `${path}.${field.name}`;
      if (from < 0) {
        this.absent(field.type, field.fallback !== undefined, at);
        continue;
      }
      const cell = this.code.fresh('v');
      this.code.add(`const ${cell} = ${cells}[${from}] ?? null;`);
      this.value(source.fields![from]!.schema, field.type, cell, at);
    }
    this.code.add('}');
    this.depth--;
  }

  private cells(value: string, path: string): string {
    return this.mode === 'cells' ? value : `cellsOf(${value}, ${this.code.constant(path)})`;
  }

  /** A field of the target that the source does not have: null where it may be null. */
  private absent(type: AvroType, hasDefault: boolean, path: string): void {
    const nullIndex = type.type === 'union' ? type.branches.findIndex(isNull) : -1;
    if (nullIndex >= 0) {
      this.fixedBytes++;
      this.code.add(`b[p++] = ${nullIndex * 2};`);
    } else if (isNull(type)) return;
    else {
      throw new TributaryError('TRIB_FORMAT_FIELD_MISSING', 'data', {
        what: `The registered schema demands the field ${quoted(path)}, which the row does not have.`,
        fix: hasDefault
          ? 'Add the column: defaults are for readers, not for writers.'
          : 'Add the column, or make the field optional.',
      });
    }
  }

  private union(source: Schema, target: AvroType, value: string, path: string): void {
    if (target.type !== 'union') return;
    this.need(source.kind === 'struct', source, target, path);
    const cells = this.code.fresh('cells');
    const nullIndex = target.branches.findIndex(isNull);
    this.fixedBytes++;
    this.code.add(
      '{',
      `const ${cells} = ${value} === null ? [] : ${this.cells(value, path)};`,
      `switch (oneBranch(${cells})) {`,
    );
    target.branches.forEach((branch, index) => {
      const from = isNull(branch) ? -1 : sourceIndex(source, branchName(branch, false), branchName(branch, true));
      if (from < 0) return;
      const cell = this.code.fresh('v');
      this.code.add(`case ${from}: {`, `b[p++] = ${index * 2};`, `const ${cell} = ${cells}[${from}];`);
      this.present(source.fields![from]!.schema, branch, cell, path);
      this.code.add('break; }');
    });
    this.code.add(
      nullIndex < 0 ? `default: missing(${this.code.constant(path)});` : `default: b[p++] = ${nullIndex * 2};`,
      '}',
      '}',
    );
  }
}

function tooDeep(path: string): TributaryError {
  return new TributaryError('TRIB_AVRO_SCHEMA', 'data', {
    what: `The schema at ${quoted(path)} holds itself or is nested more than ${DEPTH_MAX} deep; such values can be read but not written.`,
  });
}

function isInteger(source: Schema): boolean {
  return source.kind === 'int32' || source.kind === 'int64' || source.kind === 'int16' || source.kind === 'int8';
}

/** The source field that a target field takes: exact name, then without regard to case, then with the replacements names undergo. */
function sourceIndex(source: Schema, ...names: readonly string[]): number {
  const fields = source.fields ?? [];
  for (const name of names) {
    const exact = fields.findIndex((field) => field.name === name);
    if (exact >= 0) return exact;
  }
  const wanted = names[0]!.toUpperCase();
  return fields.findIndex((field) => field.name.replaceAll('.', '_').toUpperCase() === wanted);
}
