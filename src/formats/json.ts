// FORMAT JSON: plain JSON text in UTF-8.
import type { ByteWriter } from '../core/bytes.ts';
import type { Row, Value } from '../core/data/schema.ts';
import type { Format, RowReader, RowWriter, SerdeSpec } from './format.ts';
import { type Needs, needsOf, type ObjectPlan, objectPlan, type ValuePlan, valuePlan } from './json/row-plan.ts';
import { RowScanner } from './json/row-scan.ts';
import { jsonRowWriter, jsonValueWriter } from './json/write-code.ts';
import { columnOf, pick } from './row-shape.ts';

export const json: Format = {
  name: 'JSON',
  usesRegistry: false,
  wrapsSingles: true,
  unwrapsSingles: true,
  properties: [],
  reader: (spec, wanted) => new JsonReader(spec, wanted),
  writer: (spec) => new JsonWriter(spec),
};

/** Reads payloads of plain JSON. */
export class JsonReader implements RowReader {
  private readonly scanner = new RowScanner();
  private readonly plan: ObjectPlan | null;
  private readonly bare: ValuePlan | null;
  private readonly wanted: readonly (readonly number[])[];
  private readonly isWhole: boolean;

  constructor(spec: SerdeSpec, wanted: readonly (readonly number[])[]) {
    const needs = needsOf(wanted);
    this.wanted = wanted;
    this.bare = spec.unwrapped ? valuePlan(columnOf(spec), needsOfBare(needs), '$') : null;
    this.plan = spec.unwrapped ? null : objectPlan(spec.schema, needs, '$');
    const count = spec.schema.fields?.length ?? 0;
    this.isWhole = wanted.length === count && wanted.every((path, slot) => path.length === 1 && path[0] === slot);
  }

  prepare(): null {
    return null;
  }

  read(bytes: Buffer, start: number, end: number): Row | null {
    const { scanner } = this;
    scanner.open(bytes, start, end);
    const cells = this.bare === null ? this.record() : this.bareValue(this.bare);
    return cells === null || this.isWhole ? cells : pick(cells, this.wanted);
  }

  private record(): Row | null {
    const { scanner } = this;
    const byte = scanner.peek();
    if (byte === 123) return scanner.object(this.plan!);
    if (byte === 110) {
      scanner.word('null');
      return null;
    }
    return scanner.fail('an object with the columns as members');
  }

  private bareValue(plan: ValuePlan): Row | null {
    const value = this.scanner.value(plan);
    return value === null ? null : [value];
  }
}

function needsOfBare(needs: Needs): Needs | undefined {
  return needs === null ? null : needs.get(0);
}

/** Writes rows as plain JSON. */
export class JsonWriter implements RowWriter {
  private readonly record: ((row: Row, out: ByteWriter) => void) | null;
  private readonly bare: ((value: Value, out: ByteWriter) => void) | null;

  constructor(spec: SerdeSpec) {
    this.record = spec.unwrapped ? null : jsonRowWriter(spec.schema);
    this.bare = spec.unwrapped ? jsonValueWriter(columnOf(spec)) : null;
  }

  async prepare(): Promise<void> {}

  write(row: Row, out: ByteWriter): boolean {
    if (this.record !== null) {
      this.record(row, out);
      return true;
    }
    const value = row[0] ?? null;
    if (value === null) return false;
    this.bare!(value, out);
    return true;
  }
}
