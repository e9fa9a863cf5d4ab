// A slow, plain evaluator of expressions without columns: walks the tree, boxes nothing, knows no plan. The examples of the functions
// are judged by it, and generated code may be compared with it.
import type { Long, Row, Value } from '../../../../src/core/data/schema.ts';
import { builtInFunctions } from '../../../../src/sql/functions/index.ts';
import type { Argument, FunctionContext } from '../../../../src/sql/functions/registry.ts';
import type { CallNode, ExpressionNode, LambdaNode } from '../../../../src/sql/syntax/ast.ts';
import { parseExpressionText } from '../../../../src/sql/syntax/parse.ts';
import {
  addLong,
  arithmeticType,
  decimalOperation,
  multiplyLong,
  subtractLong,
  widerNumeric,
} from '../../../../src/sql/types/arithmetic.ts';
import { castCode } from '../../../../src/sql/types/cast.ts';
import { comparisonCode } from '../../../../src/sql/types/compare.ts';
import { arrayType, BOOLEAN, mapType, type SqlType, structType } from '../../../../src/sql/types/sql-type.ts';
import { resolveType } from '../../../../src/sql/types/type-text.ts';

export interface Typed {
  readonly type: SqlType | null;
  readonly value: Value;
}
export type Scope = ReadonlyMap<string, Typed>;

const functions = builtInFunctions();
const context: FunctionContext = { nowMs: () => 0, random: () => 0.5, properties: {} };

/** Value and type of an expression text. Failures throw. */
export function evaluate(text: string): Typed {
  return walk(parseExpressionText(text), new Map());
}

/** Value and type of a tree whose free names are in `scope`. */
export function walk(node: ExpressionNode, scope: Scope): Typed {
  switch (node.kind) {
    case 'literal':
      return { type: node.type, value: node.value };
    case 'column': {
      const found = scope.get(node.name.text);
      if (found === undefined) throw new Error(`no parameter ${node.name.text}`);
      return found;
    }
    case 'cast': {
      const operand = walk(node.operand, scope);
      const type = resolveType(node.to);
      return { type, value: operand.type === null ? null : castCode(operand.type, type)(operand.value) };
    }
    case 'array': {
      const items = node.items.map((item) => walk(item, scope));
      const type = common(items);
      return { type: arrayType(type), value: items.map((item) => to(item, type)) };
    }
    case 'map': {
      const keys = node.entries.map(({ key }) => walk(key, scope));
      const values = node.entries.map(({ value }) => walk(value, scope));
      const type = mapType(common(keys), common(values));
      return { type, value: new Map(keys.map((key, index) => [key.value, values[index]!.value])) };
    }
    case 'struct': {
      const fields = node.fields.map(({ name, value }) => ({ name: name.text, ...walk(value, scope) }));
      return {
        type: structType(fields.map(({ name, type }) => ({ name, type: type! }))),
        value: fields.map(({ value }) => value),
      };
    }
    case 'arithmetic': {
      const left = walk(node.left, scope);
      const right = walk(node.right, scope);
      const type = arithmeticType(node.operator, left.type!, right.type!)!;
      return { type, value: arithmetic(node.operator, type, left, right) };
    }
    case 'comparison': {
      const left = walk(node.left, scope);
      const right = walk(node.right, scope);
      if (left.value === null || right.value === null) return { type: BOOLEAN, value: false };
      return { type: BOOLEAN, value: comparisonCode(node.operator, left.type!, right.type!)(left.value, right.value) };
    }
    case 'call':
      return call(node, scope);
    default:
      throw new Error(`the oracle does not know ${node.kind}`);
  }
}

function common(items: readonly Typed[]): SqlType {
  return items.map(({ type }) => type!).reduce((left, right) => widerNumeric(left, right) ?? left);
}

function to(item: Typed, type: SqlType): Value {
  return item.type === null ? null : castCode(item.type, type)(item.value);
}

function arithmetic(operator: '+' | '-' | '*' | '/' | '%', type: SqlType, left: Typed, right: Typed): Value {
  if (type.base === 'DECIMAL') return decimalOperation(operator, type)(left.value as never, right.value as never);
  const [a, b] = [to(left, type) as Long, to(right, type) as Long];
  if (operator === '+') return type.base === 'STRING' ? `${a}${b}` : addLong(a, b);
  return operator === '-' ? subtractLong(a, b) : multiplyLong(a, b);
}

function call(node: CallNode, scope: Scope): Typed {
  const bound = node.args.map((arg) => argument(arg, scope));
  const resolved = functions.resolveScalar(
    node.name.text,
    bound.map(({ shape }) => shape),
  );
  const code = functions.bindScalar(resolved, context);
  const args = bound.map((each, index) =>
    each.evaluate(resolved.call.args[index] ?? null, resolved.lambdas[index] ?? null),
  );
  if (code.guards.some((guarded, index) => guarded && args[index] === null))
    return { type: resolved.returns, value: null };
  const value = code.evaluate(...args);
  if (code.inline !== null) {
    const names = args.map((_, index) => `a${index}`);
    const inlined = new Function(...names, `return ${code.inline(names)};`)(...args) as Value;
    if (JSON.stringify(inlined) !== JSON.stringify(value))
      throw new Error(`${node.name.text}: inline and evaluate differ`);
  }
  return { type: resolved.returns, value };
}

interface BoundArgument {
  readonly shape: Argument;
  evaluate(type: SqlType | null, lambda: { readonly inputs: readonly SqlType[] } | null): Value;
}

function argument(node: ExpressionNode, scope: Scope): BoundArgument {
  if (node.kind === 'unit') return { shape: { type: null, unit: node.unit }, evaluate: () => node.unit };
  if (node.kind === 'lambda') return lambdaArgument(node, scope);
  const typed = walk(node, scope);
  return {
    shape: { type: typed.type },
    evaluate: (type) => (type === null || typed.type === null ? typed.value : castCode(typed.type, type)(typed.value)),
  };
}

function lambdaArgument(node: LambdaNode, scope: Scope): BoundArgument {
  const inner = (inputs: readonly SqlType[], values: Row): Scope => {
    const frame = new Map(scope);
    for (const [index, name] of node.parameters.entries()) {
      frame.set(name.text, { type: inputs[index]!, value: values[index]! });
    }
    return frame;
  };
  return {
    shape: {
      type: null,
      lambda: {
        arity: node.parameters.length,
        typeBody: (inputs) => walk(node.body, inner(inputs, inputs.map(sample))).type,
      },
    },
    evaluate: (_type, lambda) =>
      ((...values: Value[]) => walk(node.body, inner(lambda!.inputs, values)).value) as unknown as Value,
  };
}

/** Some value of a type: the oracle types a body by evaluating it. */
function sample(type: SqlType): Value {
  switch (type.base) {
    case 'STRING':
      return '1';
    case 'BOOLEAN':
      return true;
    case 'DECIMAL':
      return { unscaled: 1n, scale: type.scale };
    case 'ARRAY':
      return [];
    default:
      return 1;
  }
}
