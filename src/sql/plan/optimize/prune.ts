// Which columns, and which paths into structs, a query really reads of its sources. Formats decode these and skip all else.
//
// Law: a column is read whole or by paths, never both: a whole read covers its paths.
import { type Expr, partsOf } from '../expr.ts';
import type { JoinNode, Path, PlanNode, SourceNode } from '../nodes.ts';

/** Column index → paths below it; an empty path is the whole column. */
type Reads = Map<number, Path[]>;

/** Sets `reads` of every source. */
export function pruneColumns(plan: PlanNode): PlanNode {
  const all: Reads = new Map();
  plan.columns.forEach((_, index) => {
    add(all, index, []);
  });
  return prune(plan, all);
}

function prune(node: PlanNode, wanted: Reads): PlanNode {
  switch (node.kind) {
    case 'source':
      return withReads(node, wanted);
    case 'filter': {
      const reads = copyOf(wanted);
      gather(node.where, reads);
      return { ...node, input: prune(node.input, reads) };
    }
    case 'project': {
      const reads: Reads = new Map();
      const exprs = [...node.keys, ...node.values];
      for (const index of wanted.keys()) if (exprs[index] !== undefined) gather(exprs[index], reads);
      return { ...node, input: prune(node.input, reads) };
    }
    case 'changes': {
      const reads = copyOf(wanted);
      for (const index of [...node.by, ...node.watched]) add(reads, index, []);
      if (node.operation !== null) add(reads, node.operation, []);
      return { ...node, input: prune(node.input, reads) };
    }
    case 'repartition': {
      const reads = below(wanted, node.input.columns.length);
      for (const expr of node.by) gather(expr, reads);
      return { ...node, input: prune(node.input, reads) };
    }
    case 'flatMap': {
      const reads = below(wanted, node.input.columns.length);
      for (const call of node.calls) for (const arg of call.args) gather(arg, reads);
      return { ...node, input: prune(node.input, reads) };
    }
    case 'aggregate': {
      const reads: Reads = new Map();
      for (const expr of node.group) gather(expr, reads);
      for (const call of node.calls) for (const arg of call.args) gather(arg, reads);
      return { ...node, input: prune(node.input, reads) };
    }
    case 'join':
      return pruneJoin(node, wanted);
  }
}

function pruneJoin(node: JoinNode, wanted: Reads): JoinNode {
  const left = below(wanted, node.leftCount);
  const right: Reads = new Map();
  for (const [index, paths] of wanted) {
    const own = index - node.leftCount;
    if (own >= 0 && own < node.right.columns.length) right.set(own, [...paths]);
  }
  gather(node.leftKey, left);
  gather(node.rightKey, right);
  return { ...node, left: prune(node.left, left), right: prune(node.right, right) };
}

function withReads(node: SourceNode, wanted: Reads): SourceNode {
  const reads = copyOf(wanted);
  for (const index of node.key) add(reads, index, []);
  if (node.timestamp !== null) add(reads, node.timestamp.column, []);
  const paths: Path[] = [];
  for (const [index, list] of [...reads].sort(([a], [b]) => a - b)) {
    const whole = list.some((path) => path.length === 0);
    const own = whole ? [[]] : list.filter((path) => !list.some((other) => other !== path && isPrefix(other, path)));
    for (const path of own) paths.push([index, ...path]);
  }
  return { ...node, reads: paths };
}

function isPrefix(shorter: Path, longer: Path): boolean {
  return shorter.length < longer.length && shorter.every((step, index) => step === longer[index]);
}

function gather(expr: Expr, reads: Reads): void {
  const path: number[] = [];
  let base: Expr = expr;
  while (base.op === 'field') {
    path.unshift(base.index);
    base = base.of;
  }
  if (base.op === 'column') add(reads, base.index, path);
  else for (const part of partsOf(expr)) gather(part, reads);
}

function add(reads: Reads, index: number, path: Path): void {
  const paths = reads.get(index);
  if (paths === undefined) reads.set(index, [path]);
  else if (!paths.some((other) => other.length === path.length && other.every((step, i) => step === path[i])))
    paths.push(path);
}
function copyOf(reads: Reads): Reads {
  return new Map([...reads].map(([index, paths]) => [index, [...paths]]));
}
function below(reads: Reads, count: number): Reads {
  return new Map([...reads].filter(([index]) => index < count).map(([index, paths]) => [index, [...paths]]));
}
