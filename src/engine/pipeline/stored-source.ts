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

/** A value cell out of a decoded row that is not null. `field`: place among the value columns. */
export function valueCell(
  row: string,
  paths: readonly (readonly number[])[],
  field: number,
  path: readonly number[],
): Code {
  const wanted = [field, ...path];
  // Either this very path is read, or a shorter one that holds it.
  for (let length = wanted.length; length >= 1; length--) {
    const place = paths.findIndex((each) => each.length === length && each.every((step, i) => step === wanted[i]));
    if (place >= 0) return throughPath(nullable(`${row}[${place}]`), wanted.slice(length));
  }
  return nullable('null');
}

/** True when a store of the table needs no more than key, value and time of its records. */
export function standsInTopic(node: SourceNode): boolean {
  const reads = node.reads ?? [];
  return reads.every(([column]) => {
    const { kind, name } = node.columns[column!]!;
    return kind !== 'header' && (kind !== 'system' || name === 'ROWTIME');
  });
}
