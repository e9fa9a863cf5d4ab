// Which conditions a pull query on a table may have (errors.md §3.16).
import type { Source } from '../catalog/catalog.ts';
import { type Expr, someExpr, walk } from '../plan/expr.ts';
import type { SourceNode } from '../plan/nodes.ts';
import type { QueryNode } from '../syntax/ast.ts';
import { typeText } from '../types/type-text.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';

/** Throws E-PULL-10 to -15 and, with table scans off, E-PULL-20 to -27. */
export function pullWhereRules(
  binding: Binding,
  query: QueryNode,
  node: SourceNode,
  source: Source,
  where: Expr | null,
): void {
  const scans = isOn(binding.env, 'ksql.query.pull.table.scan.enabled', true);
  if (where === null) {
    if (!scans) refuseScan(binding, query, source, 'PULL-20', 'There is no WHERE');
    return;
  }
  keyListRules(binding, query, node, where);
  for (const disjunct of disjuncts(where)) {
    if (source.window !== null) windowRules(binding, query, node, disjunct);
    if (!scans) keyRules(binding, query, node, source, disjunct);
  }
}

function span(query: QueryNode) {
  return query.where?.span ?? query.span;
}

function refuseScan(binding: Binding, query: QueryNode, source: Source, id: string, what: string): never {
  return reject(
    binding,
    id,
    span(query),
    `${what}, so all rows of ${pasteName(source.name)} would have to be read, and table scans are switched off.`,
    `Fix the key with =: ${source.key.map(({ name }) => pasteName(name)).join(', ')}; or set ksql.query.pull.table.scan.enabled to true.`,
  );
}

/** The conditions of which one must hold, each a list of conditions that all must. */
function disjuncts(expr: Expr): readonly (readonly Expr[])[] {
  if (expr.op === 'or') return [...disjuncts(expr.left), ...disjuncts(expr.right)];
  if (expr.op !== 'and') return [[expr]];
  const [left, right] = [disjuncts(expr.left), disjuncts(expr.right)];
  return left.flatMap((a) => right.map((b) => [...a, ...b]));
}

function isColumnOf(node: SourceNode, expr: Expr, kind: string): expr is Extract<Expr, { op: 'column' }> {
  return expr.op === 'column' && node.columns[expr.index]!.kind === kind;
}
function hasColumn(expr: Expr): boolean {
  return someExpr(expr, ({ op }) => op === 'column');
}

/** IN over a key column: constants of the key's type. */
function keyListRules(binding: Binding, query: QueryNode, node: SourceNode, where: Expr): void {
  walk(where, (part) => {
    if (part.op !== 'in') return;
    const of = part.of.op === 'convert' ? part.of.of : part.of;
    if (!isColumnOf(node, of, 'key')) return;
    const column = node.columns[of.index]!;
    for (const item of part.items) {
      if (hasColumn(item))
        reject(binding, 'PULL-12', span(query), `The IN list of key ${column.name} holds a column.`, 'Use constants.');
    }
    if (query.where === null) return;
    const list = inListOf(query.where, column.name);
    for (const literal of list) {
      if (literal.kind !== 'literal') continue;
      if (literal.type === null)
        reject(binding, 'PULL-11', literal.span, `NULL cannot be looked up as key ${column.name}.`);
      const isText = literal.type.base === 'STRING';
      if (
        isText !== (column.type.base === 'STRING') &&
        ['INTEGER', 'BIGINT', 'DOUBLE', 'DECIMAL', 'BOOLEAN', 'STRING'].includes(column.type.base)
      ) {
        reject(
          binding,
          'PULL-10',
          literal.span,
          `${String(literal.value)} is ${typeText(literal.type)}; key ${column.name} is ${typeText(column.type)}.`,
          'Write a constant of that type.',
        );
      }
    }
  });
}

function inListOf(node: NonNullable<QueryNode['where']>, column: string): readonly NonNullable<QueryNode['where']>[] {
  if (node.kind === 'in' && node.value.kind === 'column' && node.value.name.text === column) return node.items;
  if (node.kind === 'logical') return [...inListOf(node.left, column), ...inListOf(node.right, column)];
  return node.kind === 'not' ? inListOf(node.operand, column) : [];
}

/** Bounds of windows: one lower and one upper, or an equality, against integers or timestamp texts. */
function windowRules(binding: Binding, query: QueryNode, node: SourceNode, parts: readonly Expr[]): void {
  const seen = new Map<string, Set<string>>();
  for (const part of parts) {
    const bound = windowBound(node, part);
    if (bound === null) continue;
    const { name, operator, other } = bound;
    if (!['=', '<', '<=', '>', '>='].includes(operator)) {
      reject(
        binding,
        'PULL-14',
        span(query),
        `${name} cannot be compared with ${operator} in a pull query.`,
        'Use =, <, <=, > or >=.',
      );
    }
    if (other.type !== null && !['INTEGER', 'BIGINT', 'STRING', 'TIMESTAMP'].includes(other.type.base)) {
      reject(
        binding,
        'PULL-15',
        span(query),
        `${name} must be compared with an integer or a timestamp text, not ${typeText(other.type)}.`,
      );
    }
    const kinds = seen.get(name) ?? new Set<string>();
    const kind = operator === '=' ? 'equality' : operator.startsWith('<') ? 'upper' : 'lower';
    const clashes = kinds.has(kind) || (kinds.size > 0 && (kind === 'equality' || kinds.has('equality')));
    if (clashes) {
      reject(
        binding,
        'PULL-13',
        span(query),
        `${name} has several bounds of one kind, or an equality beside a bound.`,
        'Give one lower and one upper bound, or one equality.',
      );
    }
    seen.set(name, kinds.add(kind));
  }
}

function windowBound(node: SourceNode, part: Expr) {
  if (part.op !== 'compare') return null;
  const flipped: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
  if (isColumnOf(node, part.left, 'window')) {
    return { name: node.columns[part.left.index]!.name, operator: part.operator as string, other: part.right };
  }
  if (isColumnOf(node, part.right, 'window')) {
    return {
      name: node.columns[part.right.index]!.name,
      operator: flipped[part.operator] ?? part.operator,
      other: part.left,
    };
  }
  return null;
}

/** With table scans off every disjunct must find its rows by key. */
function keyRules(binding: Binding, query: QueryNode, node: SourceNode, source: Source, parts: readonly Expr[]): void {
  const { fixed, ranges } = keyConditions(binding, query, node, source, parts);
  if (ranges > 0) {
    rangeRules(binding, query, node, source, ranges + fixed.size);
    return;
  }
  if (fixed.size === 0)
    refuseScan(
      binding,
      query,
      source,
      parts.some(({ op }) => op === 'like') ? 'PULL-27' : 'PULL-21',
      'A condition does not fix the key',
    );
  if (fixed.size < node.key.length)
    refuseScan(binding, query, source, 'PULL-22', 'Not all columns of the key are fixed');
}

/** Which key columns the conditions fix, and how many ranges there are. */
function keyConditions(binding: Binding, query: QueryNode, node: SourceNode, source: Source, parts: readonly Expr[]) {
  const fixed = new Set<number>();
  let ranges = 0;
  for (const part of parts) {
    if (windowBound(node, part) !== null) continue;
    const found = keyCondition(node, part);
    if (found === null) {
      if (part.op === 'like' || !someExpr(part, (each) => isColumnOf(node, each, 'key'))) continue;
      refuseScan(binding, query, source, 'PULL-25', 'A condition holds no bare key column');
    }
    if (hasColumn(found.other))
      refuseScan(binding, query, source, 'PULL-26', 'The key is compared with another column');
    if (found.isRange) ranges++;
    else if (fixed.has(found.column)) refuseScan(binding, query, source, 'PULL-24', 'The key is fixed more than once');
    else fixed.add(found.column);
  }
  return { fixed, ranges };
}

/** A range finds rows by a single text key only. */
function rangeRules(binding: Binding, query: QueryNode, node: SourceNode, source: Source, count: number): void {
  const key = node.columns[node.key[0]!]!;
  const canRange =
    node.key.length === 1 &&
    source.window === null &&
    ['STRING', 'BYTES'].includes(key.type.base) &&
    isOn(binding.env, 'ksql.query.pull.range.scan.enabled', true);
  if (!canRange) refuseScan(binding, query, source, 'PULL-23', 'The key is compared by a range');
  if (count > 1) refuseScan(binding, query, source, 'PULL-24', 'The key has several conditions');
}

function keyCondition(node: SourceNode, part: Expr) {
  if (part.op === 'in' && isColumnOf(node, part.of, 'key')) {
    const column = part.of.index;
    return { column, other: part.items.find(hasColumn) ?? part.items[0]!, isRange: false };
  }
  if (part.op !== 'compare') return null;
  const isRange = ['<', '<=', '>', '>='].includes(part.operator);
  if (!isRange && part.operator !== '=') return null;
  if (isColumnOf(node, part.left, 'key')) return { column: part.left.index, other: part.right, isRange };
  return isColumnOf(node, part.right, 'key') ? { column: part.right.index, other: part.left, isRange } : null;
}
