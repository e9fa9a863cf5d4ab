// Nodes of names, types and expressions: readonly data, one literal `kind` a node, nothing resolved but the case of names.
//
// Law: `span` holds offsets [start, end) into the text of the one statement that the tree belongs to (after variable
// substitution), so that every later fault can point at what the user wrote. Nodes are never compared with their spans:
// use `sameExpression` of print.ts for structural equality.
import type { Value } from '../../core/data/schema.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Offsets [start, end) into the statement's text. */
export type Span = readonly [start: number, end: number];

/** An identifier. `text` is what it means (upper-cased unless quoted), `raw` what was written, without quotes. */
export interface Name {
  readonly text: string;
  readonly raw: string;
  readonly quoted: boolean;
  readonly span: Span;
}

// ── Types as written ────────────────────────────────────────────────────────────────────────────────────────────────

/** A type as written; custom names are unresolved (see types/type-text.ts `resolveType`). */
export type TypeNode =
  | {
      readonly kind: 'namedType';
      readonly name: Name;
      readonly parameters: readonly (number | string)[];
      readonly span: Span;
    }
  | { readonly kind: 'decimalType'; readonly precision: number; readonly scale: number; readonly span: Span }
  | { readonly kind: 'arrayType'; readonly items: TypeNode; readonly span: Span }
  | { readonly kind: 'mapType'; readonly keys: TypeNode; readonly items: TypeNode; readonly span: Span }
  | { readonly kind: 'structType'; readonly fields: readonly FieldNode[]; readonly span: Span };
export interface FieldNode {
  readonly name: Name;
  readonly type: TypeNode;
}

// ── Expressions ─────────────────────────────────────────────────────────────────────────────────────────────────────

export type ExpressionNode =
  | LiteralNode
  | ColumnNode
  | CallNode
  | LambdaNode
  | UnitNode
  | { readonly kind: 'dereference'; readonly base: ExpressionNode; readonly field: Name; readonly span: Span }
  | { readonly kind: 'subscript'; readonly base: ExpressionNode; readonly index: ExpressionNode; readonly span: Span }
  | ArithmeticNode
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: ExpressionNode; readonly span: Span }
  | ComparisonNode
  | {
      readonly kind: 'logical';
      readonly operator: 'AND' | 'OR';
      readonly left: ExpressionNode;
      readonly right: ExpressionNode;
      readonly span: Span;
    }
  | { readonly kind: 'not'; readonly operand: ExpressionNode; readonly span: Span }
  | BetweenNode
  | InNode
  | LikeNode
  | { readonly kind: 'isNull'; readonly operand: ExpressionNode; readonly negated: boolean; readonly span: Span }
  | CaseNode
  | { readonly kind: 'cast'; readonly operand: ExpressionNode; readonly to: TypeNode; readonly span: Span }
  | { readonly kind: 'array'; readonly items: readonly ExpressionNode[]; readonly span: Span }
  | {
      readonly kind: 'map';
      readonly entries: readonly { readonly key: ExpressionNode; readonly value: ExpressionNode }[];
      readonly span: Span;
    }
  | {
      readonly kind: 'struct';
      readonly fields: readonly { readonly name: Name; readonly value: ExpressionNode }[];
      readonly span: Span;
    }
  | { readonly kind: 'atTimeZone'; readonly operand: ExpressionNode; readonly zone: string; readonly span: Span };

/** `type` null: the NULL literal, which has none. A sign directly before a number is part of the literal. */
export interface LiteralNode {
  readonly kind: 'literal';
  readonly value: Value;
  readonly type: SqlType | null;
  readonly span: Span;
}
/** `qualifier` is a source name or alias as written before the dot. */
export interface ColumnNode {
  readonly kind: 'column';
  readonly qualifier: Name | null;
  readonly name: Name;
  readonly span: Span;
}
/** `star`: COUNT(*) form, `args` is then empty. `a || b` is CONCAT(a, b). `name.text` is always upper case. */
export interface CallNode {
  readonly kind: 'call';
  readonly name: Name;
  readonly star: boolean;
  readonly args: readonly ExpressionNode[];
  readonly span: Span;
}
/** Only as an argument of a call, after at least one ordinary argument. */
export interface LambdaNode {
  readonly kind: 'lambda';
  readonly parameters: readonly Name[];
  readonly body: ExpressionNode;
  readonly span: Span;
}
/** A bare time unit as an argument: upper case as written (DAY, DAYS, MONTH, …). */
export interface UnitNode {
  readonly kind: 'unit';
  readonly unit: string;
  readonly span: Span;
}
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export interface ArithmeticNode {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
  readonly span: Span;
}
/** `!=` is read as `<>`. */
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'IS DISTINCT FROM' | 'IS NOT DISTINCT FROM';
export interface ComparisonNode {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
  readonly span: Span;
}
export interface BetweenNode {
  readonly kind: 'between';
  readonly value: ExpressionNode;
  readonly low: ExpressionNode;
  readonly high: ExpressionNode;
  readonly negated: boolean;
  readonly span: Span;
}
export interface InNode {
  readonly kind: 'in';
  readonly value: ExpressionNode;
  readonly items: readonly ExpressionNode[];
  readonly negated: boolean;
  readonly span: Span;
}
export interface LikeNode {
  readonly kind: 'like';
  readonly value: ExpressionNode;
  readonly pattern: ExpressionNode;
  /** Exactly one character, or null. */
  readonly escape: string | null;
  readonly negated: boolean;
  readonly span: Span;
}
/** `operand` not null: the simple form `CASE x WHEN v …`, which parses but is refused by the binder (E-CASE-5). */
export interface CaseNode {
  readonly kind: 'case';
  readonly operand: ExpressionNode | null;
  readonly whens: readonly { readonly condition: ExpressionNode; readonly result: ExpressionNode }[];
  readonly otherwise: ExpressionNode | null;
  readonly span: Span;
}
