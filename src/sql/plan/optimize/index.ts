// Rules over plans, applied in order. Each is a pure function from plan to plan and has its file.
import type { PlanNode } from '../nodes.ts';
import { elideRepartitions } from './elide.ts';
import { pruneColumns } from './prune.ts';
import { pushFilters } from './push-filter.ts';

/** The plan as it will run. `isTogether`: all rows lie in one partition, whatever the counts say. */
export function optimize(plan: PlanNode, options: { readonly isTogether?: boolean } = {}): PlanNode {
  return pruneColumns(elideRepartitions(pushFilters(plan), options.isTogether ?? false));
}
