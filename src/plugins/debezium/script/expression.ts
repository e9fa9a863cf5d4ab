// The text of a condition → a function over records: parsed and checked when the transform is configured, compiled where the
// white list allows it, evaluated in the sandbox otherwise.
import { createRequire } from 'node:module';
import type * as Acorn from 'acorn';
import type { AnyNode, Expression, Program } from 'acorn';
import type { ConnectRecord } from '../../../connect/records.ts';
import { nearest } from '../../../core/errors.ts';
import { configFault, dataFault } from '../../faults.ts';
import { BAIL, compileExpression, ExpressionError } from './compiled-expression.ts';
import type { ScriptEngine } from './engine.ts';
import { FailureCosts } from './failure-costs.ts';
import { SCHEMA_METHODS, type Seen, VARIABLES, type Variable } from './record-view.ts';
import { Sandbox } from './sandbox.ts';

const TEXT_MAX = 10_000;
/** Put before the text, so that it is parsed as the strict code it will run as. */
const STRICT = "'use strict';";

/** An expression of a config. Throws `data` faults for records it fails on. */
export type RecordExpression = (record: ConnectRecord) => Seen;

/** Which way an expression is evaluated: for tests and measurements. */
export type Way = 'either' | 'sandbox';

/** Compiles the expression of a setting. Throws `config` with line and column when it cannot be one. */
export function recordExpression(
  engine: ScriptEngine,
  setting: string,
  text: string,
  way: Way = 'either',
): RecordExpression {
  const { body, expression, variables } = parsed(setting, text);
  const sandbox = new Sandbox(engine, body, variables);
  const compiled = expression === null || way === 'sandbox' ? null : compileExpression(expression);
  const costs = new FailureCosts(setting);
  const inSandbox = (record: ConnectRecord) => costs.watch(() => sandbox.evaluate(record));
  return (record) => {
    try {
      if (compiled === null) return inSandbox(record);
      try {
        return compiled(record);
      } catch (error) {
        if (error !== BAIL) throw error;
        return inSandbox(record);
      }
    } catch (error) {
      if (error instanceof ExpressionError) throw dataFault(`The expression of "${setting}" failed: ${error.message}.`);
      throw error;
    }
  };
}

interface Parsed {
  /** The inside of a function that returns the result. */
  readonly body: string;
  /** When the text is one expression and nothing else. */
  readonly expression: Expression | null;
  readonly variables: readonly Variable[];
}

function parsed(setting: string, text: string): Parsed {
  if (text.length > TEXT_MAX) throw configFault(`${setting} is longer than ${TEXT_MAX} characters.`);
  const program = parse(setting, text);
  // The first statement is the directive put before the text.
  const statements = program.body.slice(1);
  const last = statements.at(-1);
  if (last === undefined) throw configFault(`${setting} is empty.`);
  const names = namesOf(program, setting, text);
  const variables = VARIABLES.filter((name) => names.has(name));
  const at = (position: number) => position - STRICT.length;
  if (last.type !== 'ExpressionStatement') {
    if (!hasReturn(last))
      throw fault(setting, text, last.start, 'the last statement must be an expression or return a value');
    return { body: text, expression: null, variables };
  }
  const { start, end } = last.expression;
  // Brackets around the expression are not part of the node: what stands before it and after it is kept out, comments too.
  const body = `${text.slice(0, at(last.start))}\nreturn (\n${text.slice(at(start), at(end))}\n);`;
  return { body, expression: statements.length === 1 ? last.expression : null, variables };
}

function parse(setting: string, text: string): Program {
  // Loaded where a config first has an expression: no other host pays for a parser.
  const acorn = createRequire(import.meta.url)('acorn') as typeof Acorn;
  try {
    return acorn.parse(STRICT + text, { ecmaVersion: 2022, sourceType: 'script', allowReturnOutsideFunction: true });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw configFault(`${setting} is nested too deeply.`);
    if (/stack space/.test(error.message)) throw configFault(`${setting} is nested too deeply.`);
    const { pos, message } = error as SyntaxError & { pos: number };
    throw fault(setting, text, pos, message.replace(/ \(\d+:\d+\)$/, ''));
  }
}

function fault(setting: string, text: string, position: number, why: string) {
  const before = text.slice(0, Math.max(0, position - STRICT.length)).split('\n');
  return configFault(
    `${setting}, line ${before.length}, column ${before.at(-1)!.length + 1}: ${why}.`,
    "Write a JavaScript expression, such as value.op == 'u' && value.after.id > 5.",
  );
}

function hasReturn(node: AnyNode): boolean {
  let found = false;
  walk(node, (inner) => {
    if (inner.type === 'ReturnStatement') found = true;
  });
  return found;
}

/** What the language brings and the sandbox leaves. */
const LANGUAGE = new Set(
  'undefined NaN Infinity Math JSON String Number Boolean BigInt Array Object Date RegExp Symbol Map Set Error TypeError RangeError parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent Uint8Array Promise arguments globalThis'.split(
    ' ',
  ),
);

/** Every name that is read. Throws `config` for one that nothing stands behind, and for a schema's method that is not called. */
function namesOf(program: Program, setting: string, text: string): ReadonlySet<string> {
  const read = new Map<string, number>();
  const declared = new Set<string>();
  walk(program, (node, parent) => {
    if (node.type === 'ImportExpression') throw fault(setting, text, node.start, 'nothing can be imported');
    if (node.type === 'MemberExpression') checkSchemaMethod(node, parent, setting, text);
    if (node.type !== 'Identifier') return;
    if (isPropertyName(node, parent)) return;
    if (isDeclaration(node, parent)) declared.add(node.name);
    // `{ value }` may be a pattern or an object: then it is read.
    if (isDeclaration(node, parent) && parent?.type !== 'Property') return;
    if (!read.has(node.name)) read.set(node.name, node.start);
  });
  for (const [name, start] of read) {
    if (declared.has(name) || LANGUAGE.has(name) || (VARIABLES as readonly string[]).includes(name)) continue;
    const near = nearest(name, VARIABLES);
    const hint = near === null ? `the variables are ${VARIABLES.join(', ')}` : `did you mean "${near}"`;
    throw fault(setting, text, start, `"${name}" is not known: ${hint}`);
  }
  return new Set(read.keys());
}

function checkSchemaMethod(node: Acorn.MemberExpression, parent: AnyNode | null, setting: string, text: string): void {
  const { object, property, computed } = node;
  if (computed || object.type !== 'Identifier' || property.type !== 'Identifier') return;
  if (object.name !== 'keySchema' && object.name !== 'valueSchema') return;
  const { name } = property;
  if (!SCHEMA_METHODS.includes(name as (typeof SCHEMA_METHODS)[number])) {
    throw fault(setting, text, property.start, `a schema has no "${name}": it has ${SCHEMA_METHODS.join(', ')}`);
  }
  if (parent?.type === 'CallExpression' && parent.callee === node) return;
  throw fault(setting, text, property.start, `"${name}" of a schema is a method: write ${object.name}.${name}()`);
}

function isPropertyName(node: AnyNode, parent: AnyNode | null): boolean {
  if (parent?.type === 'MemberExpression') return parent.property === node && !parent.computed;
  if (parent?.type === 'Property') return parent.key === node && !parent.computed && !parent.shorthand;
  if (parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition') return parent.key === node;
  return (
    parent?.type === 'LabeledStatement' || parent?.type === 'BreakStatement' || parent?.type === 'ContinueStatement'
  );
}

function isDeclaration(node: AnyNode, parent: AnyNode | null): boolean {
  switch (parent?.type) {
    case 'VariableDeclarator':
      return parent.id === node;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return parent.body !== node;
    case 'ClassDeclaration':
    case 'ClassExpression':
      return parent.id === node;
    case 'CatchClause':
      return parent.param === node;
    case 'ArrayPattern':
    case 'RestElement':
      return true;
    case 'AssignmentPattern':
      return parent.left === node;
    // A name within { … } may be one that is taken apart: those are declared.
    case 'Property':
      return parent.value === node && parent.shorthand;
    default:
      return false;
  }
}

function walk(
  node: AnyNode,
  visit: (node: AnyNode, parent: AnyNode | null) => void,
  parent: AnyNode | null = null,
): void {
  visit(node, parent);
  for (const inner of Object.values(node)) {
    for (const child of Array.isArray(inner) ? inner : [inner]) {
      if (typeof child === 'object' && child !== null && typeof (child as AnyNode).type === 'string') {
        walk(child as AnyNode, visit, node);
      }
    }
  }
}
