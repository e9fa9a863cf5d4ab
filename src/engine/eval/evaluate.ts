// One request of `trib eval` in, one response out (conformance contract §1 to §3). Never throws.
import { TributaryError } from '../../core/errors.ts';
import { type Printable, parseJson, printJson } from '../../formats/json-text.ts';
import type { JsonValue } from '../../formats/json-value.ts';
import type { Bound } from '../../sql/bind/statement.ts';
import { isParseError } from '../../sql/errors.ts';
import type { Functions } from '../../sql/functions/registry.ts';
import type { Statement } from '../../sql/syntax/ast.ts';
import { parseStatement } from '../../sql/syntax/parse.ts';
import { substituteVariables } from '../../sql/syntax/variables.ts';
import { streamPlan } from '../pull.ts';
import { reportOutputs, reportSources, reportTopics } from './report.ts';
import { type EvalRequest, readRequest } from './request.ts';
import { pullStream, pullTable, push, type StartOffsets } from './selects.ts';
import { World } from './world.ts';

export interface EvalOptions {
  readonly functions: Functions;
  nowMs(): number;
}

/** Evaluates one line. */
export async function evaluateLine(line: string, options: EvalOptions): Promise<string> {
  let id: JsonValue = null;
  try {
    const request = readRequest(parseJson(line));
    id = request.id;
    return printJson({ id: id as Printable, ...(await evaluate(request, options)) });
  } catch (error) {
    return printJson({ id: id as Printable, error: { type: 'execution', message: messageOf(error) } });
  }
}

async function evaluate(request: EvalRequest, options: EvalOptions): Promise<{ readonly [name: string]: Printable }> {
  const parsed = request.statements.map(tryParse);
  const world = new World(request, options.functions, () => options.nowMs());
  world.prepare(parsed.map((each) => (each.error === null ? each.statement : null)));
  const selects: { readonly index: number; readonly bound: Bound }[] = [];
  for (const [index, { statement, text, error }] of parsed.entries()) {
    if (error !== null) return failure(error, index);
    try {
      const bound = await world.execute(statement!, text);
      if (bound.kind === 'pull' || bound.kind === 'push') selects.push({ index, bound });
    } catch (fault) {
      return failure(fault, index);
    }
  }
  return await run(world, request, selects);
}

async function run(
  world: World,
  request: EvalRequest,
  selects: readonly { readonly index: number; readonly bound: Bound }[],
): Promise<{ readonly [name: string]: Printable }> {
  try {
    const starts = startOffsets(world, request.inputsAfterQueryStart);
    await world.produce(request.inputs);
    await world.runQueries();
    const ends = request.inputsAfterQueryStart ? starts : startOffsets(world, true);
    const outputs = await reportOutputs(world);
    const responses: Printable[] = [];
    for (const { index, bound } of selects)
      responses.push({ statementIndex: index, ...(await select(world, bound, ends)) });
    return { outputs, sources: reportSources(world), topics: reportTopics(world), responses };
  } catch (error) {
    return { error: { type: 'execution', message: messageOf(error) } };
  }
}

function startOffsets(world: World, isNow: boolean): StartOffsets {
  return new Map(isNow ? world.topics.all().map(({ name, records }) => [name, records.length]) : []);
}

async function select(
  world: World,
  bound: Bound,
  starts: StartOffsets,
): Promise<{ readonly [name: string]: Printable }> {
  if (bound.kind === 'push') {
    return (await push(world, bound.plan, bound.planned.limit, starts)) as { readonly [name: string]: Printable };
  }
  if (bound.kind !== 'pull') return {};
  const { pull } = bound;
  const response =
    pull.queryId === null ? await pullStream(world, pull, streamPlan(pull)) : await pullTable(world, pull);
  return response as { readonly [name: string]: Printable };
}

interface Parsed {
  readonly statement: Statement | null;
  readonly text: string;
  readonly error: unknown;
}
function tryParse(text: string): Parsed {
  try {
    const substituted = substituteVariables(text, {});
    return { statement: parseStatement(substituted), text: substituted, error: null };
  } catch (error) {
    return { statement: null, text, error };
  }
}

function failure(error: unknown, statementIndex: number): { readonly error: Printable } {
  if (!(error instanceof TributaryError) || (error.kind !== 'sql' && error.kind !== 'config')) {
    return {
      error: {
        type: error instanceof TributaryError && error.kind !== 'bug' ? 'analysis' : 'execution',
        message: messageOf(error),
        statementIndex,
      },
    };
  }
  const { line, column } = error.parts;
  return {
    error: {
      type: isParseError(error) ? 'parse' : 'analysis',
      code: error.code,
      message: error.message,
      statementIndex,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    },
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof TributaryError ? error.message : (error.stack ?? error.message);
}
