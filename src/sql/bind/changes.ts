// WITH (CHANGES_KEY=…): only rows that differ from the last of their key.

import { nearest } from '../../core/errors.ts';
import type { Expr } from '../plan/expr.ts';
import type { ChangesNode, PlanNode } from '../plan/nodes.ts';
import { STRING } from '../types/sql-type.ts';
import { type Binding, pasteName, reject } from './environment.ts';
import type { PlannedQuery } from './query.ts';
import type { WithClause } from './with.ts';

/** The plan, with a node for CHANGES_KEY on top where the clause asks for it. */
export function withChanges(binding: Binding, clause: WithClause, planned: PlannedQuery): PlanNode {
  const plan = planned.plan;
  if (clause.changesKey === null) {
    for (const property of ['CHANGES_COLUMNS', 'CHANGES_QUIET_MS', 'CHANGES_ANNOUNCE', 'CHANGES_BACKFILL']) {
      if (clause.spanOf(property) !== null) {
        reject(
          binding,
          'WITH-2',
          clause.spanOf(property),
          `${property} needs CHANGES_KEY.`,
          'Name the columns of the key.',
        );
      }
    }
    return plan;
  }
  if (planned.shape === 'table') {
    reject(
      binding,
      'WITH-2',
      clause.spanOf('CHANGES_KEY'),
      'CHANGES_KEY only goes with streams: a table has one row a key already.',
    );
  }
  const indexOf = (property: string, name: string): number => {
    const index = plan.columns.findIndex((column) => column.name === name);
    if (index >= 0) return index;
    const names = plan.columns.map((column) => column.name);
    const close = nearest(name, names);
    return reject(
      binding,
      'WITH-2',
      clause.spanOf(property),
      `${property} names ${pasteName(name)}, which is no result column.${close === null ? '' : ` Did you mean ${pasteName(close)}?`}`,
      `Result columns: ${names.map(pasteName).join(', ')}.`,
    );
  };
  const by = clause.changesKey.map((name) => indexOf('CHANGES_KEY', name));
  const watched =
    clause.changesColumns === null
      ? plan.columns.flatMap(({ kind }, index) => (kind === 'value' && !by.includes(index) ? [index] : []))
      : clause.changesColumns.map((name) => indexOf('CHANGES_COLUMNS', name));
  const input = clause.changesAnnounce.includes('snapshot') ? plan : withOperation(plan);
  const node: ChangesNode = {
    kind: 'changes',
    id: 'changes',
    shape: 'stream',
    columns: plan.columns,
    key: plan.key,
    window: plan.window,
    input,
    by,
    watched,
    quietMs: clause.changesQuietMs,
    backfill: clause.changesAnnounce.includes('backfill') ? 'announce' : clause.changesBackfill,
    operation: input === plan ? null : plan.columns.length,
  };
  return node;
}

/** `op` of a Debezium envelope, and what the unwrapping transform makes of it (`add.fields=op`). */
const OPERATION_NAMES: ReadonlySet<string> = new Set(['OP', '__OP']);

/** The projection with one more column: the operation of the change event, where a source of the query has one. */
function withOperation(plan: PlanNode): PlanNode {
  if (plan.kind !== 'project') return plan;
  const index = operationColumn(plan.input);
  if (index === null) return plan;
  const operation: Expr = { op: 'column', index, type: STRING };
  const column = { source: null, name: 'operation', type: STRING, kind: 'value' as const };
  return { ...plan, values: [...plan.values, operation], columns: [...plan.columns, column] };
}

/** Nodes between a source and the projection offer their (left) input's columns first, so the index stays the same. */
function operationColumn(node: PlanNode): number | null {
  switch (node.kind) {
    case 'source': {
      const index = node.columns.findIndex(
        ({ name, kind, type }) => OPERATION_NAMES.has(name.toUpperCase()) && kind === 'value' && type.base === 'STRING',
      );
      return index < 0 ? null : index;
    }
    case 'join':
      return operationColumn(node.left);
    case 'filter':
    case 'repartition':
    case 'flatMap':
      return operationColumn(node.input);
    default:
      return null;
  }
}
