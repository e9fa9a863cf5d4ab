// Generates the writer of one Avro schema: a function that appends a value's binary form to a ByteWriter.
//
// Room is reserved once a value for all that has a fixed greatest size, and once more for each text, bytes and loop, so the bulk
// of the code is plain stores. Modes as for readers: `cells` (a struct is its bare cells) and `structs`.
import { scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Row, type Schema, type Value } from '../../core/data/schema.ts';
import { CodeText, compileCode } from '../code-text.ts';
import { columnType, typeMismatch } from '../column-types.ts';
import {
  type AvroField,
  type AvroRecord,
  type AvroType,
  type AvroUnion,
  isNull,
  mapEntries,
  numberAttribute,
  optionalBranch,
} from './avro-schema.ts';
import { branchName, isUnion, logicalOf } from './connect-schema.ts';
import type { ReadMode } from './read-code.ts';
import { recursiveRecords } from './read-plan.ts';
import {
  defaultBytes,
  fieldMissing,
  isInteger,
  ownSymbols,
  sourceIndex,
  takes,
  takesNull,
  tooDeep,
  type WriteFunction,
  type WriteOptions,
} from './write-plan.ts';
import { WRITE_RUNTIME } from './write-runtime.ts';

/** Writes rows: bare cells of `source` (a struct schema) as the record `target`; fields are matched by name. */
export function rowWriter(source: Schema, target: AvroType): WriteFunction<Row> {
  return new WriteCode('cells').compile<Row>(source, target, 'avro/row-writer');
}

/** Writes values of any schema. */
export function valueWriter(
  source: Schema,
  target: AvroType,
  mode: ReadMode,
  options: WriteOptions = {},
): WriteFunction<Value> {
  return new WriteCode(mode, options).compile<Value>(source, target, 'avro/value-writer');
}

/** Greatest bytes of one value of fixed greatest size; loops and texts reserve for themselves. */
const FIXED_BYTES_MAX = 10;
/** Rows nested so deep are taken for rows that hold themselves. */
const DEPTH_MAX = 40;

class WriteCode {
  private code = new CodeText();
  private readonly main = this.code;
  private readonly mode: ReadMode;
  private readonly options: WriteOptions;
  private fixedBytes = 0;
  private depth = 0;
  private recursive: ReadonlySet<AvroRecord> = new Set();
  private readonly functions: string[] = [];
  private readonly encoders = new Map<AvroRecord, Map<unknown, string>>();

  constructor(mode: ReadMode, options: WriteOptions = {}) {
    this.mode = mode;
    this.options = options;
  }

  compile<Item>(source: Schema, target: AvroType, url: string): WriteFunction<Item> {
    if (this.mode === 'structs') this.recursive = recursiveRecords(target);
    this.value(source, target, 'value', '$');
    const body = new CodeText(this.main.constants);
    body.add(...this.body());
    return compileCode<WriteFunction<Item>>({
      url,
      code: body,
      runtime: WRITE_RUNTIME,
      signature: 'write(value, out)',
      functions: this.functions,
    });
  }

  /** What was emitted, as the body of a function of `value` and `out`. */
  private body(): readonly string[] {
    return [
      `const fixed = ${this.fixedBytes + FIXED_BYTES_MAX};`,
      'out.reserve(fixed);',
      'let b = out.bytes, p = out.position, s = null, n = 0;',
      ...this.code
        .text()
        .split('\n')
        .map((line) => line.trim()),
      'out.position = p;',
    ];
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
          `p = writeVarint(b, p, symbolIndex(${code.constant(this.options.byPosition === true ? ownSymbols(source, target) : target.symbols)}, ${value}, ${code.constant(path)}));`,
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
    if (this.recursive.has(target)) {
      const encoder = this.encoder(source, target, path);
      this.code.add('out.position = p;', `${encoder}(${value}, out);`, 'out.reserve(fixed);');
      this.code.add('b = out.bytes;', 'p = out.position;');
      return;
    }
    if (++this.depth > DEPTH_MAX) throw tooDeep(path);
    this.fields(source, target, value, path);
    this.depth--;
  }

  private fields(source: Schema, target: AvroRecord, value: string, path: string): void {
    const cells = this.code.fresh('cells');
    this.code.add('{', `const ${cells} = ${this.cells(value, path)};`);
    target.fields.forEach((field, place) => {
      const from = this.options.byPosition === true ? place : sourceIndex(source, field.name);
      const at = `${path}.${field.name}`;
      if (from < 0) {
        this.absent(field, at);
        return;
      }
      const cell = this.code.fresh('v');
      const { schema } = source.fields![from]!;
      const fallback = this.options.replaceNull === true ? (schema.defaultValue ?? null) : null;
      this.code.add(
        `const ${cell} = ${cells}[${from}] ?? ${fallback === null ? 'null' : this.code.constant(fallback)};`,
      );
      this.cell(schema, field, cell, at);
    });
    this.code.add('}');
  }

  /** One field's value. SQL has no defaults of its own: a NULL is the registered field's, as a field that is not there is. */
  private cell(source: Schema, field: AvroField, value: string, path: string): void {
    const bytes = this.mode === 'cells' && !takesNull(field.type) ? defaultBytes(field, valueWriter) : null;
    if (bytes === null) {
      this.value(source, field.type, value, path);
      return;
    }
    this.code.add(`if (${value} === null) {`);
    this.constantBytes(bytes);
    this.code.add('} else {');
    this.present(source, field.type, value, path);
    this.code.add('}');
  }

  private constantBytes(bytes: Buffer): void {
    this.room(String(bytes.length));
    this.code.add(`b.set(${this.code.constant(bytes)}, p);`, `p += ${bytes.length};`);
  }

  /** The name of the function that writes a record which holds itself. */
  private encoder(source: Schema, target: AvroRecord, path: string): string {
    let ofTarget = this.encoders.get(target);
    if (ofTarget === undefined) {
      ofTarget = new Map();
      this.encoders.set(target, ofTarget);
    }
    const known = ofTarget.get(source.fields);
    if (known !== undefined) return known;
    const name = `encode${this.functions.length + this.encoders.size}_${ofTarget.size}`;
    ofTarget.set(source.fields, name);
    const outer = { code: this.code, fixedBytes: this.fixedBytes, depth: this.depth };
    this.code = new CodeText(this.main.constants);
    this.fixedBytes = 0;
    this.fields(source, target, 'value', path);
    this.functions.push(`function ${name}(value, out) {\n${this.body().join('\n')}\n}`);
    this.code = outer.code;
    this.fixedBytes = outer.fixedBytes;
    return name;
  }

  private cells(value: string, path: string): string {
    return this.mode === 'cells' ? value : `cellsOf(${value}, ${this.code.constant(path)})`;
  }

  /** A field of the target that the source does not have: its default, null where it may be null. */
  private absent(field: AvroField, path: string): void {
    const { type } = field;
    const nullIndex = type.type === 'union' ? type.branches.findIndex(isNull) : -1;
    const bytes = nullIndex === 0 ? null : defaultBytes(field, valueWriter);
    if (bytes !== null) this.constantBytes(bytes);
    else if (nullIndex >= 0) {
      this.fixedBytes++;
      this.code.add(`b[p++] = ${nullIndex * 2};`);
    } else if (!isNull(type)) throw fieldMissing(path);
  }

  private union(source: Schema, target: AvroType, value: string, path: string): void {
    if (target.type !== 'union') return;
    if (!isUnion(source) && this.mode === 'structs') {
      this.oneOfUnion(source, target, value, path);
      return;
    }
    this.need(source.kind === 'struct', source, target, path);
    const cells = this.code.fresh('cells');
    const nullIndex = target.branches.findIndex(isNull);
    this.fixedBytes++;
    this.code.add(
      '{',
      `const ${cells} = ${value} === null ? [] : ${this.cells(value, path)};`,
      `switch (oneBranch(${cells})) {`,
    );
    let place = 0;
    target.branches.forEach((branch, index) => {
      if (isNull(branch)) return;
      const position = place++;
      const byName =
        this.options.byPosition === true
          ? position
          : sourceIndex(source, branchName(branch, false), branchName(branch, true), `connect_union_field_${position}`);
      if (byName < 0) return;
      const cell = this.code.fresh('v');
      this.code.add(`case ${byName}: {`, `b[p++] = ${index * 2};`, `const ${cell} = ${cells}[${byName}];`);
      this.present(source.fields![byName]!.schema, branch, cell, path);
      this.code.add('break; }');
    });
    this.code.add(
      nullIndex < 0 ? `default: missing(${this.code.constant(path)});` : `default: b[p++] = ${nullIndex * 2};`,
      '}',
      '}',
    );
  }

  /** A plain value under a union of several types: the first type that takes it. */
  private oneOfUnion(source: Schema, target: AvroUnion, value: string, path: string): void {
    const index = target.branches.findIndex((branch) => takes(source, branch));
    this.need(index >= 0, source, target, path);
    const nullIndex = target.branches.findIndex(isNull);
    this.fixedBytes++;
    if (nullIndex >= 0) this.code.add(`if (${value} === null) b[p++] = ${nullIndex * 2};`, 'else {');
    else this.code.add(`if (${value} === null) missing(${this.code.constant(path)});`, '{');
    this.code.add(`b[p++] = ${index * 2};`);
    this.present(source, target.branches[index]!, value, path);
    this.code.add('}');
  }
}
