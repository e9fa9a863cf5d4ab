// What the generators of the nodes share. The walk itself is generator.ts.
import type { ExpressionCompiler } from '../../sql/compile/expression.ts';
import type { FunctionContext, Functions } from '../../sql/functions/registry.ts';
import type { PlanNode } from '../../sql/plan/nodes.ts';
import type { Consume, Flow } from './flow.ts';
import type { Part } from './part.ts';

export interface Generation {
  readonly queryId: string;
  readonly functions: Functions;
  readonly context: FunctionContext;
  /** Prefix of this query's private topics: changelogs and repartitions. */
  readonly topicPrefix: string;
  /** The part whose code is being written. */
  part: Part;
  readonly compiler: ExpressionCompiler;
  /**
   * Writes the code of a node around what its consumer answers. `needsOld`: the consumer of a table wants to know the row that
   * is replaced.
   */
  generate(node: PlanNode, consume: Consume, needsOld: boolean): void;
  /**
   * Adds code that gathers the keys under which a chunk of `input`'s source will look into `store`: the chain down to the source
   * is run for its key only. Answers false when that cannot be told without other state.
   */
  gatherKeys(input: PlanNode, store: number, key: (flow: Flow) => string): boolean;
  /** Starts a part below the current one, runs `make` in it, and comes back. */
  inNewPart(id: string, make: () => void): void;
}
