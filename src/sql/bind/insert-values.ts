// INSERT INTO … VALUES: constant expressions become one row of the target (streams-and-tables.md §10).
import type { Row, Value } from '../../core/data/schema.ts';
import type { Source } from '../catalog/catalog.ts';
import { evaluateConstant } from '../compile/constant.ts';
import type { FunctionContext } from '../functions/registry.ts';
import type { Expr } from '../plan/expr.ts';
import type { ExpressionNode, InsertValuesStatement, Name } from '../syntax/ast.ts';
import { BIGINT, type SqlType } from '../types/sql-type.ts';
import { parseTimestampText } from '../types/time-text.ts';
import { typeText } from '../types/type-text.ts';
import { type Binding, fragment, isOn, pasteName, reject } from './environment.ts';
import { bindExpression, contextFor } from './expression.ts';
import { SYSTEM_NAMES, suggestion } from './scope.ts';
import { strictValue } from './strict.ts';

/** A row to append to the target's topic. */
export interface InsertedRow {
  readonly target: Source;
  readonly key: Row | null;
  readonly value: Row;
  /** Null: now. */
  readonly timestampMs: number | null;
}

const READ_ONLY = /^(_confluent|__confluent|_schemas$|__consumer_offsets$|__transaction_state$|connect-)/;

/** Binds and evaluates the statement. */
export function bindInsertValues(binding: Binding, statement: InsertValuesStatement): InsertedRow {
  const target = targetOf(binding, statement);
  const names = columnNames(binding, statement, target);
  const cells = new Map<string, Value>();
  let timestampMs: number | null = null;
  names.forEach((name, index) => {
    const node = statement.values[index]!;
    const expr = bindConstant(binding, node);
    if (name === 'ROWTIME') {
      timestampMs = rowTime(binding, node, expr);
      return;
    }
    const column = [...target.key, ...target.value].find((each) => each.name === name)!;
    cells.set(name, converted(binding, node, expr, column.name, column.type));
  });
  const missing = target.key.filter(({ name }) => (cells.get(name) ?? null) === null);
  if (target.shape === 'table' && missing.length > 0) {
    reject(
      binding,
      'VAL-8',
      statement.span,
      `A row of table ${pasteName(target.name)} needs its key: ${missing.map(({ name }) => pasteName(name)).join(', ')} ${missing.length === 1 ? 'has' : 'have'} no value.`,
    );
  }
  const isKeyless = missing.length === target.key.length;
  return {
    target,
    key: isKeyless ? null : target.key.map(({ name }) => cells.get(name) ?? null),
    value: target.value.map(({ name }) => cells.get(name) ?? null),
    timestampMs,
  };
}

function targetOf(binding: Binding, statement: InsertValuesStatement): Source {
  const { env } = binding;
  const { span } = statement.target;
  if (!isOn(env, 'ksql.insert.into.values.enabled', true)) {
    reject(
      binding,
      'VAL-11',
      statement.span,
      'INSERT INTO … VALUES is switched off.',
      'Set ksql.insert.into.values.enabled to true.',
    );
  }
  const target = env.catalog.sources.get(statement.target.text);
  if (target === undefined) {
    return reject(
      binding,
      'NAME-2',
      span,
      `There is no stream or table ${pasteName(statement.target.text)}.${suggestion(statement.target, [...env.catalog.sources.keys()])}`,
      'SHOW STREAMS and SHOW TABLES list all.',
    );
  }
  const name = pasteName(target.name);
  if (target.readOnly) reject(binding, 'SRC-1', span, `${name} is a SOURCE ${target.shape}: it can only be read.`);
  if (target.window !== null) reject(binding, 'VAL-9', span, `${name} is windowed: rows cannot be inserted.`);
  if (READ_ONLY.test(target.topic)) {
    reject(binding, 'VAL-10', span, `The topic of ${name}, ${target.topic}, is internal and read-only.`);
  }
  return target;
}

function columnNames(binding: Binding, statement: InsertValuesStatement, target: Source): readonly string[] {
  const columns = [...target.key, ...target.value].map(({ name }) => name);
  const count = statement.values.length;
  if (statement.columns === null) {
    if (target.headers.length > 0) {
      reject(
        binding,
        'VAL-5',
        statement.span,
        `${pasteName(target.name)} has header columns, which cannot be written: ${target.headers.map(({ name }) => name).join(', ')}.`,
        `Name the others: INSERT INTO ${pasteName(target.name)} (${columns.map(pasteName).join(', ')}) VALUES ….`,
      );
    }
    if (count !== columns.length) {
      reject(
        binding,
        'VAL-2',
        statement.span,
        `${count} values are given; ${pasteName(target.name)} has ${columns.length} columns: ${columns.map(pasteName).join(', ')}.`,
        'Give one value a column, or name the columns.',
      );
    }
    return columns;
  }
  if (statement.columns.length !== count) {
    reject(
      binding,
      'VAL-1',
      statement.span,
      `${statement.columns.length} columns are named and ${count} values given.`,
    );
  }
  for (const column of statement.columns) checkName(binding, column, target, columns);
  return statement.columns.map(({ text }) => text);
}

function checkName(binding: Binding, column: Name, target: Source, columns: readonly string[]): void {
  const name = column.text;
  if (name === 'ROWTIME' || columns.includes(name)) return;
  if (target.headers.some((header) => header.name === name)) {
    reject(binding, 'VAL-5', column.span, `${pasteName(name)} is a header column and cannot be written.`);
  }
  if (SYSTEM_NAMES.has(name)) {
    reject(binding, 'VAL-4', column.span, `The system column ${name} cannot be written.`, 'Only ROWTIME can.');
  }
  reject(
    binding,
    'VAL-3',
    column.span,
    `${pasteName(target.name)} has no column ${pasteName(name)}.${suggestion(column, columns)}`,
    `Columns: ${columns.map(pasteName).join(', ')}.`,
  );
}

function bindConstant(binding: Binding, node: ExpressionNode): Expr {
  const reference = columnIn(node);
  if (reference !== null) {
    reject(
      binding,
      'VAL-6',
      reference.span,
      `${fragment(binding, reference.span)} is a column; values must be constant.`,
      "A text stands in single quotes: 'like this'.",
    );
  }
  return bindExpression(contextFor(binding, { sources: [], columns: [], selectAliases: new Map() }, 'VALUES'), node);
}

/** A column reference anywhere in an expression that is no lambda parameter. */
function columnIn(node: ExpressionNode): ExpressionNode | null {
  if (node.kind === 'column') return node;
  if (node.kind === 'lambda') return null;
  for (const part of Object.values(node)) {
    for (const each of Array.isArray(part) ? part : [part]) {
      const found = nodeIn(each);
      if (found !== null) return found;
    }
  }
  return null;
}
function nodeIn(part: unknown): ExpressionNode | null {
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return null;
  const { kind } = part as { kind?: unknown };
  if (typeof kind === 'string') return kind.endsWith('Type') ? null : columnIn(part as ExpressionNode);
  const { key, value, condition, result } = part as Record<string, unknown>;
  for (const each of [key, value, condition, result]) {
    const found = nodeIn(each);
    if (found !== null) return found;
  }
  return null;
}

function contextOf(binding: Binding): FunctionContext {
  return { nowMs: () => binding.env.nowMs(), random: Math.random, properties: binding.env.properties };
}

function evaluated(binding: Binding, node: ExpressionNode, expr: Expr): Value {
  const { value, failure } = evaluateConstant(expr, binding.env.functions, contextOf(binding));
  if (failure !== null) {
    reject(binding, 'VAL-12', node.span, `${fragment(binding, node.span)} cannot be computed: ${failure}`);
  }
  return value;
}

function rowTime(binding: Binding, node: ExpressionNode, expr: Expr): number | null {
  const value = evaluated(binding, node, expr);
  if (value === null) return null;
  if (typeof value === 'string') {
    try {
      return parseTimestampText(value);
    } catch {
      return reject(
        binding,
        'VAL-7',
        node.span,
        `'${value}' is no timestamp.`,
        "Write milliseconds, or yyyy-MM-dd'T'HH:mm:ss.SSS.",
      );
    }
  }
  if (typeof value === 'number' && expr.type !== null && ['INTEGER', 'BIGINT', 'TIMESTAMP'].includes(expr.type.base))
    return value;
  return reject(binding, 'VAL-7', node.span, `ROWTIME takes ${typeText(BIGINT)} milliseconds or a timestamp text.`);
}

function converted(binding: Binding, node: ExpressionNode, expr: Expr, column: string, to: SqlType): Value {
  const value = evaluated(binding, node, expr);
  if (value === null || expr.type === null) return null;
  const result = strictValue(value, expr.type, to);
  if (result.ok) return result.value;
  return reject(
    binding,
    'VAL-7',
    node.span,
    `${fragment(binding, node.span)} is ${typeText(expr.type)} and does not become ${typeText(to)}, the type of ${pasteName(column)}${result.why === '' ? '' : `: ${result.why}`}.`,
    `Cast it: CAST(${fragment(binding, node.span)} AS ${typeText(to)}).`,
  );
}
