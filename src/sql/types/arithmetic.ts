// Arithmetic: the type of a result, and the operations that are more than one JavaScript operator.
//
// INTEGER wraps at 32 bits and BIGINT at 64, as two's complement; DECIMAL is exact or fails: nothing is rounded (E-EVAL-3).
// Operands are never null here: a null operand fails the expression before it comes to this.
import { decimalText, powerOfTen, precisionOf } from '../../core/data/decimal.ts';
import { wrapLong } from '../../core/data/long.ts';
import type { Decimal, Long } from '../../core/data/schema.ts';
import { evaluationError } from '../errors.ts';
import type { ArithmeticOperator } from '../syntax/ast.ts';
import { decimalType, type SqlType, STRING } from './sql-type.ts';

const WIDTH: Readonly<Record<string, number>> = { INTEGER: 1, BIGINT: 2, DECIMAL: 3, DOUBLE: 4 };

/** INTEGER, BIGINT, DECIMAL, DOUBLE. */
export function isNumeric(type: SqlType): boolean {
  return WIDTH[type.base] !== undefined;
}

/** An integer type as the decimal it counts for; decimals as they are; null for anything else. */
export function asDecimalType(type: SqlType): { readonly precision: number; readonly scale: number } | null {
  if (type.base === 'DECIMAL') return type;
  if (type.base === 'INTEGER') return { precision: 10, scale: 0 };
  return type.base === 'BIGINT' ? { precision: 19, scale: 0 } : null;
}

/** The wider of two numeric types in INTEGER < BIGINT < DECIMAL < DOUBLE; of two decimals one that holds both. Null: not numeric. */
export function widerNumeric(left: SqlType, right: SqlType): SqlType | null {
  const a = WIDTH[left.base];
  const b = WIDTH[right.base];
  if (a === undefined || b === undefined) return null;
  const wider = a >= b ? left : right;
  if (wider.base !== 'DECIMAL') return wider;
  const x = asDecimalType(left)!;
  const y = asDecimalType(right)!;
  const scale = Math.max(x.scale, y.scale);
  return decimalType(Math.max(x.precision - x.scale, y.precision - y.scale) + scale, scale);
}

/** The type of `left operator right`; null when the operands do not go together (E-ARITH-1). */
export function arithmeticType(operator: ArithmeticOperator, left: SqlType, right: SqlType): SqlType | null {
  if (left.base === 'STRING' && right.base === 'STRING') return operator === '+' ? STRING : null;
  const wider = widerNumeric(left, right);
  if (wider === null || wider.base !== 'DECIMAL') return wider;
  return decimalResult(operator, asDecimalType(left)!, asDecimalType(right)!);
}

interface Digits {
  readonly precision: number;
  readonly scale: number;
}

function decimalResult(operator: ArithmeticOperator, left: Digits, right: Digits): SqlType {
  const scale = Math.max(left.scale, right.scale);
  const leftWhole = left.precision - left.scale;
  const rightWhole = right.precision - right.scale;
  switch (operator) {
    case '+':
    case '-':
      return decimalType(scale + Math.max(leftWhole, rightWhole) + 1, scale);
    case '*':
      return decimalType(left.precision + right.precision + 1, left.scale + right.scale);
    case '/': {
      const decimals = Math.max(6, left.scale + right.precision + 1);
      return decimalType(leftWhole + right.scale + decimals, decimals);
    }
    case '%':
      return decimalType(Math.min(leftWhole, rightWhole) + scale, scale);
  }
}

// ── INTEGER ─────────────────────────────────────────────────────────────────────────────────────────────────────────
// Sum, difference and product are inline: (a + b) | 0, (a - b) | 0, Math.imul(a, b).

/** Cut towards zero; fails on zero. */
export function divideInteger(left: number, right: number): number {
  if (right === 0) throw divisionByZero(left, '/');
  return (left / right) | 0;
}
/** Sign of the dividend; fails on zero. */
export function remainderInteger(left: number, right: number): number {
  if (right === 0) throw divisionByZero(left, '%');
  return (left % right) | 0;
}

// ── BIGINT ──────────────────────────────────────────────────────────────────────────────────────────────────────────
// Law (`Long`): numbers up to 2^53−1, else bigint. A double result within ±(2^53−1) was exact, because rounding is monotonous.

/** Wraps at 64 bits. */
export function addLong(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (sum <= 9007199254740991 && sum >= -9007199254740991) return sum;
  }
  return wrapLong(BigInt(left) + BigInt(right));
}
/** Wraps at 64 bits. */
export function subtractLong(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right;
    if (difference <= 9007199254740991 && difference >= -9007199254740991) return difference;
  }
  return wrapLong(BigInt(left) - BigInt(right));
}
/** Wraps at 64 bits. */
export function multiplyLong(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    // + 0 makes −0 an ordinary zero.
    if (product <= 9007199254740991 && product >= -9007199254740991) return product + 0;
  }
  return wrapLong(BigInt(left) * BigInt(right));
}
/** Cut towards zero; fails on zero. */
export function divideLong(left: Long, right: Long): Long {
  if (right === 0) throw divisionByZero(left, '/');
  // The true quotient's distance to the next integer is more than the rounding of the division, so cutting is exact.
  if (typeof left === 'number' && typeof right === 'number') return Math.trunc(left / right) + 0;
  return wrapLong(BigInt(left) / BigInt(right));
}
/** Sign of the dividend; fails on zero. */
export function remainderLong(left: Long, right: Long): Long {
  if (right === 0) throw divisionByZero(left, '%');
  if (typeof left === 'number' && typeof right === 'number') return (left % right) + 0;
  return wrapLong(BigInt(left) % BigInt(right));
}
/** Wraps at the minimum. */
export function negateLong(value: Long): Long {
  return typeof value === 'number' ? 0 - value : wrapLong(-value);
}

// ── DECIMAL ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Code of a decimal operation whose result has this type. Operands may have any scale. */
export function decimalOperation(
  operator: ArithmeticOperator,
  result: SqlType & { base: 'DECIMAL' },
): (left: Decimal, right: Decimal) => Decimal {
  const { precision, scale } = result;
  switch (operator) {
    case '+':
      return (left, right) => fitted(addUnscaled(left, right, 1n), Math.max(left.scale, right.scale), precision, scale);
    case '-':
      return (left, right) =>
        fitted(addUnscaled(left, right, -1n), Math.max(left.scale, right.scale), precision, scale);
    case '*':
      return (left, right) => fitted(left.unscaled * right.unscaled, left.scale + right.scale, precision, scale);
    case '/':
      return (left, right) => divideDecimal(left, right, precision, scale);
    case '%':
      return (left, right) => remainderDecimal(left, right, precision, scale);
  }
}

/** The opposite, same scale. */
export function negateDecimal(value: Decimal): Decimal {
  return { unscaled: -value.unscaled, scale: value.scale };
}

function addUnscaled(left: Decimal, right: Decimal, sign: bigint): bigint {
  const change = left.scale - right.scale;
  if (change === 0) return left.unscaled + sign * right.unscaled;
  return change > 0
    ? left.unscaled + sign * right.unscaled * powerOfTen(change)
    : left.unscaled * powerOfTen(-change) + sign * right.unscaled;
}

function divideDecimal(left: Decimal, right: Decimal, precision: number, scale: number): Decimal {
  if (right.unscaled === 0n) throw divisionByZero(decimalText(left), '/');
  const shift = scale - left.scale + right.scale;
  const dividend = shift >= 0 ? left.unscaled * powerOfTen(shift) : left.unscaled;
  const divisor = shift >= 0 ? right.unscaled : right.unscaled * powerOfTen(-shift);
  if (dividend % divisor !== 0n) throw inexact(`${decimalText(left)} / ${decimalText(right)}`, precision, scale);
  return fitted(dividend / divisor, scale, precision, scale);
}

function remainderDecimal(left: Decimal, right: Decimal, precision: number, scale: number): Decimal {
  if (right.unscaled === 0n) throw divisionByZero(decimalText(left), '%');
  const common = Math.max(left.scale, right.scale);
  const dividend = left.unscaled * powerOfTen(common - left.scale);
  const divisor = right.unscaled * powerOfTen(common - right.scale);
  const quotient = dividend / divisor;
  // The reference computes the whole quotient within the result's precision; more digits than that fail unless they are zeros.
  const surplus = precisionOf({ unscaled: quotient, scale: 0 }) - precision;
  if (surplus > 0 && quotient % powerOfTen(surplus) !== 0n) {
    throw inexact(`${decimalText(left)} % ${decimalText(right)}`, precision, scale);
  }
  return fitted(dividend - quotient * divisor, common, precision, scale);
}

function fitted(unscaled: bigint, from: number, precision: number, scale: number): Decimal {
  let value = unscaled;
  if (from < scale) value *= powerOfTen(scale - from);
  else if (from > scale) {
    const divisor = powerOfTen(from - scale);
    if (value % divisor !== 0n) throw inexact(decimalText({ unscaled, scale: from }), precision, scale);
    value /= divisor;
  }
  const result = { unscaled: value, scale };
  if (precisionOf(result) > precision) throw inexact(decimalText(result), precision, scale);
  return result;
}

function inexact(what: string, precision: number, scale: number): Error {
  return evaluationError('EVAL-3', `${what} is not exact in DECIMAL(${precision}, ${scale}).`);
}

function divisionByZero(left: unknown, operator: '/' | '%'): Error {
  return evaluationError('EVAL-2', `${left} ${operator} 0: ${operator === '/' ? 'division' : 'remainder'} by zero.`);
}
