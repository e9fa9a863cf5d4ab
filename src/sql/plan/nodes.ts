// The plan: a readonly tree of what a query does, printed by EXPLAIN, compared in tests, compiled by the engine.
//
// Law: every node names all columns it offers, as one flat list; an expression of the node above addresses them by index. A join
// offers left columns then right columns; repartition, flatMap offer the input's columns and then their own. `key` lists the
// columns that stand in the record key, in key order; bounds of a windowed key are columns of role `window`.
import type { AggregateCall, CallTypes } from '../functions/registry.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Expr } from './expr.ts';

/** What a column is within its node. `system`: ROWTIME, ROWPARTITION, ROWOFFSET. `window`: bounds. */
export type ColumnKind = 'key' | 'value' | 'header' | 'system' | 'window';
export interface PlanColumn {
  /** Source name or alias; null for what the query made itself. */
  readonly source: string | null;
  readonly name: string;
  readonly type: SqlType;
  readonly kind: ColumnKind;
}

/** How a side of a topic is written, in SQL terms. */
export interface SideFormat {
  readonly format: string;
  readonly unwrapped: boolean;
  readonly properties: Readonly<Record<string, string>>;
}
export interface WindowInfo {
  readonly kind: 'TUMBLING' | 'HOPPING' | 'SESSION';
  /** Null for sessions. */
  readonly sizeMs: number | null;
}
export interface NamedType {
  readonly name: string;
  readonly type: SqlType;
}
/** A topic as a source or sink has it. */
export interface TopicShape {
  readonly topic: string;
  readonly key: readonly NamedType[];
  readonly value: readonly NamedType[];
  readonly keyFormat: SideFormat;
  readonly valueFormat: SideFormat;
  readonly window: WindowInfo | null;
}

interface NodeBase {
  /** Stable for equal statements: it names stores, changelogs and internal topics. */
  readonly id: string;
  readonly shape: 'stream' | 'table';
  readonly columns: readonly PlanColumn[];
  /** Indexes of the columns in the record key. */
  readonly key: readonly number[];
  /** The record key carries a window. */
  readonly window: WindowInfo | null;
}
export interface TimestampRef {
  readonly column: number;
  readonly format: string | null;
  readonly throwOnInvalid: boolean;
}
/** A column, or a path into its structs. */
export type Path = readonly number[];
export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  /** Name in the catalog, and as the query calls it. */
  readonly source: string;
  readonly alias: string;
  readonly topic: TopicShape;
  readonly partitions: number;
  readonly timestamp: TimestampRef | null;
  /** Header columns: which header each reads (null: all), by column index. */
  readonly headers: readonly { readonly column: number; readonly header: string | null }[];
  /** Paths that are really read, set by the optimizer; null: everything. */
  readonly reads: readonly Path[] | null;
}
export interface FilterNode extends NodeBase {
  readonly kind: 'filter';
  readonly input: PlanNode;
  readonly where: Expr;
}
/** Sets another key. `by` empty: no key. Offers the input's columns and then one for each expression. */
export interface RepartitionNode extends NodeBase {
  readonly kind: 'repartition';
  readonly input: PlanNode;
  readonly by: readonly Expr[];
  /** Partition count of the internal topic; null: none is needed. */
  readonly partitions: number | null;
  /** Write keys as this topic does, so that rows meet their peers there; null: no peer. */
  readonly peer: TopicShape | null;
}
/** Table functions, zipped: one row for each produced cell. */
export interface FlatMapNode extends NodeBase {
  readonly kind: 'flatMap';
  readonly input: PlanNode;
  readonly calls: readonly {
    readonly name: string;
    readonly variant: number;
    readonly call: CallTypes;
    readonly args: readonly Expr[];
  }[];
}
export interface PlannedAggregate {
  readonly name: string;
  readonly variant: number;
  readonly call: AggregateCall;
  readonly args: readonly Expr[];
}
export interface WindowSpec {
  readonly kind: 'tumbling' | 'hopping' | 'session';
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
  readonly retentionMs: number;
}
/** Offers: grouping columns, window start and end (when windowed), ROWTIME, one column an aggregate. */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate';
  readonly input: PlanNode;
  readonly group: readonly Expr[];
  readonly calls: readonly PlannedAggregate[];
  readonly spec: WindowSpec | null;
  /** EMIT FINAL: a window's row leaves once, when the window has closed. */
  readonly final: boolean;
  /** Grouping equals the input's key: no repartition was needed. */
  readonly keyed: boolean;
}
export type JoinMode = 'inner' | 'left' | 'right' | 'full';
/** Offers left columns, right columns and last the join key (synthetic or not). */
export interface JoinNode extends NodeBase {
  readonly kind: 'join';
  readonly join: 'streamStream' | 'streamTable' | 'tableTable' | 'foreignKey';
  readonly mode: JoinMode;
  readonly left: PlanNode;
  readonly right: PlanNode;
  /** How many columns of `left` are offered: its first ones, without those that a repartition below has added. */
  readonly leftCount: number;
  readonly leftKey: Expr;
  readonly rightKey: Expr;
  readonly within: { readonly beforeMs: number; readonly afterMs: number; readonly graceMs: number | null } | null;
  /** Stream–table: how long a stream row may wait for its table row; null: it does not. */
  readonly waitMs: number | null;
}
/** Final shape: `values` in order; key columns keep the order of the operation. */
export interface ProjectNode extends NodeBase {
  readonly kind: 'project';
  readonly input: PlanNode;
  readonly keys: readonly Expr[];
  readonly values: readonly Expr[];
}
/** Only rows whose watched columns differ from the last row of the same key (CHANGES_KEY). */
export interface ChangesNode extends NodeBase {
  readonly kind: 'changes';
  readonly input: PlanNode;
  readonly by: readonly number[];
  readonly watched: readonly number[];
  readonly quietMs: number | null;
  /** What rows of a back-fill do: set the state silently, nothing at all, or what live rows do. */
  readonly backfill: 'set' | 'ignore' | 'announce';
  /** Column of `input` (behind those that are offered) that says `r` for rows of a snapshot, which set the state silently; null: none, or they are announced. */
  readonly operation: number | null;
}
export type PlanNode =
  | SourceNode
  | FilterNode
  | RepartitionNode
  | FlatMapNode
  | AggregateNode
  | JoinNode
  | ProjectNode
  | ChangesNode;

/** Where a persistent query's rows go. */
export interface SinkSpec {
  readonly name: string;
  readonly topic: TopicShape;
  readonly shape: 'stream' | 'table';
  readonly timestamp: TimestampRef | null;
  /**
   * What becomes of back-filled rows of a stream result: dropped here, announced as any row, or handed on with their mark.
   * `show`: rows go to a client; each has a first cell that is false for a deleted row.
   */
  readonly backfill: 'drop' | 'announce' | 'mark' | 'show';
}

/** The nodes below. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  if (node.kind === 'source') return [];
  if (node.kind === 'join') return [node.left, node.right];
  return [node.input];
}

/** All sources, left to right. */
export function sourcesOf(node: PlanNode): readonly SourceNode[] {
  return node.kind === 'source' ? [node] : inputsOf(node).flatMap(sourcesOf);
}
