// The select list: stars spelled out, every item typed and named (streams-and-tables.md §2).
import type { Expr } from '../plan/expr.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { Name, QueryNode, SelectItemNode, Span } from '../syntax/ast.ts';
import { type BindContext, nameOf } from './context.ts';
import { fragment, reject } from './environment.ts';
import { bindExpression } from './expression.ts';
import type { FromResult } from './from-result.ts';
import { SYSTEM_NAMES } from './scope.ts';

/** One result column before it is known whether it is key or value. */
export interface SelectItem {
  readonly expr: Expr;
  readonly name: string;
  readonly isAliased: boolean;
  /** Came from `*`. */
  readonly isStar: boolean;
  readonly span: Span;
}

/** How stars are spelled out. */
export interface StarOptions {
  /** Transient queries show window bounds; sinks have them in their key. */
  readonly withBounds: boolean;
  /** Column indexes in the order in which `*` of a single source or whole join shows them, when PARTITION BY has changed it. */
  readonly order: ((indexes: readonly number[]) => readonly number[]) | null;
  /** Columns of the node that the items are computed over. */
  readonly columns: readonly PlanColumn[];
}

/** Binds all items. */
export function bindSelect(
  context: BindContext,
  query: QueryNode,
  from: FromResult,
  stars: StarOptions,
): readonly SelectItem[] {
  const namer = new Namer(from);
  const items: SelectItem[] = [];
  for (const item of query.select) {
    if (item.kind === 'star') items.push(...bindStar(context, item, from, stars));
    else if (item.kind === 'structStar') items.push(...bindStructStar(context, item, namer));
    else items.push(bindItem(context, item, namer));
  }
  return items;
}

type Item<K extends SelectItemNode['kind']> = Extract<SelectItemNode, { kind: K }>;

function bindItem(context: BindContext, item: Item<'item'>, namer: Namer): SelectItem {
  const expr = bindExpression(context, item.expression);
  if (expr.type === null) {
    reject(
      context,
      'TYPE-5',
      item.span,
      `The result column ${fragment(context, item.span)} is NULL and so has no type.`,
      'Write CAST(NULL AS …).',
    );
  }
  if (expr.op === 'lambda')
    reject(context, 'LAM-3', item.span, 'A lambda may only stand as an argument of a function.');
  if (item.alias !== null) {
    refuseSystemAlias(context, item.alias);
    return { expr, name: item.alias.text, isAliased: true, isStar: false, span: item.span };
  }
  return { expr, name: namer.nameOf(item, expr), isAliased: false, isStar: false, span: item.span };
}

function refuseSystemAlias(context: BindContext, alias: Name): void {
  if (!SYSTEM_NAMES.has(alias.text)) return;
  reject(
    context,
    'PROJ-1',
    alias.span,
    `${alias.text} is a system column and cannot be the name of a result column.`,
    `System columns: ${[...SYSTEM_NAMES].join(', ')}.`,
  );
}

function bindStar(
  context: BindContext,
  item: Item<'star'>,
  from: FromResult,
  stars: StarOptions,
): readonly SelectItem[] {
  const { scope } = from;
  const qualifier = item.qualifier;
  const sources = qualifier === null ? scope.sources : scope.sources.filter(({ alias }) => alias === qualifier.text);
  if (qualifier !== null && sources.length === 0) {
    const aliased = scope.sources.find(({ name }) => name === qualifier.text);
    reject(
      context,
      aliased === undefined ? 'NAME-3' : 'NAME-4',
      qualifier.span,
      `"${qualifier.raw}" is no source of this query.`,
      `Sources here: ${scope.sources.map(({ alias }) => alias).join(', ')}.`,
    );
  }
  const isJoin = scope.sources.length > 1;
  let indexes: number[] = [];
  if (from.synthetic !== null && qualifier === null) indexes.push(scope.columns.length - 1);
  for (const source of sources) {
    const own = Array.from({ length: source.count }, (_, i) => source.first + i);
    const kinds = (...wanted: readonly string[]) => own.filter((index) => wanted.includes(scope.columns[index]!.kind));
    const bounds = stars.withBounds || isJoin ? kinds('window') : [];
    // The reference shows the system columns too when a join is partitioned anew.
    const system = isJoin && stars.order !== null ? kinds('system') : [];
    indexes.push(...kinds('key'), ...bounds, ...kinds('value', 'header'), ...system);
  }
  if (stars.order !== null) indexes = [...stars.order(indexes)];
  return indexes.map((index) => {
    const column = stars.columns[index]!;
    return {
      expr: { op: 'column', index, type: column.type } as Expr,
      name: isJoin && column.source !== null ? `${column.source}_${column.name}` : column.name,
      isAliased: false,
      isStar: true,
      span: item.span,
    };
  });
}

function bindStructStar(context: BindContext, item: Item<'structStar'>, namer: Namer): readonly SelectItem[] {
  const of = bindExpression(context, item.base);
  if (of.type?.base !== 'STRUCT') {
    reject(
      context,
      'ACC-2',
      item.span,
      `${fragment(context, item.base.span)} is ${nameOf(of.type)}, no STRUCT: ->* needs one.`,
    );
  }
  return of.type.fields.map((field, index) => ({
    expr: { op: 'field', of, index, name: field.name, type: field.type } as Expr,
    name: namer.fieldName(field.name),
    isAliased: false,
    isStar: false,
    span: item.span,
  }));
}

/** Gives names to items without alias. */
export class Namer {
  readonly #columnNames: ReadonlySet<string>;
  readonly #timesOf = new Map<string, number>();
  readonly #made = new Set<string>();
  #nextNumber = 0;

  constructor(from: FromResult) {
    const names = new Set<string>();
    for (const column of from.scope.columns) {
      if (column.source === null) continue;
      names.add(column.name);
      this.#timesOf.set(column.name, (this.#timesOf.get(column.name) ?? 0) + 1);
    }
    this.#columnNames = names;
  }

  nameOf(item: Item<'item'>, expr: Expr): string {
    const node = item.expression;
    if (node.kind === 'column' && (expr.op === 'column' || expr.op === 'windowBound')) {
      const isShared = (this.#timesOf.get(node.name.text) ?? 0) > 1;
      return node.qualifier !== null && isShared ? `${node.qualifier.text}_${node.name.text}` : node.name.text;
    }
    if (node.kind === 'dereference') return this.fieldName(node.field.text);
    return this.generated();
  }

  /** The field's name, numbered when a source column or an earlier generated name has it. */
  fieldName(field: string): string {
    if (!this.#columnNames.has(field) && !this.#made.has(field)) {
      this.#made.add(field);
      return field;
    }
    for (let index = 1; ; index++) {
      const name = `${field}_${index}`;
      if (this.#columnNames.has(name) || this.#made.has(name)) continue;
      this.#made.add(name);
      return name;
    }
  }

  /** The next KSQL_COL_n that no source column has. */
  generated(): string {
    for (;;) {
      const name = `KSQL_COL_${this.#nextNumber++}`;
      if (!this.#columnNames.has(name)) return name;
    }
  }
}
