// Repartition without a topic: when all rows lie in one partition, rows of one key are together already; and when nothing above
// keeps state by the new key, they need not be together, for the sink's topic will part them by it anyway.
//
// Law: a repartition needs its topic only if rows of one new key may stand in different tasks, and a join, an aggregation or a
// comparison with earlier rows above relies on their standing in one. Else the same task goes on with the new key: no write, no
// read, no second task.
import type { PlanNode } from '../nodes.ts';
import { partitionsOf } from '../partitions.ts';

/** Marks the repartitions that need no topic. `isTogether`: all rows lie in one partition, whatever the counts say. */
export function elideRepartitions(plan: PlanNode, isTogether: boolean): PlanNode {
  return elide(plan, isTogether, false);
}

/** @param keepsState whether something above `node` keeps state by key. */
function elide(node: PlanNode, isTogether: boolean, keepsState: boolean): PlanNode {
  switch (node.kind) {
    case 'source':
      return node;
    case 'join':
      return { ...node, left: elide(node.left, isTogether, true), right: elide(node.right, isTogether, true) };
    case 'repartition': {
      const input = elide(node.input, isTogether, keepsState);
      const isOne = isTogether || (partitionsOf(input) === 1 && node.partitions === 1);
      const isFree = isOne || (node.shape === 'stream' && !keepsState);
      return { ...node, input, partitions: isFree ? null : node.partitions };
    }
    case 'filter':
    case 'project':
    case 'flatMap':
      return { ...node, input: elide(node.input, isTogether, keepsState) };
    default:
      return { ...node, input: elide(node.input, isTogether, true) };
  }
}
