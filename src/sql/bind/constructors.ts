// CASE, ARRAY, MAP and STRUCT: expressions whose parts must agree on a type (types.md §7, §8).
import type { Expr } from '../plan/expr.ts';
import type { ExpressionNode, Span } from '../syntax/ast.ts';
import { arrayType, mapType, type SqlType, structType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import { commonType, fitted } from './common-type.ts';
import { type BindContext, nameOf } from './context.ts';
import { fragment, reject } from './environment.ts';
import { converted } from './types.ts';

type Node<K extends ExpressionNode['kind']> = Extract<ExpressionNode, { kind: K }>;

/** CASE WHEN …: all results are of one type, without widening. */
export function bindCase(context: BindContext, node: Node<'case'>): Expr {
  if (node.operand !== null) {
    const operand = fragment(context, node.operand.span);
    reject(
      context,
      'CASE-5',
      node.span,
      'CASE with an operand is not supported.',
      `Write the conditions out: CASE ${node.whens.map((when) => `WHEN ${operand} = ${fragment(context, when.condition.span)} THEN ${fragment(context, when.result.span)}`).join(' ')} … END.`,
    );
  }
  const inner: BindContext = { ...context, inside: { ...context.inside, isCase: true } };
  let type: SqlType | null = null;
  const whens = node.whens.map((when, index) => {
    const condition = context.bind(inner, when.condition);
    if (condition.type?.base !== 'BOOLEAN') {
      reject(
        context,
        'CASE-1',
        when.condition.span,
        `The condition of WHEN ${index + 1} is ${nameOf(condition.type)}, not BOOLEAN: ${fragment(context, when.condition.span)}.`,
      );
    }
    const result = context.bind(inner, when.result);
    type = caseType(context, 'CASE-2', `THEN ${index + 1}`, type, result, when.result.span);
    return { condition, result };
  });
  const otherwise = node.otherwise === null ? null : context.bind(inner, node.otherwise);
  if (otherwise !== null) type = caseType(context, 'CASE-3', 'ELSE', type, otherwise, node.otherwise!.span);
  if (type === null) {
    reject(context, 'CASE-4', node.span, 'All results of CASE are NULL.', 'Cast one of them: CAST(NULL AS …).');
  }
  const typed = type as SqlType;
  return {
    op: 'case',
    whens: whens.map(({ condition, result }) => ({ condition, result: converted(result, typed) })),
    otherwise: otherwise === null ? null : converted(otherwise, typed),
    type: typed,
  };
}

function caseType(
  context: BindContext,
  id: string,
  branch: string,
  type: SqlType | null,
  result: Expr,
  span: Span,
): SqlType | null {
  if (result.type === null) return type;
  if (type !== null && typeText(type) !== typeText(result.type)) {
    reject(
      context,
      id,
      span,
      `${branch} gives ${typeText(result.type)}, an earlier branch ${typeText(type)}.`,
      `Cast it: CAST(${fragment(context, span)} AS ${typeText(type)}).`,
    );
  }
  return type ?? result.type;
}

/** ARRAY[…]. */
export function bindArray(context: BindContext, node: Node<'array'>): Expr {
  const items = node.items.map((item) => context.bind(context, item));
  if (items.length === 0) {
    reject(
      context,
      'CTOR-1',
      node.span,
      'ARRAY without elements has no type.',
      'Start from a typed element, for example ARRAY_REMOVE(ARRAY[CAST(NULL AS STRING)], NULL).',
    );
  }
  const { type, misfit } = commonType(items);
  if (type === null) {
    reject(
      context,
      'CTOR-2',
      node.span,
      'All elements of ARRAY are NULL.',
      'Cast one of them: ARRAY[CAST(NULL AS …)].',
    );
  }
  if (misfit !== null) refuseMisfit(context, node.items, items, misfit, type, 'element');
  return { op: 'array', items: items.map((item) => fitted(item, type)), type: arrayType(type) };
}

/** MAP(k := v, …). */
export function bindMap(context: BindContext, node: Node<'map'>): Expr {
  const entries = node.entries.map(({ key, value }) => ({
    key: context.bind(context, key),
    value: context.bind(context, value),
  }));
  if (entries.length === 0) reject(context, 'CTOR-4', node.span, 'MAP without entries has no type.');
  const keys = entries.map(({ key }) => key);
  const values = entries.map(({ value }) => value);
  const keyType = commonType(keys);
  const valueType = commonType(values);
  if (keyType.type === null || valueType.type === null) {
    const side = keyType.type === null ? 'keys' : 'values';
    reject(context, 'CTOR-5', node.span, `All ${side} of MAP are NULL.`, 'Cast one of them: CAST(NULL AS …).');
  }
  if (keyType.misfit !== null)
    refuseMisfit(
      context,
      node.entries.map(({ key }) => key),
      keys,
      keyType.misfit,
      keyType.type,
      'key',
    );
  if (valueType.misfit !== null)
    refuseMisfit(
      context,
      node.entries.map(({ value }) => value),
      values,
      valueType.misfit,
      valueType.type,
      'value',
    );
  return {
    op: 'map',
    entries: entries.map(({ key, value }) => ({
      key: fitted(key, keyType.type!),
      value: fitted(value, valueType.type!),
    })),
    type: mapType(keyType.type, valueType.type),
  };
}

function refuseMisfit(
  context: BindContext,
  nodes: readonly ExpressionNode[],
  exprs: readonly Expr[],
  misfit: Expr,
  type: SqlType,
  what: string,
): never {
  const at = nodes[exprs.indexOf(misfit)]!;
  return reject(
    context,
    'CTOR-3',
    at.span,
    `The ${what} ${fragment(context, at.span)} is ${nameOf(misfit.type)}; the first is ${typeText(type)}.`,
    `Cast it: CAST(${fragment(context, at.span)} AS ${typeText(type)}).`,
  );
}

/** STRUCT(f := v, …). */
export function bindStruct(context: BindContext, node: Node<'struct'>): Expr {
  const names = new Set<string>();
  const fields = node.fields.map(({ name, value }) => {
    if (names.has(name.text)) {
      reject(context, 'TYPE-3', name.span, `The field ${name.text} stands twice in STRUCT.`);
    }
    names.add(name.text);
    const expr = context.bind(context, value);
    if (expr.type === null) {
      reject(
        context,
        'TYPE-5',
        value.span,
        `The field ${name.text} is NULL and so has no type.`,
        'Write CAST(NULL AS …).',
      );
    }
    return { name: name.text, expr, type: expr.type };
  });
  return {
    op: 'struct',
    values: fields.map(({ expr }) => expr),
    type: structType(fields.map(({ name, type }) => ({ name, type }))),
  };
}
