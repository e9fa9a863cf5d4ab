// The last step of a query: which select items are the key, which are values, and whether that makes a result.
import { column, type Expr } from '../plan/expr.ts';
import type { NamedType, PlanNode, ProjectNode } from '../plan/nodes.ts';
import type { QueryNode } from '../syntax/ast.ts';
import { type Binding, fragment, isOn, pasteName, reject } from './environment.ts';
import type { FromResult } from './from-result.ts';
import type { SelectItem } from './select.ts';

/** What the operation below says about its key. */
export interface KeyRule {
  /** Conditions of a missing and of a repeated key column. */
  readonly missing: string;
  readonly twice: string;
  /** Key columns of the node below. */
  readonly keys: readonly number[];
  /** Key columns as the user may paste them. */
  readonly texts: readonly string[];
  /** Joins: any one of these may stand for the key. */
  readonly viable: readonly number[] | null;
  readonly clause: string;
}
interface Projection {
  readonly query: QueryNode;
  readonly node: PlanNode;
  readonly items: readonly SelectItem[];
  readonly mode: 'persistent' | 'push';
  readonly rule: KeyRule;
  readonly from: FromResult;
  readonly id: string;
}
export interface Projected {
  readonly plan: ProjectNode;
  readonly key: readonly NamedType[];
  readonly value: readonly NamedType[];
}

/** Splits the items into key and values, and builds the node. */
export function projected(binding: Binding, projection: Projection): Projected {
  const { node, mode } = projection;
  if (mode === 'push') {
    refuseTwins(binding, [], projection.items);
    const keys = node.key.map((index) => column(index, node.columns[index]!.type));
    const names = node.key.map((index) => node.columns[index]!.name);
    return build(projection, keys, names, projection.items);
  }
  const items = withoutSystem(binding, projection);
  const keyItems = isOn(binding.env, 'ksql.new.query.planner.enabled', false)
    ? items.filter((item) => keyIndexOf(projection.rule, item.expr) >= 0)
    : keysInOrder(binding, projection, items);
  const values = items.filter((item) => !keyItems.includes(item));
  refuseTwins(binding, keyItems, values);
  if (values.length === 0) {
    reject(
      binding,
      'PROJ-6',
      projection.query.span,
      'The result has key columns only; at least one value column is needed.',
      `Copy a key into the value: AS_VALUE(${projection.rule.texts[0] ?? 'key'}) AS name.`,
    );
  }
  const keys = keyItems.map(({ expr }) => {
    const index = node.key[Math.max(0, keyIndexOf(projection.rule, expr))]!;
    return column(index, node.columns[index]!.type);
  });
  return build(
    projection,
    keys,
    keyItems.map(({ name }) => name),
    values,
  );
}

function build(
  projection: Projection,
  keys: readonly Expr[],
  keyNames: readonly string[],
  values: readonly SelectItem[],
): Projected {
  const { node } = projection;
  const key = keys.map((expr, index) => ({ name: keyNames[index]!, type: expr.type! }));
  const value = values.map(({ name, expr }) => ({ name, type: expr.type! }));
  const plan: ProjectNode = {
    kind: 'project',
    id: projection.id,
    shape: node.shape,
    columns: [
      ...key.map((each) => ({ source: null, ...each, kind: 'key' as const })),
      ...value.map((each) => ({ source: null, ...each, kind: 'value' as const })),
    ],
    key: key.map((_, index) => index),
    window: node.window,
    input: node,
    keys,
    values: values.map(({ expr }) => expr),
  };
  return { plan, key, value };
}

/** System columns need an alias; bounds of a windowed source stand in the key already and are left out. */
function withoutSystem(binding: Binding, projection: Projection): readonly SelectItem[] {
  const { node } = projection;
  return projection.items.filter((item) => {
    if (item.isAliased || item.expr.op !== 'column') return true;
    const { kind, name } = node.columns[item.expr.index]!;
    if (kind === 'window' && projection.query.window === null && projection.from.sources.length === 1) return false;
    // In a join they are named after their source, so they may stand without alias.
    if (projection.from.sources.length > 1) return true;
    if (kind === 'system' || kind === 'window') {
      reject(
        binding,
        'PROJ-2',
        item.span,
        `The system column ${name} needs an alias in a persistent query.`,
        `Write ${fragment(binding, item.span)} AS ${name}_.`,
      );
    }
    return true;
  });
}

/** Place of the expression among the rule's keys; −1: no key. */
function keyIndexOf(rule: KeyRule, expr: Expr): number {
  if (expr.op !== 'column') return -1;
  if (rule.viable?.includes(expr.index)) return 0;
  return rule.keys.indexOf(expr.index);
}

function keysInOrder(binding: Binding, projection: Projection, items: readonly SelectItem[]): readonly SelectItem[] {
  const { rule } = projection;
  if (rule.viable !== null && rule.viable.length > 0) {
    for (const index of rule.viable) {
      const found = items.filter(({ expr }) => expr.op === 'column' && expr.index === index);
      if (found.length > 1) refuseTwice(binding, projection, found);
      if (found.length === 1) return found;
    }
    return refuseMissing(binding, projection, rule.texts);
  }
  const keyItems: SelectItem[] = [];
  const missing: string[] = [];
  rule.keys.forEach((key, position) => {
    const found = items.filter(({ expr }) => expr.op === 'column' && expr.index === key);
    if (found.length > 1) refuseTwice(binding, projection, found);
    if (found.length === 0) missing.push(rule.texts[position] ?? '?');
    else keyItems.push(found[0]!);
  });
  if (missing.length > 0) refuseMissing(binding, projection, missing);
  return keyItems;
}

function refuseMissing(binding: Binding, projection: Projection, missing: readonly string[]): never {
  const { rule, query } = projection;
  const select = query.select.map((item) => fragment(binding, item.span)).join(', ');
  if (rule.missing === 'KEY-4') {
    return reject(
      binding,
      'KEY-4',
      query.span,
      'The key of the join is not in the SELECT list.',
      `Add one of: ${missing.join(', ')}. For example SELECT ${missing[0]}, ${select}.`,
    );
  }
  if (rule.missing === 'KEY-5') {
    return reject(
      binding,
      'KEY-5',
      query.span,
      `The join has a key of its own, ${missing[0]}, because no single source column holds it, and it is not in the SELECT list.`,
      `Add it, with an alias if you like: SELECT ${missing[0]}, ${select}.`,
    );
  }
  return reject(
    binding,
    rule.missing,
    query.span,
    `The result lacks its key: ${missing.join(', ')} (of ${rule.clause}) ${missing.length === 1 ? 'is' : 'are'} not in the SELECT list.`,
    `Write SELECT ${missing.join(', ')}, ${select}.`,
  );
}

function refuseTwice(binding: Binding, projection: Projection, found: readonly SelectItem[]): never {
  return reject(
    binding,
    projection.rule.twice,
    found[1]!.span,
    `The key column ${fragment(binding, found[0]!.span)} is selected ${found.length} times, as ${found.map(({ name }) => pasteName(name)).join(', ')}.`,
    `Copy it with AS_VALUE(…) AS ${pasteName(found[1]!.name)}.`,
  );
}

function refuseTwins(binding: Binding, keys: readonly SelectItem[], values: readonly SelectItem[]): void {
  const seen = new Map<string, 'key' | 'value'>();
  for (const [kind, items] of [
    ['key', keys],
    ['value', values],
  ] as const) {
    for (const item of items) {
      const earlier = seen.get(item.name);
      if (earlier !== undefined) {
        reject(
          binding,
          earlier === kind ? (kind === 'key' ? 'PROJ-4' : 'PROJ-3') : 'PROJ-5',
          item.span,
          `Two result columns are called ${pasteName(item.name)}${earlier === kind ? '' : ', a key and a value'}.`,
          `Give one an alias: ${fragment(binding, item.span)} AS ${pasteName(`${item.name}_2`)}.`,
        );
      }
      seen.set(item.name, kind);
    }
  }
}
