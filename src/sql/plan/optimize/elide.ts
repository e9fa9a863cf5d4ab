// Repartition without a topic: when all rows lie in one partition, rows of one key are together already.
//
// Law: a repartition needs its topic only if rows of one new key may stand in different tasks. With one partition before and one
// after, the same task goes on with the new key: no write, no read, no second task.
import type { PlanNode } from '../nodes.ts';
import { partitionsOf } from '../partitions.ts';

/** Marks every repartition from one partition to one as needing no topic. */
export function elideRepartitions(node: PlanNode, isTogether: boolean): PlanNode {
  switch (node.kind) {
    case 'source':
      return node;
    case 'join':
      return {
        ...node,
        left: elideRepartitions(node.left, isTogether),
        right: elideRepartitions(node.right, isTogether),
      };
    case 'repartition': {
      const input = elideRepartitions(node.input, isTogether);
      const isOne = isTogether || (partitionsOf(input) === 1 && node.partitions === 1);
      return { ...node, input, partitions: isOne ? null : node.partitions };
    }
    default:
      return { ...node, input: elideRepartitions(node.input, isTogether) };
  }
}
