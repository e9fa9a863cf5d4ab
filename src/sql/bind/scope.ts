// Which columns a clause sees, and what a name means there.
//
// Law: names are resolved here and nowhere later; from here on a column is an index into the columns of the node below.
import { nearest } from '../../core/errors.ts';
import type { PlanColumn } from '../plan/nodes.ts';
import type { ColumnNode, Name } from '../syntax/ast.ts';
import { type Binding, pasteName, reject, writtenName } from './environment.ts';

/** A source as the query calls it. */
export interface ScopeSource {
  readonly alias: string;
  readonly name: string;
  /** Index of its first column in the scope. */
  readonly first: number;
  readonly count: number;
  readonly isWindowed: boolean;
}
export interface Scope {
  readonly sources: readonly ScopeSource[];
  readonly columns: readonly PlanColumn[];
  /** Alias of a select item → the expression as written: WHERE and the like do not see aliases, but the message can say so. */
  readonly selectAliases: ReadonlyMap<string, string>;
}

export const SYSTEM_NAMES: ReadonlySet<string> = new Set([
  'ROWTIME',
  'ROWPARTITION',
  'ROWOFFSET',
  'WINDOWSTART',
  'WINDOWEND',
]);

/** Index of the column that the reference means. Throws E-NAME-3, -4, -5, -6. */
export function resolveColumn(binding: Binding, scope: Scope, node: ColumnNode, clause: string): number {
  const { qualifier, name } = node;
  if (qualifier !== null) return resolveQualified(binding, scope, node, clause);
  const found: number[] = [];
  scope.columns.forEach((column, index) => {
    if (column.name === name.text) found.push(index);
  });
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const candidates = found.map((index) => qualified(scope.columns[index]!)).join(', ');
    reject(
      binding,
      'NAME-5',
      node.span,
      `Column ${name.text} in ${clause} stands in more than one source.`,
      `Say which is meant: ${candidates}.`,
    );
  }
  return unknownColumn(binding, scope, node, clause, scope.columns);
}

function resolveQualified(binding: Binding, scope: Scope, node: ColumnNode, clause: string): number {
  const qualifier = node.qualifier!;
  const source = scope.sources.find(({ alias }) => alias === qualifier.text);
  if (source === undefined) {
    const aliased = scope.sources.find(({ name }) => name === qualifier.text);
    if (aliased !== undefined) {
      reject(
        binding,
        'NAME-4',
        node.span,
        `Column ${qualifier.text}.${node.name.text} in ${clause} does not exist: ${aliased.name} is called ${aliased.alias} in this query.`,
        `Write ${pasteName(aliased.alias)}.${pasteName(node.name.text)}.`,
      );
    }
    const known = scope.sources.map(({ alias }) => alias);
    reject(
      binding,
      'NAME-3',
      qualifier.span,
      `"${writtenName(qualifier)}" is no source of this query.${didYouMean(nearest(qualifier.text, known))}`,
      `Sources here: ${known.map(pasteName).join(', ')}.`,
    );
  }
  for (let index = source.first; index < source.first + source.count; index++) {
    if (scope.columns[index]!.name === node.name.text) return index;
  }
  return unknownColumn(binding, scope, node, clause, scope.columns.slice(source.first, source.first + source.count));
}

function unknownColumn(
  binding: Binding,
  scope: Scope,
  node: ColumnNode,
  clause: string,
  candidates: readonly PlanColumn[],
): never {
  const shown = node.qualifier === null ? node.name.text : `${node.qualifier.text}.${node.name.text}`;
  if (node.name.text === 'WINDOWSTART' || node.name.text === 'WINDOWEND') {
    reject(
      binding,
      'NAME-6',
      node.span,
      `${shown} in ${clause} does not exist: ${scope.sources.map(({ alias }) => pasteName(alias)).join(', ')} has no window.`,
      'Window bounds exist on windowed sources, and in the SELECT of a windowed aggregation.',
    );
  }
  const written = scope.selectAliases.get(node.name.text);
  const aliasNote =
    written === undefined || clause === 'SELECT'
      ? ''
      : ` ${node.name.text} is the name of a result column; ${clause} sees source columns only: write ${written}.`;
  const names = candidates.filter(({ kind }) => kind !== 'system').map(({ name }) => name);
  reject(
    binding,
    'NAME-4',
    node.span,
    `Column ${shown} in ${clause} does not exist.${aliasNote}${aliasNote === '' ? suggestion(node.name, names) : ''}`,
    `Columns: ${names.map(pasteName).join(', ')}.`,
  );
}

/** ` Did you mean X?`, a name that differs only in case first, with the advice about quotes. */
export function suggestion(name: Name, candidates: readonly string[]): string {
  const sameButCase = candidates.find((candidate) => candidate.toUpperCase() === name.text.toUpperCase());
  if (sameButCase !== undefined) return ` Did you mean ${pasteName(sameButCase)}? Names without quotes are upper case.`;
  return didYouMean(nearest(name.text, candidates) ?? tail(name.text, candidates));
}

function didYouMean(name: string | null): string {
  return name === null ? '' : ` Did you mean ${pasteName(name)}?`;
}

/** A candidate that ends like the name (USER_ID for ACCOUNT_ID), the first such. */
function tail(name: string, candidates: readonly string[]): string | null {
  const last = name.split('_').at(-1)!;
  if (last.length < 2) return null;
  const alike = [...new Set(candidates.filter((candidate) => candidate.toUpperCase().endsWith(last.toUpperCase())))];
  // The first is the likeliest: key columns stand before values.
  return alike[0] ?? null;
}

function qualified(column: PlanColumn): string {
  return column.source === null ? pasteName(column.name) : `${pasteName(column.source)}.${pasteName(column.name)}`;
}
