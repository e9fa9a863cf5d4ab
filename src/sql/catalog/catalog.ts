// The catalog: what streams, tables, types and queries there are. A pure fold of commands; the driver keeps the log.
//
// Law: `applyCommand` never fails. A command is made by the binder against the catalog it will be applied to, and only after all
// conditions held; replaying the log gives the same catalog.
import type { PlanNode, SideFormat, SinkSpec, WindowInfo } from '../plan/nodes.ts';
import type { Column, SqlType } from '../types/sql-type.ts';

/** A column that reads record headers. `header` null: all of them. */
export interface HeaderColumn extends Column {
  readonly header: string | null;
}
/** A stream or table. */
export interface Source {
  readonly name: string;
  readonly shape: 'stream' | 'table';
  readonly key: readonly Column[];
  readonly value: readonly Column[];
  readonly headers: readonly HeaderColumn[];
  readonly topic: string;
  readonly keyFormat: SideFormat;
  readonly valueFormat: SideFormat;
  /** What the statement or the configuration said about a single value column; null: nothing. */
  readonly wrapSingleValue: boolean | null;
  readonly window: WindowInfo | null;
  readonly timestamp: { readonly column: string; readonly format: string | null } | null;
  /** CREATE SOURCE …: only to be read. */
  readonly readOnly: boolean;
  /** The query of CREATE … AS SELECT that made it. */
  readonly createdBy: string | null;
  /** The statement's text. */
  readonly text: string;
}
/** A query that runs until it is terminated. */
export interface PersistentQuery {
  readonly id: string;
  readonly kind: 'createAs' | 'insert' | 'sourceTable';
  readonly text: string;
  /** Name of the source it writes; null for source tables. */
  readonly sink: string | null;
  readonly reads: readonly string[];
  readonly plan: PlanNode;
  /** Null for source tables: they only materialise their topic. */
  readonly target: SinkSpec | null;
  /** Properties as they stood when it was started. */
  readonly properties: Readonly<Record<string, string>>;
}
export interface Catalog {
  readonly sources: ReadonlyMap<string, Source>;
  /** Custom types by upper-case name. */
  readonly types: ReadonlyMap<string, SqlType>;
  /** In creation order; a replaced query keeps its place. */
  readonly queries: ReadonlyMap<string, PersistentQuery>;
  readonly nextQuery: number;
}
export type Command =
  | { readonly kind: 'putSource'; readonly source: Source }
  | { readonly kind: 'dropSource'; readonly name: string }
  | { readonly kind: 'putQuery'; readonly query: PersistentQuery }
  | { readonly kind: 'dropQuery'; readonly id: string }
  | { readonly kind: 'putType'; readonly name: string; readonly type: SqlType }
  | { readonly kind: 'dropType'; readonly name: string };

/** No sources, no queries. */
export function emptyCatalog(): Catalog {
  return { sources: new Map(), types: new Map(), queries: new Map(), nextQuery: 0 };
}

/** The catalog after the command. */
export function applyCommand(catalog: Catalog, command: Command): Catalog {
  switch (command.kind) {
    case 'putSource':
      return { ...catalog, sources: withEntry(catalog.sources, command.source.name, command.source) };
    case 'dropSource':
      return { ...catalog, sources: withoutEntry(catalog.sources, command.name) };
    case 'putQuery': {
      const isNew = !catalog.queries.has(command.query.id);
      return {
        ...catalog,
        queries: withEntry(catalog.queries, command.query.id, command.query),
        nextQuery: isNew ? catalog.nextQuery + 1 : catalog.nextQuery,
      };
    }
    case 'dropQuery':
      return { ...catalog, queries: withoutEntry(catalog.queries, command.id) };
    case 'putType':
      return { ...catalog, types: withEntry(catalog.types, command.name, command.type) };
    case 'dropType':
      return { ...catalog, types: withoutEntry(catalog.types, command.name) };
  }
}

/** Queries that write the source. */
export function writersOf(catalog: Catalog, source: string): readonly PersistentQuery[] {
  return [...catalog.queries.values()].filter((query) => query.sink === source);
}

/** Queries that read the source. */
export function readersOf(catalog: Catalog, source: string): readonly PersistentQuery[] {
  return [...catalog.queries.values()].filter((query) => query.reads.includes(source));
}

function withEntry<V>(map: ReadonlyMap<string, V>, name: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(name, value);
}
function withoutEntry<V>(map: ReadonlyMap<string, V>, name: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(name);
  return copy;
}
