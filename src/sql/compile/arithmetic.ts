// + − * / % as code: one JavaScript operator where that is exact, else a function of types/arithmetic.ts.
import type { ArithmeticExpr } from '../plan/expr.ts';
import {
  addLong,
  decimalOperation,
  divideInteger,
  divideLong,
  multiplyLong,
  remainderInteger,
  remainderLong,
  subtractLong,
} from '../types/arithmetic.ts';
import type { Cells, Code, Making } from './code.ts';
import { textSum } from './item-access.ts';

/** Code of an operation. */
export function compileArithmetic(making: Making, expr: ArithmeticExpr, cells: Cells): Code {
  const left = making.compile(expr.left, cells);
  const right = making.compile(expr.right, cells);
  const type = expr.type!;
  const { operator } = expr;
  switch (type.base) {
    case 'STRING': {
      const helper = making.unit.constant(textSum, 'textSum');
      if (!left.fails && !right.fails)
        return { text: `${helper}(${left.text}, ${right.text})`, nullable: false, fails: false };
      const [a, b] = [making.named(left), making.named(right)];
      return {
        text: `(${a.set} === undefined || ${b.set} === undefined ? undefined : ${helper}(${a.ref}, ${b.ref}))`,
        nullable: false,
        fails: true,
      };
    }
    case 'INTEGER': {
      if (operator === '/' || operator === '%') {
        const target = making.unit.constant(operator === '/' ? divideInteger : remainderInteger, 'divide');
        const call = making.unit.guarded(target, 2);
        return making.binary(left, right, true, (a, b) => `${call}(${a}, ${b})`);
      }
      return making.binary(left, right, false, (a, b) =>
        operator === '*' ? `Math.imul(${a}, ${b})` : `(${a} ${operator} ${b}) | 0`,
      );
    }
    case 'BIGINT': {
      if (operator === '/' || operator === '%') {
        const target = making.unit.constant(operator === '/' ? divideLong : remainderLong, 'divide');
        const call = making.unit.guarded(target, 2);
        return making.binary(left, right, true, (a, b) => `${call}(${a}, ${b})`);
      }
      const code = operator === '+' ? addLong : operator === '-' ? subtractLong : multiplyLong;
      const target = making.unit.constant(code, 'long');
      return making.binary(left, right, false, (a, b) => `${target}(${a}, ${b})`);
    }
    case 'DECIMAL': {
      const target = making.unit.constant(decimalOperation(operator, type), 'decimal');
      const call = making.unit.guarded(target, 2);
      return making.binary(left, right, true, (a, b) => `${call}(${a}, ${b})`);
    }
    default:
      return making.binary(left, right, false, (a, b) => `${a} ${operator} ${b}`);
  }
}
