// Expr → JavaScript. One expression becomes one JavaScript expression over local variables.
//
// Law: `undefined` means "failed" (errors.md §1.1), `null` is SQL's NULL. Operators hand a failure on; the boundaries of types.md §8
// (arguments that are calls or dereferences, operands of CAST, elements, fields, lambda bodies) turn it into null; at the very
// top `value` and `test` turn it into null or false and count it. So no exception crosses a row but inside guarded calls.
import type { FunctionContext, Functions } from '../functions/registry.ts';
import type { CaseExpr, Expr, InExpr, LikeExpr } from '../plan/expr.ts';
import { negateDecimal, negateLong } from '../types/arithmetic.ts';
import { castCode } from '../types/cast.ts';
import { equalCode, inlineComparison } from '../types/compare.ts';
import { likeCode, likeDynamic } from '../types/like.ts';
import type { SqlType } from '../types/sql-type.ts';
import { compileArithmetic } from './arithmetic.ts';
import { compileCall } from './call.ts';
import type { Cells, Code, Making, Named } from './code.ts';
import { compileComparison } from './comparison.ts';
import { arrayItem, mapItem } from './item-access.ts';
import { literalText, type Unit } from './unit.ts';

export class ExpressionCompiler implements Making {
  readonly unit: Unit;
  readonly functions: Functions;
  readonly context: FunctionContext;

  constructor(unit: Unit, functions: Functions, context: FunctionContext) {
    this.unit = unit;
    this.functions = functions;
    this.context = context;
  }

  /** Code that is never undefined: a failure is null, and counted under `what`. */
  value(expr: Expr, cells: Cells, what: string): Code {
    const code = this.compile(expr, cells);
    if (!code.fails) return code;
    const temp = this.unit.temp();
    return {
      text: `((${temp} = ${code.text}) === undefined ? failures.lost(${literalText(what)}) : ${temp})`,
      nullable: true,
      fails: false,
    };
  }

  /** Code that is true or false: null and failure are false. */
  test(expr: Expr, cells: Cells, what: string): string {
    const code = this.compile(expr, cells);
    if (code.fails) {
      const temp = this.unit.temp();
      return `((${temp} = ${code.text}) === true || (${temp} === undefined && failures.lost(${literalText(what)}) === true))`;
    }
    return code.nullable ? `(${code.text} === true)` : code.text;
  }

  compile(expr: Expr, cells: Cells): Code {
    switch (expr.op) {
      case 'literal':
        return this.#literal(expr.value, expr.type);
      case 'column':
        return cells(expr.index, []);
      case 'parameter':
        return { text: `p${expr.id}`, nullable: true, fails: false };
      case 'field':
        return this.#field(expr, cells);
      case 'item':
        return this.#item(expr, cells);
      case 'arithmetic':
        return compileArithmetic(this, expr, cells);
      case 'negate':
        return this.#negate(expr, cells);
      case 'compare':
        return compileComparison(this, expr, cells);
      case 'and':
      case 'or':
        return this.#logic(expr.op === 'and', this.compile(expr.left, cells), this.compile(expr.right, cells));
      case 'not':
        return this.unary(this.compile(expr.of, cells), (text) => `!${text}`);
      case 'isNull':
        return this.#isNull(this.compile(expr.of, cells), expr.negated);
      case 'in':
        return this.#in(expr, cells);
      case 'like':
        return this.#like(expr, cells);
      case 'case':
        return this.#case(expr, cells);
      case 'cast':
        return this.#convert(this.bounded(this.compile(expr.of, cells)), expr.of.type!, expr.type!);
      case 'convert':
        return this.#convert(this.compile(expr.of, cells), expr.of.type!, expr.type!);
      case 'array':
      case 'struct': {
        const parts = (expr.op === 'array' ? expr.items : expr.values).map((item) => this.#part(item, cells));
        return { text: `[${parts.join(', ')}]`, nullable: false, fails: false };
      }
      case 'map': {
        const entries = expr.entries.map(
          ({ key, value }) => `[${this.#part(key, cells)}, ${this.#part(value, cells)}]`,
        );
        return { text: `new Map([${entries.join(', ')}])`, nullable: false, fails: false };
      }
      case 'call':
        return compileCall(this, expr, cells);
      case 'lambda': {
        const parameters = expr.parameters.map((id) => `p${id}`).join(', ');
        return {
          text: `((${parameters}) => ${this.bounded(this.compile(expr.body, cells)).text})`,
          nullable: false,
          fails: false,
        };
      }
      case 'unit':
        return this.#literal(expr.unit, null);
      default:
        throw new Error(`an expression of kind ${expr.op} is planned away before code is made`);
    }
  }

  #literal(value: Parameters<typeof literalText>[0], _type: SqlType | null): Code {
    const text = literalText(value) ?? this.unit.constant(value, 'literal');
    return { text, nullable: value === null, fails: false };
  }

  #part(expr: Expr, cells: Cells): string {
    return this.bounded(this.compile(expr, cells)).text;
  }

  /** A boundary: failure becomes null. */
  bounded(code: Code): Code {
    return code.fails ? { text: `(${code.text} ?? null)`, nullable: true, fails: false } : code;
  }

  /** The code's value under a name: `set` is the text that computes it, at its first use; `ref` the text of all later uses. */
  named(code: Code): Named {
    if (/^[\w$.]+$|^"[^"\\]*"$/.test(code.text)) return { set: code.text, ref: code.text };
    const temp = this.unit.temp();
    return { set: `(${temp} = ${code.text})`, ref: temp };
  }

  #field(expr: Extract<Expr, { op: 'field' }>, cells: Cells): Code {
    const path: number[] = [];
    let base: Expr = expr;
    while (base.op === 'field') {
      path.unshift(base.index);
      base = base.of;
    }
    if (base.op === 'column') return cells(base.index, path);
    const of = this.compile(expr.of, cells);
    if (!of.nullable && !of.fails) return { text: `${of.text}[${expr.index}]`, nullable: true, fails: false };
    const named = this.named(of);
    return {
      text: `(${named.set} == null ? ${named.ref} : ${named.ref}[${expr.index}])`,
      nullable: true,
      fails: of.fails,
    };
  }

  #item(expr: Extract<Expr, { op: 'item' }>, cells: Cells): Code {
    const of = this.compile(expr.of, cells);
    const at = this.compile(expr.at, cells);
    const helper = this.unit.constant(expr.of.type?.base === 'MAP' ? mapItem : arrayItem, 'item');
    if (!of.fails && !at.fails) return { text: `${helper}(${of.text}, ${at.text})`, nullable: true, fails: false };
    const [a, b] = [this.named(of), this.named(at)];
    return {
      text: `(${a.set} === undefined || ${b.set} === undefined ? undefined : ${helper}(${a.ref}, ${b.ref}))`,
      nullable: true,
      fails: true,
    };
  }

  /** An operator that fails on null. */
  unary(of: Code, make: (text: string) => string): Code {
    if (!of.nullable && !of.fails) return { text: `(${make(of.text)})`, nullable: false, fails: false };
    const named = this.named(of);
    return { text: `(${named.set} == null ? undefined : ${make(named.ref)})`, nullable: false, fails: true };
  }

  /** An operator of two operands that fails when one is null. `throws`: its code may throw, so it is guarded already. */
  binary(left: Code, right: Code, throws: boolean, make: (left: string, right: string) => string): Code {
    const maybe = (code: Code) => code.nullable || code.fails;
    if (!maybe(left) && !maybe(right))
      return { text: `(${make(left.text, right.text)})`, nullable: false, fails: throws };
    const [a, b] = [this.named(left), this.named(right)];
    const checks = [maybe(left) ? `${a.set} == null` : null, maybe(right) ? `${b.set} == null` : null];
    // An operand that needs no check is still computed in its place.
    const texts = [maybe(left) ? a.ref : left.text, maybe(right) ? b.ref : right.text] as const;
    const test = checks.filter((check) => check !== null).join(' || ');
    return { text: `(${test} ? undefined : ${make(texts[0], texts[1])})`, nullable: false, fails: true };
  }

  #negate(expr: Extract<Expr, { op: 'negate' }>, cells: Cells): Code {
    const of = this.compile(expr.of, cells);
    switch (expr.type!.base) {
      case 'INTEGER':
        return this.unary(of, (text) => `(0 - ${text}) | 0`);
      case 'BIGINT': {
        const call = this.unit.constant(negateLong, 'negate');
        return this.unary(of, (text) => `${call}(${text})`);
      }
      case 'DECIMAL': {
        const call = this.unit.constant(negateDecimal, 'negate');
        return this.unary(of, (text) => `${call}(${text})`);
      }
      default:
        return this.unary(of, (text) => `-${text}`);
    }
  }

  /** AND and OR: left to right; a null operand that must be looked at fails (E-EVAL-8). */
  #logic(isAnd: boolean, left: Code, right: Code): Code {
    const maybe = (code: Code) => code.nullable || code.fails;
    if (!maybe(left) && !maybe(right)) {
      return { text: `(${left.text} ${isAnd ? '&&' : '||'} ${right.text})`, nullable: false, fails: false };
    }
    const second = right.nullable ? `(${right.text} ?? undefined)` : right.text;
    if (!maybe(left)) {
      const text = isAnd ? `(${left.text} ? ${second} : false)` : `(${left.text} ? true : ${second})`;
      return { text, nullable: false, fails: true };
    }
    const a = this.named(left);
    const [ends, goesOn] = isAnd ? ['false', 'true'] : ['true', 'false'];
    return {
      text: `(${a.set} === ${ends} ? ${ends} : ${a.ref} === ${goesOn} ? ${second} : undefined)`,
      nullable: false,
      fails: true,
    };
  }

  #isNull(of: Code, negated: boolean): Code {
    const operator = negated ? '!==' : '===';
    if (!of.fails) return { text: `(${of.text} ${operator} null)`, nullable: false, fails: false };
    const named = this.named(of);
    return {
      text: `(${named.set} === undefined ? undefined : ${named.ref} ${operator} null)`,
      nullable: false,
      fails: true,
    };
  }

  #in(expr: InExpr, cells: Cells): Code {
    const of = this.compile(expr.of, cells);
    const named = this.named(of);
    const type = expr.of.type!;
    const items = expr.items.map((item) => this.compile(item, cells));
    const inline = inlineComparison('=', type, type, 'a', 'b') !== null;
    const equal = inline ? '' : this.unit.constant(equalCode(type), 'equal');
    const tests = items.map((item) => {
      const text = this.bounded(item).text;
      if (inline) return `${named.ref} === ${text}`;
      if (!item.nullable && !item.fails) return `${equal}(${named.ref}, ${text})`;
      const part = this.named({ ...item, text });
      return `(${part.set} !== null && ${equal}(${named.ref}, ${part.ref}))`;
    });
    const any = tests.length === 0 ? 'false' : `(${tests.join(' || ')})`;
    if (of.fails) {
      return {
        text: `(${named.set} === undefined ? undefined : ${named.ref} !== null && ${any})`,
        nullable: false,
        fails: true,
      };
    }
    return { text: `(${named.set} !== null && ${any})`, nullable: false, fails: false };
  }

  #like(expr: LikeExpr, cells: Cells): Code {
    const of = this.compile(expr.of, cells);
    if (expr.pattern.op === 'literal' && typeof expr.pattern.value === 'string') {
      const pattern = expr.pattern.value;
      const code = tryLike(pattern, expr.escape);
      const target = this.unit.constant(code.test, 'like');
      if (!code.throws) return this.unary(of, (text) => `${target}(${text})`);
      const call = this.unit.guarded(target, 1);
      return { ...this.unary(of, (text) => `${call}(${text})`), fails: true };
    }
    const call = this.unit.guarded(this.unit.constant(likeDynamic(expr.escape), 'like'), 2);
    return this.binary(of, this.compile(expr.pattern, cells), true, (a, b) => `${call}(${a}, ${b})`);
  }

  #case(expr: CaseExpr, cells: Cells): Code {
    const otherwise: Code =
      expr.otherwise === null ? { text: 'null', nullable: true, fails: false } : this.compile(expr.otherwise, cells);
    let code = otherwise;
    for (let i = expr.whens.length - 1; i >= 0; i--) {
      const condition = this.compile(expr.whens[i]!.condition, cells);
      const result = this.compile(expr.whens[i]!.result, cells);
      const nullable = result.nullable || code.nullable;
      if (!condition.nullable && !condition.fails) {
        code = {
          text: `(${condition.text} ? ${result.text} : ${code.text})`,
          nullable,
          fails: result.fails || code.fails,
        };
      } else {
        const named = this.named(condition);
        code = {
          text: `(${named.set} === true ? ${result.text} : ${named.ref} === false ? ${code.text} : undefined)`,
          nullable,
          fails: true,
        };
      }
    }
    return code;
  }

  #convert(of: Code, from: SqlType, to: SqlType): Code {
    // A smaller integer is its own value in the wider types.
    if (from.base === 'INTEGER' && (to.base === 'BIGINT' || to.base === 'DOUBLE')) return of;
    if (from.base === to.base && from.base !== 'DECIMAL' && !['ARRAY', 'MAP', 'STRUCT'].includes(from.base)) return of;
    const call = this.unit.guarded(this.unit.constant(castCode(from, to), 'cast'), 1);
    if (!of.fails) return { text: `${call}(${of.text})`, nullable: of.nullable, fails: true };
    const named = this.named(of);
    return {
      text: `(${named.set} === undefined ? undefined : ${call}(${named.ref}))`,
      nullable: of.nullable,
      fails: true,
    };
  }
}

function tryLike(
  pattern: string,
  escapeMark: string | null,
): { readonly test: (text: string) => boolean; readonly throws: boolean } {
  try {
    return { test: likeCode(pattern, escapeMark), throws: false };
  } catch {
    return { test: (text) => likeCode(pattern, escapeMark)(text), throws: true };
  }
}
