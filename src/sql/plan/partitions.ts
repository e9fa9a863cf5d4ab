// In how many partitions a node's rows lie.
import type { PlanNode } from './nodes.ts';

/** Partition count of the rows a node offers. */
export function partitionsOf(node: PlanNode): number {
  switch (node.kind) {
    case 'source':
      return node.partitions;
    case 'repartition':
      return node.partitions ?? partitionsOf(node.input);
    case 'join':
      return partitionsOf(node.left);
    default:
      return partitionsOf(node.input);
  }
}
