// Generates the reader of one writer schema: a function from payload bytes to the wanted cells.
//
// What is wanted is a tree over the target's fields. The writer's fields are gone through in their order on the wire: wanted ones
// are decoded into locals, the rest is passed over in place, and nothing is read behind the last wanted one. Two modes:
// `cells` (SQL rows: a struct is its bare cells) and `structs` (Connect data: a struct is a `Struct`).
//
// Law: a reader never reads behind `end` unnoticed: lengths are checked before use, and the position once more at the end.
import { precisionOfSchema, scaleOf } from '../../core/data/logical.ts';
import { LOGICAL, type Row, type Schema, type Value } from '../../core/data/schema.ts';
import { CodeText, compileCode } from '../code-text.ts';
import { matchFields } from '../column-types.ts';
import { type AvroRecord, type AvroType, isNull, mapEntries, numberAttribute, optionalBranch } from './avro-schema.ts';
import { isUnion } from './connect-schema.ts';
import { checkReads, recursiveRecords, structNames, timeUnit } from './read-plan.ts';
import { READ_RUNTIME } from './read-runtime.ts';
import { roomFor, SkipCode, TEXT } from './skip-code.ts';
import { NOTHING_WANTED, type Want, wantsOf } from './wants.ts';

export type ReadMode = 'cells' | 'structs';
export type RowFunction = (bytes: Buffer, start: number, end: number) => Row | null;
export type ValueFunction = (bytes: Buffer, start: number, end: number) => Value;

/**
 * A reader of rows: `cells[i]` of its result is the column at `wanted[i]` of the target.
 * @param unwrapped the payload is the target's single field itself, not a record; it may be a record of one field all the same,
 * when the producer wrapped it.
 */
export function rowReader(
  writer: AvroType,
  target: Schema,
  wanted: readonly (readonly number[])[],
  unwrapped: boolean,
): RowFunction {
  const root = wantsOf(wanted);
  const bare = unwrapped && (writer.type !== 'record' || target.fields![0]!.schema.kind === 'struct');
  const inner = bare ? target.fields![0]!.schema : target;
  checkReads(writer, inner, '$');
  const reader = new ReadCode(writer, 'cells');
  const slots = wanted.map((_, slot) => `c${slot}`);
  if (slots.length > 0) reader.code.add(`let ${slots.map((slot) => `${slot} = null`).join(', ')};`);
  reader.wanted(writer, inner, (bare ? root.parts.get(0) : root) ?? NOTHING_WANTED, true);
  const whole = bare ? wanted.findIndex((path) => path.length === 1) : -1;
  reader.finish(`return ${whole < 0 ? '' : `c${whole} === null ? null : `}[${slots.join(', ')}];`);
  return reader.compile('avro/row-reader');
}

/** A reader of whole values into the given schema. */
export function valueReader(writer: AvroType, target: Schema, mode: ReadMode): ValueFunction {
  const reader = new ReadCode(writer, mode);
  reader.code.add('let v = null;');
  reader.value(writer, target, 'v');
  reader.finish('return v;');
  return reader.compile('avro/value-reader');
}

class ReadCode {
  code: CodeText;
  private skips: SkipCode;
  private readonly mode: ReadMode;
  private readonly recursive: ReadonlySet<AvroRecord>;
  private readonly functions: string[] = [];
  private readonly decoders = new Map<AvroRecord, string>();
  private readonly main: CodeText;

  constructor(writer: AvroType, mode: ReadMode) {
    this.mode = mode;
    this.recursive = recursiveRecords(writer);
    this.code = new CodeText();
    this.main = this.code;
    this.skips = this.skipsOver(this.code);
    this.code.add('let p = start, n = 0, x = 0;');
  }

  compile<Fn>(url: string): Fn {
    return compileCode<Fn>({
      url,
      code: this.main,
      runtime: READ_RUNTIME,
      signature: 'read(b, start, end)',
      functions: this.functions,
    });
  }

  finish(result: string): void {
    this.skips.flush();
    this.code.add('if (!(p <= end)) truncated();', result);
  }

  /** Reads the wanted parts of a value into their slots. `last`: nothing behind it is wanted, so its rest need not be passed over. */
  wanted(writer: AvroType, target: Schema, want: Want, last: boolean): void {
    if (want.slots.length > 0) {
      const whole = this.code.fresh('v');
      this.skips.flush();
      this.code.add(`let ${whole} = null;`);
      this.value(writer, target, whole);
      this.spread(want, whole);
      return;
    }
    if (want.parts.size === 0) {
      if (!last) this.skips.skip(writer);
      return;
    }
    const optional = optionalBranch(writer);
    if (optional !== null) {
      this.branch(optional.nullIndex, () => this.wanted(optional.branch, target, want, last));
    } else if (writer.type === 'record') this.wantedFields(writer, target, want, last);
    else {
      // A union of several types, seen as a struct: rare, so it is read whole and taken apart.
      const whole = this.code.fresh('v');
      this.skips.flush();
      this.code.add(`let ${whole} = null;`);
      this.value(writer, target, whole);
      this.spread(want, whole);
    }
  }

  /** Assigns a value and parts of it, given as bare cells, to their slots. */
  private spread(want: Want, whole: string): void {
    for (const slot of want.slots) this.code.add(`c${slot} = ${whole};`);
    for (const [index, part] of want.parts) {
      const cell = this.code.fresh('v');
      this.code.add(`const ${cell} = ${whole} === null ? null : ${whole}[${index}];`);
      this.spread(part, cell);
    }
  }

  private wantedFields(writer: AvroRecord, target: Schema, want: Want, last: boolean): void {
    const sources = matchFields(
      writer.fields.map((field) => field.name),
      target,
    );
    const targets = writer.fields.map((_, from) => [...want.parts.keys()].filter((to) => sources[to] === from));
    const end = last ? targets.findLastIndex((to) => to.length > 0) : writer.fields.length - 1;
    for (let from = 0; from <= end; from++) {
      const { type } = writer.fields[from]!;
      const [first, ...others] = targets[from]!;
      if (first === undefined) this.skips.skip(type);
      else if (others.length === 0) {
        this.wanted(type, target.fields![first]!.schema, want.parts.get(first)!, last && from === end);
      } else this.rereadField(type, target, want, targets[from]!);
    }
  }

  /** One writer field under two columns (`a` and `A`): read once a column from the same place. */
  private rereadField(type: AvroType, target: Schema, want: Want, columns: readonly number[]): void {
    this.skips.flush();
    const mark = this.code.fresh('mark');
    this.code.add(`const ${mark} = p;`);
    for (const column of columns) {
      this.code.add(`p = ${mark};`);
      this.wanted(type, target.fields![column]!.schema, want.parts.get(column)!, false);
      this.skips.flush();
    }
  }

  /** Emits the choice of an optional union; `inner` emits the branch. */
  private branch(nullIndex: number, inner: () => void): void {
    this.skips.flush();
    this.code.add('n = b[p++];', `if (n === ${(1 - nullIndex) * 2}) {`);
    inner();
    this.skips.flush();
    this.code.add(`} else if (n !== ${nullIndex * 2}) badBranch(n);`);
  }

  /** Reads a value into a variable that is declared already and null. */
  value(writer: AvroType, target: Schema, into: string): void {
    const optional = optionalBranch(writer);
    if (optional !== null) {
      this.branch(optional.nullIndex, () => this.value(optional.branch, target, into));
      return;
    }
    this.skips.flush();
    if (this.mode === 'structs' && writer.type === 'union' && writer.branches.length === 1 && !isUnion(target)) {
      this.code.add('n = b[p++];', 'if (n !== 0) badBranch(n);');
      this.value(writer.branches[0]!, target, into);
      return;
    }
    switch (target.kind) {
      case 'array':
        this.array(writer, target, into);
        return;
      case 'map':
        this.map(writer, target, into);
        return;
      case 'struct':
        this.struct(writer, target, into);
        return;
      default:
        this.simple(writer, target, into);
    }
  }

  private simple(writer: AvroType, target: Schema, into: string): void {
    const { code } = this;
    switch (writer.type) {
      case 'boolean':
        code.add(`${into} = b[p++] === 1;`);
        break;
      case 'int':
      case 'long':
        this.integer(into);
        this.time(writer, target, into);
        break;
      case 'float':
        code.add('if (!(p + 4 <= end)) truncated();', `${into} = b.readFloatLE(p);`, 'p += 4;');
        if (target.kind === 'string') code.add(`${into} = floatText(${into});`);
        return;
      case 'double':
        code.add('if (!(p + 8 <= end)) truncated();', `${into} = b.readDoubleLE(p);`, 'p += 8;');
        if (target.kind === 'string') code.add(`${into} = doubleText(${into});`);
        return;
      case 'string':
        this.skips.length('n');
        code.add('if (!(p + n <= end)) truncated();', `${into} = textAt(b, p, n);`, 'p += n;');
        return;
      case 'enum':
        this.integer('x');
        code.add(`${into} = ${code.constant(writer.symbols)}[x];`, `if (${into} === undefined) badSymbol(x);`);
        return;
      default:
        this.binary(writer, target, into);
        return;
    }
    if (target.kind === 'string') code.add(`${into} = String(${into});`);
  }

  private integer(into: string): void {
    this.code.add(
      `${into} = b[p++];`,
      `if (${into} > 127) { c.at = p - 1; ${into} = readVarint(b, c); p = c.at; } else ${into} = (${into} >>> 1) ^ -(${into} & 1);`,
    );
  }

  /** Times of Debezium and of Avro in smaller units come as Connect's milliseconds where the column is a time. */
  private time(writer: AvroType, target: Schema, into: string): void {
    const kind = target.name === LOGICAL.timestamp ? 'timestamp' : target.name === LOGICAL.time ? 'time' : null;
    const unit = kind === null ? null : timeUnit(writer, kind);
    if (unit !== null && unit > 1) this.code.add(`${into} = divided(${into}, ${unit});`);
  }

  private binary(writer: AvroType, target: Schema, into: string): void {
    const { code } = this;
    let end = 'p + n';
    if (writer.type === 'fixed') end = `p + ${writer.size}`;
    else this.skips.length('n');
    code.add(`if (!(${end} <= end)) truncated();`);
    if (target.name === LOGICAL.decimal) {
      const scale = numberAttribute(writer, 'scale') ?? 0;
      const precision = numberAttribute(writer, 'precision') ?? 0;
      code.add(`${into} = decimalAt(b, p, ${end}, ${scale});`);
      const [wantedPrecision, wantedScale] = [precisionOfSchema(target), scaleOf(target) ?? 0];
      if (this.mode === 'cells' && (scale !== wantedScale || precision > wantedPrecision || precision === 0)) {
        code.add(`${into} = fitted(${into}, ${wantedPrecision}, ${wantedScale});`);
      }
    } else code.add(`${into} = bytesAt(b, p, ${end});`);
    code.add(`p = ${end};`);
  }

  private array(writer: AvroType, target: Schema, into: string): void {
    if (writer.type !== 'array') return;
    const item = this.code.fresh('v');
    this.code.add(`${into} = [];`);
    this.blocks(writer.items, `${into}.length`, () => {
      this.code.add(`let ${item} = null;`);
      this.value(writer.items, target.items!, item);
      this.skips.flush();
      this.code.add(`${into}.push(${item});`);
    });
  }

  private map(writer: AvroType, target: Schema, into: string): void {
    const entries = mapEntries(writer);
    const key = this.code.fresh('key');
    const item = this.code.fresh('v');
    this.code.add(`${into} = new Map();`);
    this.blocks(TEXT, '0', () => {
      this.code.add(`let ${key} = null, ${item} = null;`);
      this.value(entries?.key ?? TEXT, target.keys!, key);
      this.value(entries?.value ?? (writer as { values: AvroType }).values, target.items!, item);
      this.skips.flush();
      this.code.add(`${into}.set(${key}, ${item});`);
    });
  }

  /** `held`: code of the number of items that earlier blocks brought. */
  private blocks(type: AvroType, held: string, item: () => void): void {
    const count = this.code.fresh('count');
    this.code.add(
      'for (;;) {',
      `c.at = p; let ${count} = readVarint(b, c); p = c.at;`,
      `if (${count} === 0) break;`,
      // A negative count is followed by the size of the block, which is of no use here.
      `if (!(${count} > 0)) { ${count} = -${count}; while (b[p++] > 127); }`,
      roomFor(type, count, held),
      `for (; ${count} > 0; ${count}--) {`,
    );
    item();
    this.code.add('if (!(p <= end)) truncated();', '}', 'if (!(p <= end)) truncated();', '}');
  }

  private struct(writer: AvroType, target: Schema, into: string): void {
    if (writer.type === 'record') {
      if (this.mode === 'structs' && this.recursive.has(writer)) {
        this.code.add('c.at = p;', `${into} = ${this.decoder(writer, target)}(b, c, end);`, 'p = c.at;');
      } else this.record(writer, target, into);
    } else this.union(writer, target, into);
  }

  private record(writer: AvroRecord, target: Schema, into: string): void {
    const sources = matchFields(
      writer.fields.map((field) => field.name),
      target,
    );
    const cells = sources.map(() => this.code.fresh('v'));
    if (cells.length > 0) this.code.add(`let ${cells.map((cell) => `${cell} = null`).join(', ')};`);
    writer.fields.forEach(({ type }, from) => {
      const columns = cells.map((_, to) => to).filter((to) => sources[to] === from);
      if (columns.length === 0) this.skips.skip(type);
      columns.forEach((to, turn) => {
        const mark = turn < columns.length - 1 ? this.code.fresh('mark') : null;
        if (mark !== null) {
          this.skips.flush();
          this.code.add(`const ${mark} = p;`);
        }
        this.value(type, target.fields![to]!.schema, cells[to]!);
        if (mark !== null) this.code.add(`p = ${mark};`);
      });
    });
    this.skips.flush();
    this.code.add(`${into} = ${this.built(target, cells)};`);
  }

  private built(target: Schema, cells: readonly string[]): string {
    const list = `[${cells.join(', ')}]`;
    return this.mode === 'cells' ? list : `new Struct(${this.code.constant(target)}, ${list})`;
  }

  private union(writer: AvroType, target: Schema, into: string): void {
    if (writer.type !== 'union') return;
    const names = structNames(writer)!;
    const sources = matchFields(names, target);
    this.code.add('switch (n = b[p++]) {');
    let branchIndex = -1;
    writer.branches.forEach((branch, index) => {
      this.code.add(`case ${index * 2}: {`);
      if (!isNull(branch)) {
        branchIndex++;
        const column = this.mode === 'structs' ? branchIndex : sources.indexOf(branchIndex);
        const cell = this.code.fresh('v');
        this.code.add(`let ${cell} = null;`);
        if (column < 0) this.skips.skip(branch);
        else this.value(branch, target.fields![column]!.schema, cell);
        this.skips.flush();
        this.code.add(
          `${into} = ${this.built(
            target,
            (target.fields ?? []).map((_, at) => (at === column ? cell : 'null')),
          )};`,
        );
      }
      this.code.add('break; }');
    });
    this.code.add('default: badBranch(n);', '}');
  }

  /** The name of the function that decodes a recursive record. */
  private decoder(writer: AvroRecord, target: Schema): string {
    const known = this.decoders.get(writer);
    if (known !== undefined) return known;
    const name = `decode${this.decoders.size}`;
    this.decoders.set(writer, name);
    const outer = { code: this.code, skips: this.skips };
    this.code = this.nested();
    this.skips = this.skipsOver(this.code);
    this.code.add('let p = c.at, n = 0, x = 0, v = null;');
    this.record(writer, target, 'v');
    this.code.add('if (!(p <= end)) truncated();', 'c.at = p;', 'return v;');
    this.functions.push(`function ${name}(b, c, end) {\n${this.code.text()}\n}`);
    this.code = outer.code;
    this.skips = outer.skips;
    return name;
  }

  /** Text of another function over the same constants. */
  private nested(): CodeText {
    return new CodeText(this.main.constants);
  }

  private skipsOver(code: CodeText): SkipCode {
    return new SkipCode({
      code,
      recursive: this.recursive,
      makeCode: () => this.nested(),
      functions: this.functions,
    });
  }
}
