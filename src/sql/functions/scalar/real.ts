// Functions of real numbers: trigonometry, roots, powers, logarithms.
import type { Long } from '../../../core/data/schema.ts';
import { DOUBLE, NUMBERS, param, scalar, strict } from '../define.ts';
import type { ScalarFunction } from '../registry.ts';

/** One overload a number type, each to DOUBLE. `text` is the JavaScript of it, `x` the argument. */
function ofOne(
  name: string,
  doc: string,
  compute: (x: number) => number,
  text: string,
  example: string,
): ScalarFunction {
  return scalar({
    name,
    category: 'MATHEMATICAL',
    doc,
    nulls: 'NULL for NULL.',
    variants: NUMBERS.map((type) =>
      strict(
        [param('value', type)],
        DOUBLE,
        (x: Long) => compute(Number(x)),
        ([x]) => text.replace(/\bx\b/g, () => (type.base === 'BIGINT' ? `Number(${x})` : x!)),
      ),
    ),
    examples: [[`ROUND(${name}(1), 4)`, example]],
  });
}

function ofTwo(
  name: string,
  doc: string,
  params: readonly [string, string],
  compute: (x: number, y: number) => number,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  return scalar({
    name,
    category: 'MATHEMATICAL',
    doc,
    nulls: 'NULL when an argument is NULL.',
    variants: NUMBERS.map((type) =>
      strict([param(params[0], type), param(params[1], type)], DOUBLE, (x: Long, y: Long) =>
        compute(Number(x), Number(y)),
      ),
    ),
    examples,
  });
}

const cot = (x: number) => 1 / Math.tan(x);
const degrees = (x: number) => (x * 180) / Math.PI;
const radians = (x: number) => (x / 180) * Math.PI;

export const acos = ofOne('ACOS', 'The arc cosine.', Math.acos, 'Math.acos(x)', '0E0');
export const asin = ofOne('ASIN', 'The arc sine.', Math.asin, 'Math.asin(x)', '1.5708E0');
export const atan = ofOne('ATAN', 'The arc tangent.', Math.atan, 'Math.atan(x)', '0.7854E0');
export const cbrt = ofOne('CBRT', 'The cube root.', Math.cbrt, 'Math.cbrt(x)', '1E0');
export const cos = ofOne('COS', 'The cosine.', Math.cos, 'Math.cos(x)', '0.5403E0');
export const cosh = ofOne('COSH', 'The hyperbolic cosine.', Math.cosh, 'Math.cosh(x)', '1.5431E0');
export const cotangent = ofOne('COT', 'The cotangent.', cot, '(1 / Math.tan(x))', '0.6421E0');
export const toDegrees = ofOne('DEGREES', 'Radians to degrees.', degrees, '((x) * 180 / Math.PI)', '57.2958E0');
export const exp = ofOne('EXP', 'e to the power of the value.', Math.exp, 'Math.exp(x)', '2.7183E0');
export const ln = ofOne('LN', 'The natural logarithm.', Math.log, 'Math.log(x)', '0E0');
export const toRadians = ofOne('RADIANS', 'Degrees to radians.', radians, '((x) / 180 * Math.PI)', '0.0175E0');
export const sin = ofOne('SIN', 'The sine.', Math.sin, 'Math.sin(x)', '0.8415E0');
export const sinh = ofOne('SINH', 'The hyperbolic sine.', Math.sinh, 'Math.sinh(x)', '1.1752E0');
export const sqrt = ofOne('SQRT', 'The square root; NaN below zero.', Math.sqrt, 'Math.sqrt(x)', '1E0');
export const tan = ofOne('TAN', 'The tangent.', Math.tan, 'Math.tan(x)', '1.5574E0');
export const tanh = ofOne('TANH', 'The hyperbolic tangent.', Math.tanh, 'Math.tanh(x)', '0.7616E0');

export const atan2 = ofTwo('ATAN2', 'The angle of the point (x, y).', ['y', 'x'], Math.atan2, [
  ['ROUND(ATAN2(1, 1), 4)', '0.7854E0'],
]);
export const power = ofTwo('POWER', 'The base to the power of the exponent.', ['base', 'exponent'], Math.pow, [
  ['POWER(2, 10)', '1024E0'],
]);

const logarithm = ofTwo(
  'LOG',
  'The logarithm: natural with one argument, else to the base that stands first; NaN for a base that is none.',
  ['base', 'value'],
  (base, value) => (base <= 0 || base === 1 ? Number.NaN : Math.log(value) / Math.log(base)),
  [
    ['ROUND(LOG(2, 8), 4)', '3E0'],
    ['LOG(1)', '0E0'],
  ],
);
export const log: ScalarFunction = {
  ...logarithm,
  variants: [
    ...NUMBERS.map((type) => strict([param('value', type)], DOUBLE, (x: Long) => Math.log(Number(x)))),
    ...logarithm.variants,
  ],
};

export const pi = scalar({
  name: 'PI',
  category: 'MATHEMATICAL',
  doc: 'The ratio of a circle to its diameter.',
  nulls: 'Takes no argument.',
  variants: [
    strict(
      [],
      DOUBLE,
      () => Math.PI,
      () => 'Math.PI',
    ),
  ],
  examples: [['ROUND(PI(), 4)', '3.1416E0']],
});

export const random = scalar({
  name: 'RANDOM',
  category: 'MATHEMATICAL',
  doc: 'A random number from 0 up to, but not including, 1.',
  nulls: 'Takes no argument.',
  variants: [
    { params: [], returns: DOUBLE, nulls: 'handle', bind: (_call, _returns, context) => () => context.random() },
  ],
  examples: [['RANDOM() < 1', 'TRUE']],
});
