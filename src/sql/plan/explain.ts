// Plans for people: one node a line, inputs indented, expressions as SQL would write them. Golden tests compare this text.

import { decimalText } from '../../core/data/decimal.ts';
import { isDecimal } from '../../core/data/logical.ts';
import type { Value } from '../../core/data/schema.ts';
import { typeText } from '../types/type-text.ts';
import type { Expr } from './expr.ts';
import { inputsOf, type PlanColumn, type PlanNode } from './nodes.ts';

/** The plan as text, from the result down to the sources. */
export function planText(plan: PlanNode): string {
  return lines(plan).join('\n');
}

function lines(node: PlanNode): string[] {
  const below = inputsOf(node).flatMap(lines);
  return [headline(node), ...below.map((line) => `  ${line}`)];
}

function headline(node: PlanNode): string {
  const head = `${node.kind} ${node.shape}`;
  switch (node.kind) {
    case 'source': {
      const reads = node.reads === null ? 'all' : node.reads.map((path) => pathText(node, path)).join(', ');
      return `${head} ${node.source} topic=${node.topic.topic} partitions=${node.partitions} reads=[${reads}]`;
    }
    case 'filter':
      return `${head} where=${exprText(node.where, node.input.columns)}`;
    case 'repartition': {
      const by = node.by.map((expr) => exprText(expr, node.input.columns)).join(', ');
      return `${head} by=[${by}] ${node.partitions === null ? 'in place' : `partitions=${node.partitions}`}`;
    }
    case 'flatMap':
      return `${head} ${node.calls.map((call) => callText(call.name, call.args, node.input.columns)).join(', ')}`;
    case 'aggregate': {
      const group = node.group.map((expr) => exprText(expr, node.input.columns)).join(', ');
      const calls = node.calls.map((call) => callText(call.name, call.args, node.input.columns)).join(', ');
      const window =
        node.spec === null
          ? ''
          : ` window=${node.spec.kind}(${node.spec.sizeMs} ms, advance ${node.spec.advanceMs} ms, grace ${node.spec.graceMs} ms)`;
      return `${head} by=[${group}] ${calls}${window}${node.final ? ' final' : ''}`;
    }
    case 'join': {
      const on = `${exprText(node.leftKey, node.left.columns)} = ${exprText(node.rightKey, node.right.columns)}`;
      const within = node.within === null ? '' : ` within=(${node.within.beforeMs} ms, ${node.within.afterMs} ms)`;
      const wait = node.waitMs === null ? '' : ` wait=${node.waitMs} ms`;
      return `${head} ${node.join} ${node.mode} on ${on}${within}${wait}`;
    }
    case 'project': {
      const items = [...node.keys, ...node.values].map((expr, index) => {
        const { name, kind } = node.columns[index]!;
        return `${exprText(expr, node.input.columns)} AS ${name}${kind === 'key' ? ' KEY' : ''}`;
      });
      return `${head} [${items.join(', ')}]`;
    }
    case 'changes': {
      const names = (indexes: readonly number[]) => indexes.map((index) => node.columns[index]!.name).join(', ');
      return `${head} by=[${names(node.by)}] watched=[${names(node.watched)}]${node.quietMs === null ? '' : ` quiet=${node.quietMs} ms`}`;
    }
  }
}

function pathText(node: PlanNode, path: readonly number[]): string {
  const column = node.columns[path[0]!]!;
  let text = column.name;
  let type = column.type;
  for (const step of path.slice(1)) {
    if (type.base !== 'STRUCT') break;
    text += `->${type.fields[step]!.name}`;
    type = type.fields[step]!.type;
  }
  return text;
}

function callText(name: string, args: readonly Expr[], columns: readonly PlanColumn[]): string {
  return `${name}(${args.length === 0 && name === 'COUNT' ? '*' : args.map((arg) => exprText(arg, columns)).join(', ')})`;
}

/** An expression over the given columns. */
export function exprText(expr: Expr, columns: readonly PlanColumn[]): string {
  const text = (part: Expr) => exprText(part, columns);
  switch (expr.op) {
    case 'literal':
      return literalText(expr.value);
    case 'column': {
      const column = columns[expr.index];
      const name = column?.name === '' || column === undefined ? `#${expr.index}` : column.name;
      return column?.source == null ? name : `${column.source}.${name}`;
    }
    case 'parameter':
      return `p${expr.id}`;
    case 'call':
      return callText(expr.name, expr.args, columns);
    case 'lambda':
      return `(${expr.parameters.map((id) => `p${id}`).join(', ')}) => ${text(expr.body)}`;
    case 'unit':
      return expr.unit;
    case 'field':
      return `${text(expr.of)}->${expr.name}`;
    case 'item':
      return `${text(expr.of)}[${text(expr.at)}]`;
    case 'arithmetic':
    case 'compare':
      return `(${text(expr.left)} ${expr.operator} ${text(expr.right)})`;
    case 'and':
    case 'or':
      return `(${text(expr.left)} ${expr.op.toUpperCase()} ${text(expr.right)})`;
    case 'not':
      return `(NOT ${text(expr.of)})`;
    case 'negate':
      return `-${text(expr.of)}`;
    case 'isNull':
      return `(${text(expr.of)} IS ${expr.negated ? 'NOT ' : ''}NULL)`;
    case 'in':
      return `(${text(expr.of)} IN (${expr.items.map(text).join(', ')}))`;
    case 'like':
      return `(${text(expr.of)} LIKE ${text(expr.pattern)})`;
    case 'cast':
    case 'convert':
      return `CAST(${text(expr.of)} AS ${expr.type === null ? 'NULL' : typeText(expr.type)})`;
    case 'case': {
      const whens = expr.whens.map((when) => `WHEN ${text(when.condition)} THEN ${text(when.result)}`).join(' ');
      return `CASE ${whens}${expr.otherwise === null ? '' : ` ELSE ${text(expr.otherwise)}`} END`;
    }
    case 'array':
      return `ARRAY[${expr.items.map(text).join(', ')}]`;
    case 'map':
      return `MAP(${expr.entries.map(({ key, value }) => `${text(key)}:=${text(value)}`).join(', ')})`;
    case 'struct':
      return `STRUCT(${expr.values.map(text).join(', ')})`;
    default:
      return expr.op;
  }
}

function literalText(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return isDecimal(value) ? decimalText(value) : String(value);
}
