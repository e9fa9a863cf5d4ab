// Calls of scalar functions as code: guarded against nulls where the function wants that, and against its exceptions.
import type { CallExpr } from '../plan/expr.ts';
import type { Cells, Code, Making } from './code.ts';

/** Code of a call. */
export function compileCall(making: Making, expr: CallExpr, cells: Cells): Code {
  const code = making.functions.bindScalar(expr, making.context);
  const checks: string[] = [];
  const nullChecks: string[] = [];
  const refs: string[] = [];
  expr.args.forEach((arg, index) => {
    let part = making.compile(arg, cells);
    if (part.fails && (arg.op === 'call' || arg.op === 'field' || arg.op === 'item')) part = making.bounded(part);
    const guard = code.guards[index] === true && part.nullable;
    if (!part.fails && !guard && (code.inline === null || /^[\w$.]+$/.test(part.text))) {
      refs.push(part.text);
      return;
    }
    const named = making.named(part);
    if (named.set !== named.ref) checks.push(part.fails ? `${named.set} === undefined` : `(${named.set}, false)`);
    else if (part.fails) checks.push(`${named.ref} === undefined`);
    if (guard) nullChecks.push(`${named.ref} === null`);
    refs.push(named.ref);
  });
  let text: string;
  let throws = false;
  if (code.inline !== null) text = code.inline(refs);
  else {
    throws = true;
    text = `${making.unit.guarded(making.unit.constant(code.evaluate, 'fn'), refs.length)}(${refs.join(', ')})`;
  }
  if (nullChecks.length > 0) text = `${nullChecks.join(' || ')} ? null : ${text}`;
  if (checks.length > 0) text = `${checks.join(' || ')} ? undefined : ${nullChecks.length > 0 ? `(${text})` : text}`;
  const fails = throws || checks.some((check) => check.includes('undefined'));
  return { text: `(${text})`, nullable: true, fails };
}
