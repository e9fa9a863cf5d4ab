// WITH (CHANGES_KEY=…): only rows that differ from the last of their key.

import { nearest } from '../../core/errors.ts';
import type { ChangesNode, PlanNode } from '../plan/nodes.ts';
import { type Binding, pasteName, reject } from './environment.ts';
import type { PlannedQuery } from './query.ts';
import type { WithClause } from './with.ts';

/** The plan, with a node for CHANGES_KEY on top where the clause asks for it. */
export function withChanges(binding: Binding, clause: WithClause, planned: PlannedQuery): PlanNode {
  const plan = planned.plan;
  if (clause.changesKey === null) {
    for (const property of ['CHANGES_COLUMNS', 'CHANGES_QUIET_MS', 'CHANGES_ANNOUNCE']) {
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
  const node: ChangesNode = {
    kind: 'changes',
    id: 'changes',
    shape: 'stream',
    columns: plan.columns,
    key: plan.key,
    window: plan.window,
    input: plan,
    by,
    watched,
    quietMs: clause.changesQuietMs,
    announceBackfill: clause.changesAnnounce.includes('backfill'),
    operation: clause.changesAnnounce.includes('snapshot') ? null : operationColumn(plan),
  };
  return node;
}

/** `op` of a Debezium envelope, and what the unwrapping transform makes of it (`add.fields=op`). */
const OPERATION_NAMES: ReadonlySet<string> = new Set(['OP', '__OP']);

/** The operation of a change event, where a source of the query has one: its rows of a snapshot say `r`. */
function operationColumn(node: PlanNode): ChangesNode['operation'] {
  if (node.kind === 'source') {
    const index = node.columns.findIndex(
      ({ name, kind, type }) => OPERATION_NAMES.has(name.toUpperCase()) && kind === 'value' && type.base === 'STRING',
    );
    return index < 0 ? null : { source: node.id, column: index };
  }
  if (node.kind === 'join') return operationColumn(node.left);
  return operationColumn(node.input);
}
