// Trees as text: for messages, DESCRIBE, EXPLAIN and regenerated statements. What is printed parses to the same tree.
//
// Form of the reference: binary operators in brackets with spaces, functions upper case, texts in single quotes, names bare when they
// are plain and not reserved.
import { decimalText } from '../../core/data/decimal.ts';
import type { Decimal, Value } from '../../core/data/schema.ts';
import { doubleText } from '../../core/java/number-text.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { ExpressionNode, LiteralNode, Name, TypeNode } from './ast.ts';
import { quoteName, quoteText } from './tokens.ts';

/** An expression. Two expressions are the same when their texts are (`sameExpression`). */
export function printExpression(node: ExpressionNode): string {
  switch (node.kind) {
    case 'literal':
      return printLiteral(node);
    case 'column': {
      const name = quoteName(node.name.text);
      return node.qualifier === null ? name : `${quoteName(node.qualifier.text)}.${name}`;
    }
    case 'call':
      return `${printFunctionName(node.name)}(${node.star ? '*' : list(node.args)})`;
    case 'lambda':
      return `${parameters(node.parameters)} => ${printExpression(node.body)}`;
    case 'unit':
      return node.unit;
    case 'dereference':
      return `${printExpression(node.base)}->${quoteName(node.field.text)}`;
    case 'subscript':
      return `${printExpression(node.base)}[${printExpression(node.index)}]`;
    case 'sign':
      // A blank keeps "- 5" from being read as a literal and "--" as a comment.
      return `(${node.operator} ${printExpression(node.operand)})`;
    case 'arithmetic':
    case 'comparison':
    case 'logical':
      return `(${printExpression(node.left)} ${node.operator} ${printExpression(node.right)})`;
    case 'not':
      return `(NOT ${printExpression(node.operand)})`;
    case 'isNull':
      return `(${printExpression(node.operand)} IS ${node.negated ? 'NOT ' : ''}NULL)`;
    case 'atTimeZone':
      return `(${printExpression(node.operand)} AT TIME ZONE ${quoteText(node.zone)})`;
    default:
      return printWider(node);
  }
}

type WiderNode = Extract<
  ExpressionNode,
  { kind: 'between' | 'in' | 'like' | 'case' | 'cast' | 'array' | 'map' | 'struct' }
>;

function printWider(node: WiderNode): string {
  switch (node.kind) {
    case 'between':
      return `(${printExpression(node.value)}${not(node)} BETWEEN ${printExpression(node.low)} AND ${printExpression(node.high)})`;
    case 'in':
      return `(${printExpression(node.value)}${not(node)} IN (${list(node.items)}))`;
    case 'like': {
      const escaped = node.escape === null ? '' : ` ESCAPE ${quoteText(node.escape)}`;
      return `(${printExpression(node.value)}${not(node)} LIKE ${printExpression(node.pattern)}${escaped})`;
    }
    case 'case': {
      const operand = node.operand === null ? '' : ` ${printExpression(node.operand)}`;
      const whens = node.whens.map(
        ({ condition, result }) => ` WHEN ${printExpression(condition)} THEN ${printExpression(result)}`,
      );
      const otherwise = node.otherwise === null ? '' : ` ELSE ${printExpression(node.otherwise)}`;
      return `(CASE${operand}${whens.join('')}${otherwise} END)`;
    }
    case 'cast':
      return `CAST(${printExpression(node.operand)} AS ${printType(node.to)})`;
    case 'array':
      return `ARRAY[${list(node.items)}]`;
    case 'map':
      return `MAP(${node.entries.map(({ key, value }) => `${printExpression(key)}:=${printExpression(value)}`).join(', ')})`;
    case 'struct':
      return `STRUCT(${node.fields.map(({ name, value }) => `${quoteName(name.text)}:=${printExpression(value)}`).join(', ')})`;
  }
}

function not(node: { readonly negated: boolean }): string {
  return node.negated ? ' NOT' : '';
}

function list(nodes: readonly ExpressionNode[]): string {
  return nodes.map(printExpression).join(', ');
}

function parameters(names: readonly Name[]): string {
  const printed = names.map((name) => quoteName(name.text));
  return printed.length === 1 ? printed[0]! : `(${printed.join(', ')})`;
}

/** MAP, STRUCT and the like would be read as constructors when a quoted function had such a name. */
function printFunctionName(name: Name): string {
  return name.quoted ? quoteName(name.text) : name.text;
}

/** Structural equality, whatever the spans and the way it was written. */
export function sameExpression(left: ExpressionNode, right: ExpressionNode): boolean {
  return left.kind === right.kind && printExpression(left) === printExpression(right);
}

/** A literal as SQL. */
export function printLiteral(node: LiteralNode): string {
  return printValue(node.value, node.type);
}

/** A primitive value as SQL. Long and double keep their types when read back. */
export function printValue(value: Value, type: SqlType | null): string {
  if (value === null || type === null) return 'null';
  switch (type.base) {
    case 'STRING':
      return quoteText(value as string);
    case 'BOOLEAN':
      return value === true ? 'true' : 'false';
    case 'DECIMAL': {
      const text = decimalText(value as Decimal);
      return text.includes('.') ? text : `${text}.`;
    }
    case 'DOUBLE': {
      const text = doubleText(value as number);
      return text.includes('E') ? text : `${text}E0`;
    }
    default:
      return String(value);
  }
}

/** A type as written, names of custom types kept. */
export function printType(node: TypeNode): string {
  switch (node.kind) {
    case 'decimalType':
      return `DECIMAL(${node.precision}, ${node.scale})`;
    case 'arrayType':
      return `ARRAY<${printType(node.items)}>`;
    case 'mapType':
      return `MAP<${printType(node.keys)}, ${printType(node.items)}>`;
    case 'structType':
      if (node.fields.length === 0) return 'STRUCT< >';
      return `STRUCT<${node.fields.map(({ name, type }) => `${quoteName(name.text)} ${printType(type)}`).join(', ')}>`;
    case 'namedType':
      return quoteName(ALIASES[node.name.text] ?? node.name.text);
  }
}

const ALIASES: Readonly<Record<string, string>> = { INT: 'INTEGER', VARCHAR: 'STRING' };
