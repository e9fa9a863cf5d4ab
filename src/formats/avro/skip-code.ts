// Code that passes over an Avro value without decoding it.
import type { CodeText } from '../code-text.ts';
import { type AvroRecord, type AvroType, optionalBranch } from './avro-schema.ts';

/** Items without bytes (null, records without fields) that one array may hold: nothing but its count says that they are there. */
const BODILESS_MAX = 1_000_000;

/** Emits reading steps; fixed widths add up until something else must be emitted. */
export class SkipCode {
  readonly code: CodeText;
  readonly functions: string[];
  private readonly recursive: ReadonlySet<AvroRecord>;
  private readonly skippers: Map<AvroRecord, string>;
  private readonly makeCode: () => CodeText;
  private pending = 0;

  constructor(parts: {
    code: CodeText;
    recursive: ReadonlySet<AvroRecord>;
    makeCode: () => CodeText;
    functions?: string[];
    skippers?: Map<AvroRecord, string>;
  }) {
    this.code = parts.code;
    this.recursive = parts.recursive;
    this.makeCode = parts.makeCode;
    this.functions = parts.functions ?? [];
    this.skippers = parts.skippers ?? new Map();
  }

  /** Emits the steps held back. Call before emitting anything that uses `p`. */
  flush(): void {
    if (this.pending > 0) this.code.add(this.pending === 1 ? 'p++;' : `p += ${this.pending};`);
    this.pending = 0;
  }

  /** Passes over one value. */
  skip(type: AvroType): void {
    const width = fixedWidth(type);
    if (width !== null) {
      this.pending += width;
      return;
    }
    this.flush();
    switch (type.type) {
      case 'int':
      case 'long':
      case 'enum':
        this.code.add('while (b[p++] > 127);');
        return;
      case 'string':
      case 'bytes':
        this.length('n');
        this.code.add('p += n;');
        return;
      case 'array':
        this.blocks(type.items);
        return;
      case 'map':
        this.blocks({ type: 'record', name: '', doc: null, attributes: {}, fields: entryFields(type.values) });
        return;
      case 'union':
        this.union(type.branches);
        return;
      case 'record':
        this.record(type);
    }
  }

  /** Emits the reading of a length into a variable that is declared already. */
  length(name: string): void {
    this.flush();
    this.code.add(
      `${name} = b[p++];`,
      `if (${name} > 127) { c.at = p - 1; ${name} = lengthOf(b, c); p = c.at; } else ${name} >>>= 1;`,
    );
  }

  private record(type: AvroRecord): void {
    if (!this.recursive.has(type)) {
      for (const field of type.fields) this.skip(field.type);
      return;
    }
    this.code.add('c.at = p;', `${this.skipper(type)}(b, c, end);`, 'p = c.at;');
  }

  private skipper(type: AvroRecord): string {
    const known = this.skippers.get(type);
    if (known !== undefined) return known;
    const name = `skip${this.skippers.size}`;
    this.skippers.set(type, name);
    const inner = new SkipCode({
      code: this.makeCode(),
      recursive: this.recursive,
      makeCode: this.makeCode,
      functions: this.functions,
      skippers: this.skippers,
    });
    inner.code.add('let p = c.at, n = 0;');
    for (const field of type.fields) inner.skip(field.type);
    inner.flush();
    inner.code.add('c.at = p;');
    this.functions.push(`function ${name}(b, c, end) {\n${inner.code.text()}\n}`);
    return name;
  }

  private union(branches: readonly AvroType[]): void {
    const optional = optionalBranch({ type: 'union', branches, attributes: {} });
    if (optional !== null) {
      this.code.add(`if (b[p++] === ${(1 - optional.nullIndex) * 2}) {`);
      this.skip(optional.branch);
      this.flush();
      this.code.add('}');
      return;
    }
    this.code.add('switch (n = b[p++]) {');
    branches.forEach((branch, index) => {
      this.code.add(`case ${index * 2}: {`);
      this.skip(branch);
      this.flush();
      this.code.add('break; }');
    });
    this.code.add('default: badBranch(n);', '}');
  }

  private blocks(item: AvroType): void {
    const count = this.code.fresh('count');
    this.code.add(
      `for (;;) {`,
      `c.at = p; let ${count} = readVarint(b, c); p = c.at;`,
      `if (${count} === 0) break;`,
      // A negative count is followed by the bytes of the block: nothing in it need be looked at.
      `if (!(${count} > 0)) { c.at = p; n = lengthOf(b, c); p = c.at + n; if (!(p <= end)) truncated(); continue; }`,
    );
    this.code.add(roomFor(item, count, '0'));
    const width = isBodiless(item, []) ? 0 : fixedWidth(item);
    if (width !== null) {
      this.code.add(`p += ${count} * ${width};`, 'if (!(p <= end)) truncated();', '}');
      return;
    }
    this.code.add(`for (; ${count} > 0; ${count}--) {`);
    this.skip(item);
    this.flush();
    this.code.add('if (!(p <= end)) truncated();', '}', '}');
  }
}

/** The keys of maps. */
export const TEXT: AvroType = { type: 'string', attributes: {} };

function entryFields(values: AvroType): AvroRecord['fields'] {
  return [
    { name: 'key', type: TEXT, doc: null },
    { name: 'value', type: values, doc: null },
  ];
}

/** Bytes of a type that always takes the same; null when it varies. */
function fixedWidth(type: AvroType): number | null {
  switch (type.type) {
    case 'null':
      return 0;
    case 'boolean':
      return 1;
    case 'float':
      return 4;
    case 'double':
      return 8;
    case 'fixed':
      return type.size;
    default:
      return null;
  }
}

/** Code that refuses a block that claims more items than the rest of the payload can hold. `held`: items that are there already. */
export function roomFor(item: AvroType, count: string, held: string): string {
  const room = isBodiless(item, []) ? `${BODILESS_MAX} - ${held}` : 'end - p';
  return `if (!(${count} <= ${room})) tooMany(${count});`;
}

/** Whether each value of the type takes no bytes. */
function isBodiless(type: AvroType, within: readonly AvroType[]): boolean {
  if (type.type === 'null') return true;
  if (type.type === 'fixed') return type.size === 0;
  if (type.type !== 'record' || within.includes(type)) return false;
  return type.fields.every((field) => isBodiless(field.type, [...within, type]));
}
