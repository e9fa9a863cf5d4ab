// Statements of a connector's file, applied again at every start: what stands already is left alone, what changed is replaced.
//
// Laws: applying the same text twice does nothing the second time. A changed statement goes on from where its old form stood
// (same query id, so same offsets and state), or is refused with the reason; it is never read from the beginning by accident.
import { TributaryError } from '../core/errors.ts';
import type { Catalog, PersistentQuery } from '../sql/catalog/catalog.ts';
import type { InsertSelectStatement, Statement } from '../sql/syntax/ast.ts';
import type { PreparedStatement } from './statements.ts';

/** What a connector's text comes to. */
export interface OwnedPlan {
  /** Statements that must run, changed ones as replacements. */
  readonly toRun: readonly PreparedStatement[];
  /** Queries that stand already for statements of the text. */
  readonly standing: readonly string[];
}

/** Compares the statements with the catalog. Throws for statements that cannot be applied twice. */
export function ownedPlan(
  catalog: Catalog,
  owned: ReadonlySet<string>,
  statements: readonly PreparedStatement[],
): OwnedPlan {
  const toRun: PreparedStatement[] = [];
  const standing: string[] = [];
  const taken = new Set<string>();
  for (const prepared of statements) {
    const { statement, text } = prepared.parsed;
    const found = standingQuery(catalog, statement, text, taken);
    if (found.stands) {
      if (found.query !== null) {
        taken.add(found.query.id);
        standing.push(found.query.id);
      }
      continue;
    }
    toRun.push(asReplacement(catalog, owned, prepared, taken));
  }
  return { toRun, standing };
}

/** Whether the statement is in force already, and the query it stands for. */
function standingQuery(
  catalog: Catalog,
  statement: Statement,
  text: string,
  taken: ReadonlySet<string>,
): { readonly stands: boolean; readonly query: PersistentQuery | null } {
  switch (statement.kind) {
    case 'createSource':
    case 'createAs': {
      const source = catalog.sources.get(statement.name.text);
      const query = source?.createdBy == null ? null : (catalog.queries.get(source.createdBy) ?? null);
      const isSame = source !== undefined && sameText(query?.text ?? source.text, text);
      return { stands: isSame || (source !== undefined && statement.ifNotExists), query };
    }
    case 'insertSelect': {
      const query = [...catalog.queries.values()].find(
        (each) => each.kind === 'insert' && sameText(each.text, text) && !taken.has(each.id),
      );
      return { stands: query !== undefined, query: query ?? null };
    }
    case 'createType':
      return { stands: catalog.types.has(statement.name.text), query: null };
    case 'insertValues':
      throw new TributaryError('TRIB_SQL_NOT_REPEATABLE', 'sql', {
        what: 'INSERT INTO … VALUES in the text of a connector would insert its row at every start.',
        fix: 'Use a back-fill for rows that must be there once, or send the statement to the SQL API.',
      });
    default:
      return { stands: false, query: null };
  }
}

function asReplacement(
  catalog: Catalog,
  owned: ReadonlySet<string>,
  prepared: PreparedStatement,
  taken: Set<string>,
): PreparedStatement {
  const { statement } = prepared.parsed;
  if (statement.kind === 'insertSelect') {
    const former = formerInsert(catalog, owned, statement, taken);
    if (former === null) return prepared;
    taken.add(former.id);
    return { ...prepared, replaces: former.id };
  }
  if (statement.kind !== 'createAs' && statement.kind !== 'createSource') return prepared;
  if (!catalog.sources.has(statement.name.text)) return prepared;
  return { ...prepared, parsed: { ...prepared.parsed, statement: { ...statement, orReplace: true } } };
}

/** The one query of this owner into the same target that no statement stands for any more. */
function formerInsert(
  catalog: Catalog,
  owned: ReadonlySet<string>,
  statement: InsertSelectStatement,
  taken: ReadonlySet<string>,
): PersistentQuery | null {
  const sources = [statement.query.from, ...statement.query.joins.map(({ source }) => source)].map(
    ({ name }) => name.text,
  );
  const candidates = [...catalog.queries.values()].filter(
    (query) =>
      query.kind === 'insert' &&
      query.sink === statement.target.text &&
      owned.has(query.id) &&
      !taken.has(query.id) &&
      query.reads.length === new Set(sources).size &&
      query.reads.every((name) => sources.includes(name)),
  );
  return candidates.length === 1 ? candidates[0]! : null;
}

/** Texts that differ only in blanks and the semicolon are the same statement. */
function sameText(left: string, right: string): boolean {
  return plain(left) === plain(right);
}

function plain(text: string): string {
  return text.trim().replace(/;$/, '').replace(/\s+/g, ' ').trim();
}
