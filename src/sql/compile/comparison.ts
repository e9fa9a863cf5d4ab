// Comparisons as code: false for a null operand, but for IS [NOT] DISTINCT FROM.
import type { CompareExpr } from '../plan/expr.ts';
import { comparisonCode, inlineComparison } from '../types/compare.ts';
import type { Cells, Code, Making, Named } from './code.ts';

/** Code of a comparison. */
export function compileComparison(making: Making, expr: CompareExpr, cells: Cells): Code {
  const left = making.compile(expr.left, cells);
  const right = making.compile(expr.right, cells);
  const types = [expr.left.type ?? expr.right.type!, expr.right.type ?? expr.left.type!] as const;
  const sides = [
    { code: left, named: making.named(left) },
    { code: right, named: making.named(right) },
  ] as const;
  const [a, b] = [sides[0].named, sides[1].named];
  // A text opposite a time is parsed at run time, which may fail.
  const parsesText = types[0].base !== types[1].base && types.some(({ base }) => base === 'STRING');
  let test = inlineComparison(expr.operator, types[0], types[1], a.ref, b.ref);
  if (test === null) {
    const target = making.unit.constant(comparisonCode(expr.operator, types[0], types[1]), 'compare');
    test = `${parsesText ? making.unit.guarded(target, 2) : target}(${a.ref}, ${b.ref})`;
  }
  const takesNull = expr.operator.startsWith('IS');
  if (left.fails || right.fails) return failing(sides, test, takesNull);
  const conditions: string[] = [];
  for (const { code, named } of sides) {
    // The operand is computed where it is checked; one that needs no check must be computed all the same.
    if (code.nullable && !takesNull) conditions.push(`${named.set} !== null`);
    else if (named.set !== named.ref) conditions.push(`(${named.set}, true)`);
  }
  const text = conditions.length === 0 ? test : `(${[...conditions, test].join(' && ')})`;
  return { text, nullable: false, fails: parsesText };
}

interface Side {
  readonly code: Code;
  readonly named: Named;
}

/** A failing operand makes the comparison fail; a null one makes it false. */
function failing(sides: readonly [Side, Side], test: string, takesNull: boolean): Code {
  const first = sides.flatMap(({ code, named }) => (code.fails || named.set === named.ref ? [] : [`${named.set}, `]));
  const fails = sides.flatMap(({ code, named }) => (code.fails ? [`${named.set} === undefined`] : []));
  const nulls = takesNull ? [] : sides.flatMap(({ code, named }) => (code.nullable ? [`${named.ref} !== null`] : []));
  const text = `(${first.join('')}${fails.join(' || ')} ? undefined : ${[...nulls, test].join(' && ')})`;
  return { text, nullable: false, fails: true };
}
