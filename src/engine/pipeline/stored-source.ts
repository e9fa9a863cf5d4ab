// Rows of a source as its store holds them: the wanted cells, just as they were decoded, so that the store is the topic itself.
import type { Code } from '../../sql/compile/code.ts';
import type { SourceNode } from '../../sql/plan/nodes.ts';
import { nullable, throughPath } from './flow.ts';

/** Paths of value columns that the query reads, in the order of a decoded row. */
export function valuePathsOf(node: SourceNode): readonly (readonly number[])[] {
  const keyCount = node.topic.key.length;
  const reads = node.reads ?? node.columns.map((_, index) => [index]);
  return reads.flatMap(([column, ...path]) => {
    const at = column! - keyCount;
    return at >= 0 && at < node.topic.value.length ? [[at, ...path]] : [];
  });
}

/** Header columns of a table that the query reads. Their cells stand behind the value's in each row. */
export function headersKept(node: SourceNode): SourceNode['headers'] {
  if (node.shape !== 'table') return [];
  return node.headers.filter(({ column }) => node.reads === null || node.reads.some(([read]) => read === column));
}

/** A value or header cell out of a decoded row that is not null. `paths`: those of the value. */
export function storedCell(
  row: string,
  node: SourceNode,
  paths: readonly (readonly number[])[],
  index: number,
  path: readonly number[],
): Code {
  const header = headersKept(node).findIndex(({ column }) => column === index);
  if (header >= 0) return throughPath(nullable(`${row}[${paths.length + header}]`), path);
  const wanted = [index - node.topic.key.length, ...path];
  // Either this very path is read, or a shorter one that holds it.
  for (let length = wanted.length; length >= 1; length--) {
    const place = paths.findIndex((each) => each.length === length && each.every((step, i) => step === wanted[i]));
    if (place >= 0) return throughPath(nullable(`${row}[${place}]`), wanted.slice(length));
  }
  return nullable('null');
}

/** True when a store of the table needs no more than key, value, headers and time of its records. */
export function standsInTopic(node: SourceNode): boolean {
  const reads = node.reads ?? [];
  return reads.every(([column]) => {
    const { kind, name } = node.columns[column!]!;
    return kind !== 'system' || name === 'ROWTIME';
  });
}
