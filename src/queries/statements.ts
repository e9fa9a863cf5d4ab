// A script → what it will do: parsed and bound as a whole before anything runs.
//
// Law: a list of statements is tried in a sandbox first (a catalog that lives only here), so most mistakes leave no trace; then the
// same statements run for real, one by one.
import { TributaryError } from '../core/errors.ts';
import type { Change } from '../sql/bind/change.ts';
import { type Bound, bindStatement } from '../sql/bind/statement.ts';
import { applyCommand, type Catalog } from '../sql/catalog/catalog.ts';
import type { Statement } from '../sql/syntax/ast.ts';
import { type ParsedStatement, parseScript, splitStatements } from '../sql/syntax/parse.ts';
import type { Facts } from './facts.ts';
import type { StatementFailure } from './results.ts';
import { propertyName } from './settings.ts';

/** A statement with the properties in force for it: SET and UNSET count for those after them. */
export interface PreparedStatement {
  readonly parsed: ParsedStatement;
  readonly properties: Readonly<Record<string, string>>;
  /** The query that an INSERT INTO … SELECT takes the place of, keeping its id, offsets and state. */
  readonly replaces?: string;
}

/** All statements of a text, or the first fault in it. */
export function prepareScript(
  text: string,
  properties: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): { readonly statements: readonly PreparedStatement[]; readonly failure: StatementFailure | null } {
  const script = parseScript(text, { variables });
  const [fault] = script.errors;
  if (fault !== undefined) return { statements: [], failure: failureOfParsing(text, fault) };
  const statements: PreparedStatement[] = [];
  let current = properties;
  for (const parsed of script.statements) {
    current = propertiesAfter(current, parsed.statement, properties);
    statements.push({ parsed, properties: current });
  }
  return { statements, failure: null };
}

function propertiesAfter(
  current: Readonly<Record<string, string>>,
  statement: Statement,
  initial: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (statement.kind === 'setProperty') return { ...current, [propertyName(statement.name)]: statement.value };
  if (statement.kind !== 'unsetProperty') return current;
  const name = propertyName(statement.name);
  const { [name]: _gone, ...rest } = current;
  const before = initial[name];
  return before === undefined ? rest : { ...rest, [name]: before };
}

/** Binds all statements against a sandbox; answers the first failure, or null. */
export async function tryStatements(
  facts: Facts,
  catalog: Catalog,
  statements: readonly PreparedStatement[],
): Promise<StatementFailure | null> {
  let sandbox = catalog;
  const pending: Change[] = [];
  for (const prepared of statements) {
    const { parsed } = prepared;
    try {
      const bound = await bindPrepared(facts, sandbox, prepared, pending);
      if (bound.kind !== 'change') continue;
      sandbox = bound.change.commands.reduce(applyCommand, sandbox);
      pending.push(bound.change);
    } catch (error) {
      return failureOf(parsed, error);
    }
  }
  return null;
}

/** Binds one statement against a catalog. */
export async function bindPrepared(
  facts: Facts,
  catalog: Catalog,
  { parsed, properties, replaces }: PreparedStatement,
  pending: readonly Change[] = [],
): Promise<Bound> {
  const { statement, text } = parsed;
  const environment = await facts.environment(catalog, properties, { statement, text, pending });
  const bound = bindStatement(environment, statement, text);
  return replaces === undefined || bound.kind !== 'change'
    ? bound
    : { kind: 'change', change: renamed(bound.change, replaces) };
}

function renamed(change: Change, queryId: string): Change {
  const commands = change.commands.map((command) =>
    command.kind === 'putQuery' ? { ...command, query: { ...command.query, id: queryId } } : command,
  );
  return { ...change, commands, queryId };
}

/** The failure of a statement; what is no error of ours is wrapped. */
export function failureOf(parsed: ParsedStatement, error: unknown): StatementFailure {
  return {
    error: asTributaryError(error),
    statementText: parsed.text,
    statementIndex: parsed.index,
    statementStart: parsed.start,
  };
}

export function asTributaryError(error: unknown): TributaryError {
  if (error instanceof TributaryError) return error;
  return new TributaryError('TRIB_STATEMENT_FAILED', 'fatal', {
    what: `The statement failed: ${error instanceof Error ? error.message : String(error)}`,
    cause: error,
  });
}

function failureOfParsing(text: string, error: TributaryError): StatementFailure {
  const index = error.parts.statementIndex ?? 0;
  const piece = splitStatements(text)[index];
  return {
    error,
    statementText: piece?.text ?? text,
    statementIndex: index,
    statementStart: piece?.start ?? 0,
  };
}

/** Statements that answer with rows: not for `execute`. */
export function isQuery(statement: Statement): boolean {
  return statement.kind === 'select' || statement.kind === 'print';
}

/** A SELECT or PRINT where other statements are expected. */
export function wrongEndpoint(): TributaryError {
  return new TributaryError('TRIB_SQL_WRONG_ENDPOINT', 'sql', {
    what: "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT",
  });
}
