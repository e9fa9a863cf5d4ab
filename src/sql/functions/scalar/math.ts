// Rounding, signs, extremes.
import { decimalText, parseDecimal, powerOfTen, rescale, roundHalfUp } from '../../../core/data/decimal.ts';
import { longOfDouble } from '../../../core/data/long.ts';
import type { Decimal, Long, Value } from '../../../core/data/schema.ts';
import { doubleText } from '../../../core/java/number-text.ts';
import { evaluationError } from '../../errors.ts';
import { asDecimalType, negateLong } from '../../types/arithmetic.ts';
import { orderCode } from '../../types/compare.ts';
import { decimalType, type SqlType } from '../../types/sql-type.ts';
import {
  argumentType,
  BIGINT,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  INTEGER,
  lenient,
  param,
  primitiveParam,
  STRING,
  scalar,
  strict,
  TIME,
  TIMESTAMP,
} from '../define.ts';
import type { CallTypes, Pattern, ScalarFunction, ScalarVariant } from '../registry.ts';

const value = (type: Pattern) => [param('value', type)];

export const abs = scalar({
  name: 'ABS',
  category: 'MATHEMATICAL',
  doc: 'The value without its sign. The least INTEGER or BIGINT wraps.',
  nulls: 'NULL for NULL.',
  variants: [
    strict(
      value(INTEGER),
      INTEGER,
      (x: number) => Math.abs(x) | 0,
      ([x]) => `(Math.abs(${x}) | 0)`,
    ),
    strict(value(BIGINT), BIGINT, (x: Long) => (x < 0 ? negateLong(x) : x)),
    strict(
      value(DOUBLE),
      DOUBLE,
      (x: number) => Math.abs(x),
      ([x]) => `Math.abs(${x})`,
    ),
    strict(value(DECIMAL), argumentType(0), (x: Decimal) =>
      x.unscaled < 0n ? { unscaled: -x.unscaled, scale: x.scale } : x,
    ),
  ],
  examples: [
    ['ABS(-5)', '5'],
    ['ABS(-9223372036854775807)', '9223372036854775807'],
    ['ABS(-1.50)', '1.50'],
    ['ABS(-1E0)', '1E0'],
  ],
});

/** Division towards minus or plus infinity. */
function wholeOf(x: Decimal, up: boolean): Decimal {
  const unit = powerOfTen(x.scale);
  const rest = x.unscaled % unit;
  let unscaled = x.unscaled - rest;
  if (rest !== 0n && rest > 0n === up) unscaled += up ? unit : -unit;
  return { unscaled, scale: x.scale };
}

function towards(name: 'CEIL' | 'FLOOR'): ScalarFunction {
  const up = name === 'CEIL';
  const double = up ? Math.ceil : Math.floor;
  return scalar({
    name,
    category: 'MATHEMATICAL',
    doc: `The nearest whole number not ${up ? 'below' : 'above'} the value. A DECIMAL keeps its scale.`,
    nulls: 'NULL for NULL.',
    variants: [
      strict(
        value(INTEGER),
        INTEGER,
        (x: number) => x,
        ([x]) => x!,
      ),
      strict(
        value(BIGINT),
        BIGINT,
        (x: Long) => x,
        ([x]) => x!,
      ),
      strict(
        value(DOUBLE),
        DOUBLE,
        (x: number) => double(x),
        ([x]) => `Math.${name.toLowerCase()}(${x})`,
      ),
      strict(value(DECIMAL), argumentType(0), (x: Decimal) => wholeOf(x, up)),
    ],
    examples: [
      [`${name}(1.2)`, up ? '2.0' : '1.0'],
      [`${name}(-1.2)`, up ? '-1.0' : '-2.0'],
      [`${name}(7)`, '7'],
    ],
  });
}
export const ceil = towards('CEIL');
export const floor = towards('FLOOR');

/** Rounds to so many places, which may be negative; ties go towards plus infinity. The scale becomes `places`. */
function roundTo(x: Decimal, places: number): Decimal {
  const surplus = x.scale - places;
  if (surplus <= 0) return roundHalfUp(x, places);
  const unit = powerOfTen(surplus);
  // floor((2x + unit) / (2 unit)), with a floor for negative values.
  const numerator = x.unscaled * 2n + unit;
  const denominator = unit * 2n;
  const cut = numerator / denominator;
  return { unscaled: numerator < 0n && numerator % denominator !== 0n ? cut - 1n : cut, scale: places };
}

function cutTo(x: Decimal, places: number): Decimal {
  const surplus = x.scale - places;
  return surplus <= 0 ? roundHalfUp(x, places) : { unscaled: x.unscaled / powerOfTen(surplus), scale: places };
}

/** By the double's shortest text, as Java's BigDecimal.valueOf. */
function doublePlaces(x: number, places: number, change: (x: Decimal, places: number) => Decimal): number {
  const exact = Number.isFinite(x) ? parseDecimal(doubleText(x)) : null;
  if (exact === null) throw evaluationError('EVAL-12', `${x} cannot be rounded.`);
  return Number(decimalText(change(exact, places)));
}

function sameScale(x: Decimal, places: number, change: (x: Decimal, places: number) => Decimal): Decimal {
  const changed = change(x, places);
  return rescale(changed, x.scale) ?? roundHalfUp(changed, x.scale);
}

/** DECIMAL(p, s) → DECIMAL(p − s, 0). */
function wholeType(call: CallTypes): SqlType {
  const type = asDecimalType(call.args[0]!)!;
  return decimalType(Math.max(1, type.precision - type.scale), 0);
}

const places = param('places', INTEGER);

export const round = scalar({
  name: 'ROUND',
  category: 'MATHEMATICAL',
  doc: 'Rounds to a whole number or to so many places; ties go towards plus infinity. Places may be negative.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    lenient([primitiveParam('value', BIGINT)], BIGINT, (x: Long) => x),
    lenient([primitiveParam('value', INTEGER)], BIGINT, (x: number) => x),
    strict(value(DOUBLE), BIGINT, (x: number) => longOfDouble(Math.round(x))),
    strict(value(DECIMAL), wholeType, (x: Decimal) => roundTo(x, 0)),
    strict([param('value', DOUBLE), places], DOUBLE, (x: number, to: number) => doublePlaces(x, to, roundTo)),
    strict([param('value', DECIMAL), places], argumentType(0), (x: Decimal, to: number) => sameScale(x, to, roundTo)),
  ],
  examples: [
    ['ROUND(1.5)', '2'],
    ['ROUND(-1.5)', '-1'],
    ['ROUND(1.75, 1)', '1.80'],
    ['ROUND(12.345E0, 2)', '12.35E0'],
    ['ROUND(1234.5E0, -2)', '1200E0'],
  ],
});

export const trunc = scalar({
  name: 'TRUNC',
  category: 'MATHEMATICAL',
  doc: 'Cuts to a whole number or to so many places, towards zero.',
  nulls: 'NULL when an argument is NULL.',
  variants: [
    strict(value(BIGINT), BIGINT, (x: Long) => x),
    strict(value(INTEGER), BIGINT, (x: number) => x),
    strict(value(DOUBLE), BIGINT, (x: number) => longOfDouble(x)),
    strict(value(DECIMAL), wholeType, (x: Decimal) => cutTo(x, 0)),
    strict([param('value', DOUBLE), places], DOUBLE, (x: number, to: number) => doublePlaces(x, to, cutTo)),
    strict([param('value', DECIMAL), places], argumentType(0), (x: Decimal, to: number) => sameScale(x, to, cutTo)),
  ],
  examples: [
    ['TRUNC(1.9)', '1'],
    ['TRUNC(-1.9)', '-1'],
    ['TRUNC(1.79, 1)', '1.70'],
    ['TRUNC(12.349E0, 2)', '12.34E0'],
  ],
});

export const sign = scalar({
  name: 'SIGN',
  category: 'MATHEMATICAL',
  doc: 'The sign of the value: −1, 0 or 1.',
  nulls: 'NULL for NULL.',
  variants: [INTEGER, BIGINT, DOUBLE].map((type) =>
    strict(value(type), INTEGER, (x: Long) => (x > 0 ? 1 : x < 0 ? -1 : 0)),
  ),
  examples: [
    ['SIGN(-3)', '-1'],
    ['SIGN(0E0)', '0'],
  ],
});

/** Of decimals: the most whole digits and the most places of all. */
function widestType(call: CallTypes): SqlType {
  const types = call.args.map((type) => asDecimalType(type!)!);
  const scale = Math.max(...types.map((type) => type.scale));
  return decimalType(Math.max(...types.map((type) => type.precision - type.scale)) + scale, scale);
}

function extreme(name: 'GREATEST' | 'LEAST'): ScalarFunction {
  const wanted = name === 'GREATEST' ? 1 : -1;
  const variant = (type: Pattern): ScalarVariant => ({
    params: [param('first', type), param('others', type)],
    variadic: 1,
    returns: type.base === 'anyDecimal' ? widestType : type,
    nulls: 'handle',
    bind: (call, returns) => {
      const of = call.args[0]!;
      const order = orderCode(of, of);
      const pick = (...values: Value[]): Value => {
        let best: Value = null;
        for (const each of values) {
          if (each !== null && (best === null || order(each, best) * wanted > 0)) best = each;
        }
        return best;
      };
      if (returns.base !== 'DECIMAL') return pick;
      return (...values: Value[]) => {
        const best = pick(...values) as Decimal | null;
        return best === null ? null : rescale(best, returns.scale);
      };
    },
  });
  const [one, two, three] = name === 'GREATEST' ? ['3', "'b'", '2.50'] : ['1', "'a'", '1.00'];
  return scalar({
    name,
    category: 'MATHEMATICAL',
    doc: `The ${name.toLowerCase()} of the arguments.`,
    nulls: 'NULLs are ignored; NULL when all are.',
    variants: [INTEGER, BIGINT, DOUBLE, DECIMAL, STRING, BYTES, DATE, TIME, TIMESTAMP].map(variant),
    examples: [
      [`${name}(1, 3, 2)`, one!],
      [`${name}('b', 'a')`, two!],
      [`${name}(1.0, 2.50)`, three!],
    ],
  });
}
export const greatest = extreme('GREATEST');
export const least = extreme('LEAST');
