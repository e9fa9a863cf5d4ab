// Nodes of queries and statements.
import type { ExpressionNode, FieldNode, LiteralNode, Name, Span, TypeNode } from './expression-nodes.ts';

// ── Queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface QueryNode {
  readonly kind: 'query';
  readonly select: readonly SelectItemNode[];
  readonly from: SourceNode;
  readonly joins: readonly JoinNode[];
  readonly window: WindowNode | null;
  readonly where: ExpressionNode | null;
  /** Null: no clause. An empty `items` is `GROUP BY ()`. */
  readonly groupBy: ListNode | null;
  readonly partitionBy: ListNode | null;
  readonly having: ExpressionNode | null;
  readonly emit: 'CHANGES' | 'FINAL' | null;
  /** May be negative (E-PULL-7). */
  readonly limit: number | null;
  readonly span: Span;
}
export interface ListNode {
  readonly items: readonly ExpressionNode[];
  readonly span: Span;
}
export type SelectItemNode =
  | { readonly kind: 'item'; readonly expression: ExpressionNode; readonly alias: Name | null; readonly span: Span }
  /** `*` or `source.*`. */
  | { readonly kind: 'star'; readonly qualifier: Name | null; readonly span: Span }
  /** `expr->*`. */
  | { readonly kind: 'structStar'; readonly base: ExpressionNode; readonly span: Span };
export interface SourceNode {
  readonly name: Name;
  readonly alias: Name | null;
  readonly span: Span;
}
export interface JoinNode {
  readonly type: 'inner' | 'left' | 'right' | 'full';
  readonly source: SourceNode;
  readonly within: WithinNode | null;
  readonly on: ExpressionNode;
  readonly span: Span;
}
/** `WITHIN d` has before = after = d. */
export interface WithinNode {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number | null;
  readonly span: Span;
}
export interface WindowNode {
  readonly type: 'tumbling' | 'hopping' | 'session';
  /** Size, or the gap of a session window. */
  readonly sizeMs: number;
  /** Hopping only. */
  readonly advanceMs: number | null;
  readonly retentionMs: number | null;
  readonly graceMs: number | null;
  readonly span: Span;
}

// ── Statements ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** One `name = literal` of a WITH clause; the name is upper-cased. */
export interface PropertyNode {
  readonly name: string;
  readonly value: LiteralNode;
  readonly span: Span;
}
/** The column's role as written. */
export type ColumnRole =
  | { readonly kind: 'value' }
  | { readonly kind: 'key' }
  | { readonly kind: 'primaryKey' }
  | { readonly kind: 'headers' }
  | { readonly kind: 'header'; readonly key: string };
export interface ElementNode {
  readonly name: Name;
  readonly type: TypeNode;
  readonly role: ColumnRole;
  readonly span: Span;
}
export type SourceShape = 'stream' | 'table';

export interface CreateSourceStatement {
  readonly kind: 'createSource';
  readonly shape: SourceShape;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  /** CREATE SOURCE …: read-only. */
  readonly readOnly: boolean;
  readonly name: Name;
  readonly elements: readonly ElementNode[];
  readonly properties: readonly PropertyNode[];
  readonly span: Span;
}
export interface CreateAsStatement {
  readonly kind: 'createAs';
  readonly shape: SourceShape;
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: Name;
  readonly properties: readonly PropertyNode[];
  readonly query: QueryNode;
  readonly span: Span;
}
export interface InsertSelectStatement {
  readonly kind: 'insertSelect';
  readonly target: Name;
  readonly properties: readonly PropertyNode[];
  readonly query: QueryNode;
  readonly span: Span;
}
export interface InsertValuesStatement {
  readonly kind: 'insertValues';
  readonly target: Name;
  /** Null: no list given. */
  readonly columns: readonly Name[] | null;
  readonly values: readonly ExpressionNode[];
  readonly span: Span;
}
export interface QueryStatement {
  readonly kind: 'select';
  readonly query: QueryNode;
  readonly span: Span;
}
export interface DropSourceStatement {
  readonly kind: 'dropSource';
  readonly shape: SourceShape;
  readonly ifExists: boolean;
  readonly name: Name;
  readonly deleteTopic: boolean;
  readonly span: Span;
}
export interface AlterSourceStatement {
  readonly kind: 'alterSource';
  readonly shape: SourceShape;
  readonly name: Name;
  readonly columns: readonly FieldNode[];
  readonly span: Span;
}
export interface CreateTypeStatement {
  readonly kind: 'createType';
  readonly ifNotExists: boolean;
  readonly name: Name;
  readonly type: TypeNode;
  readonly span: Span;
}
export interface DropTypeStatement {
  readonly kind: 'dropType';
  readonly ifExists: boolean;
  readonly name: Name;
  readonly span: Span;
}
export interface CreateConnectorStatement {
  readonly kind: 'createConnector';
  readonly direction: 'source' | 'sink';
  readonly ifNotExists: boolean;
  readonly name: Name;
  /** Property names keep their case here: they are Connect's. */
  readonly properties: readonly PropertyNode[];
  readonly span: Span;
}
export interface DropConnectorStatement {
  readonly kind: 'dropConnector';
  readonly ifExists: boolean;
  readonly name: Name;
  readonly span: Span;
}
/** What LIST / SHOW lists. */
export type ListSubject =
  | 'properties'
  | 'topics'
  | 'streams'
  | 'tables'
  | 'queries'
  | 'functions'
  | 'connectors'
  | 'connectorPlugins'
  | 'types'
  | 'variables';
export interface ListStatement {
  readonly kind: 'list';
  readonly subject: ListSubject;
  /** LIST ALL TOPICS. */
  readonly all: boolean;
  readonly extended: boolean;
  /** LIST SOURCE | SINK CONNECTORS. */
  readonly direction: 'source' | 'sink' | null;
  readonly span: Span;
}
export interface DescribeStatement {
  readonly kind: 'describe';
  readonly subject: 'source' | 'streams' | 'tables' | 'function' | 'connector';
  /** Null for streams and tables. */
  readonly name: Name | null;
  readonly extended: boolean;
  readonly span: Span;
}
export interface PrintStatement {
  readonly kind: 'print';
  /** As written: an unquoted topic keeps its case. */
  readonly topic: string;
  readonly fromBeginning: boolean;
  readonly interval: number | null;
  readonly limit: number | null;
  readonly span: Span;
}
/** `query` null: ALL. */
export interface ControlStatement {
  readonly kind: 'terminate' | 'pause' | 'resume';
  readonly query: Name | null;
  readonly span: Span;
}
export interface SetPropertyStatement {
  readonly kind: 'setProperty' | 'alterSystem';
  readonly name: string;
  readonly value: string;
  readonly span: Span;
}
export interface UnsetPropertyStatement {
  readonly kind: 'unsetProperty';
  readonly name: string;
  readonly span: Span;
}
/** Variable names are case-sensitive as typed. */
export interface DefineStatement {
  readonly kind: 'define';
  readonly name: string;
  readonly value: string;
  readonly span: Span;
}
export interface UndefineStatement {
  readonly kind: 'undefine';
  readonly name: string;
  readonly span: Span;
}
/** Exactly one of the two is set. */
export interface ExplainStatement {
  readonly kind: 'explain';
  readonly statement: Statement | null;
  readonly query: Name | null;
  readonly span: Span;
}
export interface AssertTopicStatement {
  readonly kind: 'assertTopic';
  readonly exists: boolean;
  readonly topic: string;
  readonly properties: readonly PropertyNode[];
  readonly timeoutMs: number | null;
  readonly span: Span;
}
export interface AssertSchemaStatement {
  readonly kind: 'assertSchema';
  readonly exists: boolean;
  readonly subject: string | null;
  readonly id: number | null;
  readonly timeoutMs: number | null;
  readonly span: Span;
}

export type Statement =
  | CreateSourceStatement
  | CreateAsStatement
  | InsertSelectStatement
  | InsertValuesStatement
  | QueryStatement
  | DropSourceStatement
  | AlterSourceStatement
  | CreateTypeStatement
  | DropTypeStatement
  | CreateConnectorStatement
  | DropConnectorStatement
  | ListStatement
  | DescribeStatement
  | PrintStatement
  | ControlStatement
  | SetPropertyStatement
  | UnsetPropertyStatement
  | DefineStatement
  | UndefineStatement
  | ExplainStatement
  | AssertTopicStatement
  | AssertSchemaStatement;
