// The readable view of a dry run: for each transform, the lines of the record that it changed.

import type { ConnectRecord } from '../connect/records.ts';
import { decimalText } from '../core/data/decimal.ts';
import { isDecimal } from '../core/data/logical.ts';
import { type Schema, Struct, type Value } from '../core/data/schema.ts';
import { untyped } from '../core/data/typed.ts';

/** What stands after one stage: null when it dropped the record. */
export interface Step {
  readonly title: string;
  readonly record: ConnectRecord | null;
  readonly error: string | null;
}

/** The first record in full, then of each stage the lines that it removed (−) and added (+). */
export function showSteps(steps: readonly Step[]): string {
  const out: string[] = [];
  let before: readonly string[] = [];
  steps.forEach((step, index) => {
    out.push(index === 0 ? step.title : `└ ${step.title}`);
    if (step.error !== null) out.push(`  ! ${step.error}`);
    else if (step.record === null) out.push('  × dropped');
    else {
      const after = linesOf(step.record);
      if (index === 0) for (const line of after) out.push(`    ${line}`);
      else out.push(...changes(before, after));
      before = after;
    }
  });
  return `${out.join('\n')}\n\n`;
}

function changes(before: readonly string[], after: readonly string[]): readonly string[] {
  const removed = before.filter((line) => !after.includes(line)).map((line) => `  - ${line}`);
  const added = after.filter((line) => !before.includes(line)).map((line) => `  + ${line}`);
  return removed.length + added.length === 0 ? ['    (unchanged)'] : [...removed, ...added];
}

function linesOf(record: ConnectRecord): readonly string[] {
  const place = record.partition === null ? '' : `, partition ${record.partition}`;
  return [
    `topic ${record.topic}${place}`,
    `timestamp ${record.timestampMs === null ? 'none' : new Date(record.timestampMs).toISOString()}`,
    ...partLines('key', record.keySchema, record.key),
    ...partLines('value', record.valueSchema, record.value),
    ...record.headers.map((header) => `header ${header.key} = ${show(header.value)}`),
  ];
}

function partLines(part: string, schema: Schema | null, value: Value): readonly string[] {
  if (value instanceof Struct) {
    const head = `${part} : ${typeText(value.schema)}`;
    return [
      head,
      ...(value.schema.fields ?? []).flatMap((field) => {
        const cell = value.cells[field.index] ?? null;
        const path = `${part}.${field.name}`;
        return cell instanceof Struct
          ? partLines(path, field.schema, cell)
          : [`${path} = ${show(cell)} : ${typeText(field.schema)}`];
      }),
    ];
  }
  if (value instanceof Map && schema === null) {
    return [
      `${part} : map`,
      ...[...value].map(([name, item]) => `${part}.${typeof name === 'string' ? name : show(name)} = ${show(item)}`),
    ];
  }
  return [`${part} = ${show(value)}${schema === null ? '' : ` : ${typeText(schema)}`}`];
}

function typeText(schema: Schema): string {
  return `${schema.name ?? schema.kind}${schema.optional ? '?' : ''}`;
}

function show(value: Value): string {
  return JSON.stringify(plain(value)) ?? 'null';
}

function plain(value: Value): unknown {
  const bare = untyped(value);
  if (typeof bare === 'bigint') return String(bare);
  if (bare === null || typeof bare !== 'object') return bare;
  if (Array.isArray(bare)) return bare.map(plain);
  if (bare instanceof Map) return Object.fromEntries([...bare].map(([key, item]) => [String(plain(key)), plain(item)]));
  if (bare instanceof Struct) {
    return Object.fromEntries(
      (bare.schema.fields ?? []).map((field) => [field.name, plain(bare.cells[field.index] ?? null)]),
    );
  }
  if (bare instanceof Uint8Array) return `${bare.length} bytes`;
  return isDecimal(bare) ? decimalText(bare) : String(bare);
}
