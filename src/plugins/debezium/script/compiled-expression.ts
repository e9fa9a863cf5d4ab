// The fast way to evaluate an expression: a tree of closures over a white list of syntax. Conditions on change events are
// comparisons of fields nearly always, and those cost a fraction of a microsecond here against tens in the sandbox.
//
// Law: what is evaluated here gives exactly what the sandbox gives. What is not on the list is not compiled; what cannot be
// told at compile time (an operator that meets an object) bails out, and the sandbox evaluates that record.
// Law: nothing is called but the string methods listed below, and nothing is read but through record-view.ts; there is no loop
// and no recursion, so an evaluation ends within the length of the expression.
import type { Expression, Node } from 'acorn';
import type { ConnectRecord } from '../../../connect/records.ts';
import {
  memberOf,
  SCHEMA_METHODS,
  SchemaView,
  type Seen,
  schemaMethod,
  seen,
  VARIABLES,
  type Variable,
  variableOf,
} from './record-view.ts';

/** Thrown where only the sandbox can tell. */
export const BAIL = new Error('to be evaluated in the sandbox');
/** The rest of an optional chain is left out. */
const SHORT = Symbol('short');

type Result = Seen | typeof SHORT;
type Evaluate = (record: ConnectRecord) => Result;

/** An expression that fails as JavaScript fails: a record it cannot take. */
export class ExpressionError extends Error {}

/** The expression as a function; null when it has syntax that is not on the list. Throws BAIL and ExpressionError. */
export function compileExpression(expression: Expression): ((record: ConnectRecord) => Seen) | null {
  const evaluate = compile(expression);
  return evaluate === null ? null : (record) => whole(evaluate(record));
}

function whole(result: Result): Seen {
  return result === SHORT ? undefined : result;
}

const COMPILERS: { readonly [type: string]: ((node: never) => Evaluate | null) | undefined } = {
  Literal: compileLiteral as (node: never) => Evaluate | null,
  Identifier: compileIdentifier as (node: never) => Evaluate | null,
  MemberExpression: compileMember as (node: never) => Evaluate | null,
  ChainExpression: compileChainEnd as (node: never) => Evaluate | null,
  CallExpression: compileCall as (node: never) => Evaluate | null,
  UnaryExpression: compileUnary as (node: never) => Evaluate | null,
  BinaryExpression: compileBinary as (node: never) => Evaluate | null,
  LogicalExpression: compileLogical as (node: never) => Evaluate | null,
  ConditionalExpression: compileConditional as (node: never) => Evaluate | null,
  TemplateLiteral: compileTemplate as (node: never) => Evaluate | null,
};

function compile(node: Node): Evaluate | null {
  return Object.hasOwn(COMPILERS, node.type) ? COMPILERS[node.type]!(node as never) : null;
}

type Of<T extends Node['type']> = Extract<Expression, { type: T }>;

function compileLiteral(node: Of<'Literal'>): Evaluate | null {
  if (node.regex) return null;
  const value = (node.bigint ? BigInt(node.bigint) : node.value) as Seen;
  return () => value;
}

function compileIdentifier({ name }: Of<'Identifier'>): Evaluate | null {
  if (name === 'undefined') return () => undefined;
  switch (name) {
    // The two that nearly every expression reads are looked up without a switch a record.
    case 'value':
      return (record) => seen(record.value);
    case 'key':
      return (record) => seen(record.key);
    default: {
      if (!VARIABLES.includes(name as Variable)) return null;
      return (record) => variableOf(record, name as Variable);
    }
  }
}

function compileMember(node: Of<'MemberExpression'>): Evaluate | null {
  if (node.object.type === 'Super' || node.property.type === 'PrivateIdentifier') return null;
  const object = compile(node.object);
  if (object === null) return null;
  const { optional } = node;
  if (!node.computed) {
    if (node.property.type !== 'Identifier') return null;
    const { name } = node.property;
    return (record) => member(object(record), name, optional);
  }
  const property = compile(node.property);
  if (property === null) return null;
  return (record) => {
    const holder = object(record);
    if (holder === SHORT || ((holder === null || holder === undefined) && optional)) return SHORT;
    const name = whole(property(record));
    if (typeof name !== 'string' && typeof name !== 'number') throw BAIL;
    return member(holder, String(name), false);
  };
}

function member(holder: Result, name: string, optional: boolean): Result {
  if (holder === SHORT) return SHORT;
  if (holder === null || holder === undefined) {
    if (optional) return SHORT;
    throw new ExpressionError(`cannot read property '${name}' of ${holder}`);
  }
  if (typeof holder === 'object') {
    const found = memberOf(holder, name);
    // A list, bytes and a schema have methods in the sandbox.
    if (
      found === undefined &&
      (Array.isArray(holder) || holder instanceof Uint8Array || holder instanceof SchemaView)
    ) {
      throw BAIL;
    }
    return found;
  }
  if (typeof holder !== 'string') throw BAIL;
  if (name === 'length') return holder.length;
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(name)) throw BAIL;
  return holder[Number(name)];
}

function compileChainEnd({ expression }: Of<'ChainExpression'>): Evaluate | null {
  const chain = compile(expression);
  return chain === null ? null : (record) => whole(chain(record));
}

type Primitive = undefined | null | boolean | number | bigint | string;
type Method = (text: string, first: never, second: never) => Seen;

/** Methods that cost no more than the length of their text. */
const STRING_METHODS = new Map<string, Method>([
  ['startsWith', (text, first) => text.startsWith(first)],
  ['endsWith', (text, first) => text.endsWith(first)],
  ['includes', (text, first) => text.includes(first)],
  ['indexOf', (text, first) => text.indexOf(first)],
  ['charAt', (text, first) => text.charAt(first)],
  ['substring', (text, first, second) => text.substring(first, second)],
  ['slice', (text, first, second) => text.slice(first, second)],
  ['trim', (text) => text.trim()],
  ['toLowerCase', (text) => text.toLowerCase()],
  ['toUpperCase', (text) => text.toUpperCase()],
]);
const ARGUMENTS: { readonly [method: string]: readonly ('string' | 'number')[] | undefined } = {
  startsWith: ['string'],
  endsWith: ['string'],
  includes: ['string'],
  indexOf: ['string'],
  charAt: ['number'],
  substring: ['number', 'number'],
  slice: ['number', 'number'],
  trim: [],
  toLowerCase: [],
  toUpperCase: [],
};

function compileCall({ callee, arguments: given, optional }: Of<'CallExpression'>): Evaluate | null {
  if (optional || callee.type !== 'MemberExpression' || callee.computed || callee.object.type === 'Super') return null;
  if (callee.property.type !== 'Identifier' || given.length > 2) return null;
  const { name } = callee.property;
  const parameters = given.map((node) => (node.type === 'SpreadElement' ? null : compile(node)));
  if (parameters.includes(null)) return null;
  const [first = null, second = null] = parameters;
  if (callee.object.type === 'ArrayExpression') return compileListCall(callee.object, name, parameters);
  const isSchemaMethod = given.length === 0 && SCHEMA_METHODS.includes(name as (typeof SCHEMA_METHODS)[number]);
  const method = STRING_METHODS.get(name);
  const object = compile(callee.object);
  if (object === null || (method === undefined && !isSchemaMethod)) return null;
  const kinds = ARGUMENTS[name] ?? [];
  const isShort = callee.optional;
  return (record) => {
    const receiver = object(record);
    if (receiver === SHORT || ((receiver === null || receiver === undefined) && isShort)) return SHORT;
    if (receiver === null || receiver === undefined) {
      throw new ExpressionError(`cannot read property '${name}' of ${receiver}`);
    }
    if (receiver instanceof SchemaView && isSchemaMethod) return schemaMethod(receiver, name);
    if (typeof receiver !== 'string' || method === undefined) throw BAIL;
    const one = first === null ? undefined : whole(first(record));
    const two = second === null ? undefined : whole(second(record));
    if (!fits(one, kinds[0], method !== undefined && kinds[0] === 'number') || !fits(two, kinds[1], true)) throw BAIL;
    return method(receiver, one as never, two as never);
  };
}

function fits(value: Seen, kind: 'string' | 'number' | undefined, mayLack: boolean): boolean {
  return value === undefined ? mayLack || kind === undefined : typeof value === kind;
}

/** `['a', 'b'].includes(x)`: the one use of a list that conditions have. */
function compileListCall(
  { elements }: Of<'ArrayExpression'>,
  name: string,
  parameters: readonly (Evaluate | null)[],
): Evaluate | null {
  const [wanted] = parameters;
  if (name !== 'includes' || parameters.length !== 1 || wanted === null || wanted === undefined) return null;
  const members: Evaluate[] = [];
  for (const element of elements) {
    const evaluate = element === null || element.type === 'SpreadElement' ? null : compile(element);
    if (evaluate === null) return null;
    members.push(evaluate);
  }
  return (record) => {
    const list = members.map((evaluate) => primitive(evaluate(record)));
    return list.includes(primitive(wanted(record)));
  };
}

function compileUnary({ operator, argument }: Of<'UnaryExpression'>): Evaluate | null {
  const operand = compile(argument);
  if (operand === null) return null;
  switch (operator) {
    case '!':
      return (record) => !whole(operand(record));
    case '-':
      return (record) => {
        const value = whole(operand(record));
        if (typeof value === 'number' || typeof value === 'bigint') return -value;
        throw BAIL;
      };
    case 'typeof':
      return (record) => {
        const value = whole(operand(record));
        return typeof value;
      };
    default:
      return null;
  }
}

type Operator = (left: Primitive, right: Primitive) => Seen;

const OPERATORS = new Map<string, Operator>([
  // biome-ignore lint/suspicious/noDoubleEquals: the operator of the expression
  ['==', (left, right) => left == right],
  // biome-ignore lint/suspicious/noDoubleEquals: the operator of the expression
  ['!=', (left, right) => left != right],
  ['===', (left, right) => left === right],
  ['!==', (left, right) => left !== right],
  ['<', (left, right) => left! < right!],
  ['<=', (left, right) => left! <= right!],
  ['>', (left, right) => left! > right!],
  ['>=', (left, right) => left! >= right!],
  ['+', add],
  ['-', (left, right) => numeric(left) - numeric(right)],
  ['*', (left, right) => numeric(left) * numeric(right)],
  ['/', (left, right) => numeric(left) / numeric(right)],
  ['%', (left, right) => numeric(left) % numeric(right)],
]);

function add(left: Primitive, right: Primitive): Seen {
  if (typeof left === 'string' || typeof right === 'string') return `${left}${right}`;
  return numeric(left) + numeric(right);
}

function numeric(value: Primitive): number {
  if (typeof value === 'number') return value;
  throw BAIL;
}

function compileBinary({ operator, left, right }: Of<'BinaryExpression'>): Evaluate | null {
  const apply = OPERATORS.get(operator);
  if (apply === undefined || left.type === 'PrivateIdentifier') return null;
  const one = compile(left);
  const two = compile(right);
  if (one === null || two === null) return null;
  const isEquality = operator === '==' || operator === '===';
  const isInequality = operator === '!=' || operator === '!==';
  return (record) => {
    const first = whole(one(record));
    const second = whole(two(record));
    const isObject = (typeof first === 'object' && first !== null) || (typeof second === 'object' && second !== null);
    if (!isObject) return apply(first as Primitive, second as Primitive);
    // An object is never equal to null or undefined; anything else about it is told by the sandbox.
    if ((isEquality || isInequality) && (isNone(first) || isNone(second))) return isInequality;
    throw BAIL;
  };
}

function isNone(value: Seen): boolean {
  return value === null || value === undefined;
}

function primitive(result: Result): Primitive {
  const value = whole(result);
  if (typeof value === 'object' && value !== null) throw BAIL;
  return value as Primitive;
}

function compileLogical({ operator, left, right }: Of<'LogicalExpression'>): Evaluate | null {
  const one = compile(left);
  const two = compile(right);
  if (one === null || two === null) return null;
  switch (operator) {
    case '&&':
      return (record) => {
        const first = whole(one(record));
        return first ? two(record) : first;
      };
    case '||':
      return (record) => {
        const first = whole(one(record));
        return first ? first : two(record);
      };
    default:
      return (record) => {
        const first = whole(one(record));
        return isNone(first) ? two(record) : first;
      };
  }
}

function compileConditional({ test, consequent, alternate }: Of<'ConditionalExpression'>): Evaluate | null {
  const condition = compile(test);
  const yes = compile(consequent);
  const no = compile(alternate);
  if (condition === null || yes === null || no === null) return null;
  return (record) => (whole(condition(record)) ? yes(record) : no(record));
}

function compileTemplate({ quasis, expressions }: Of<'TemplateLiteral'>): Evaluate | null {
  const texts = quasis.map(({ value }) => value.cooked ?? '');
  const parts: Evaluate[] = [];
  for (const expression of expressions) {
    const part = compile(expression);
    if (part === null) return null;
    parts.push(part);
  }
  return (record) => {
    let text = texts[0]!;
    for (let i = 0; i < parts.length; i++) text += `${primitive(parts[i]!(record))}${texts[i + 1]}`;
    return text;
  };
}
