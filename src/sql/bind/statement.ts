// The door of binding: one statement in, what it does out.
import type { ProjectNode } from '../plan/nodes.ts';
import { optimize } from '../plan/optimize/index.ts';
import type { Statement } from '../syntax/ast.ts';
import type { Change } from './change.ts';
import { bindCreateAs, bindInsertSelect } from './create-as.ts';
import { bindCreateSource } from './create-source.ts';
import { bindAlter, bindCreateType, bindDrop, bindDropType, bindTerminate } from './drop-alter.ts';
import type { Binding, Environment } from './environment.ts';
import { bindInsertValues, type InsertedRow } from './insert-values.ts';
import { bindPull, type PullPlan } from './pull.ts';
import { bindQuery, type PlannedQuery } from './query.ts';

/** What a statement does. `other`: it neither changes the catalog nor asks for rows (LIST, SET, …): the server's matter. */
export type Bound =
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'insert'; readonly row: InsertedRow }
  | { readonly kind: 'push'; readonly planned: PlannedQuery; readonly plan: ProjectNode }
  | { readonly kind: 'pull'; readonly pull: PullPlan }
  | { readonly kind: 'other'; readonly statement: Statement };

/** Binds a parsed statement. Throws the rejections of the catalogue, with line and column in `text`. */
export function bindStatement(env: Environment, statement: Statement, text: string): Bound {
  const binding: Binding = { env, text };
  switch (statement.kind) {
    case 'createSource':
      return { kind: 'change', change: bindCreateSource(binding, statement) };
    case 'createAs':
      return { kind: 'change', change: bindCreateAs(binding, statement) };
    case 'insertSelect':
      return { kind: 'change', change: bindInsertSelect(binding, statement) };
    case 'insertValues':
      return { kind: 'insert', row: bindInsertValues(binding, statement) };
    case 'dropSource':
      return { kind: 'change', change: bindDrop(binding, statement) };
    case 'alterSource':
      return { kind: 'change', change: bindAlter(binding, statement) };
    case 'createType':
      return { kind: 'change', change: bindCreateType(binding, statement) };
    case 'dropType':
      return { kind: 'change', change: bindDropType(binding, statement) };
    case 'terminate':
      return { kind: 'change', change: bindTerminate(binding, statement) };
    case 'select':
      return statement.query.emit === null
        ? bindPullStatement(binding, statement.query)
        : bindPush(binding, statement.query);
    default:
      return { kind: 'other', statement };
  }
}

function bindPullStatement(binding: Binding, query: Parameters<typeof bindPull>[1]): Bound {
  return { kind: 'pull', pull: bindPull(binding, query) };
}

function bindPush(binding: Binding, query: Parameters<typeof bindQuery>[1]): Bound {
  const planned = bindQuery(binding, query, 'push');
  return { kind: 'push', planned, plan: optimize(planned.plan, binding.env) as ProjectNode };
}

export type { Change, Environment, InsertedRow, PlannedQuery, PullPlan };
