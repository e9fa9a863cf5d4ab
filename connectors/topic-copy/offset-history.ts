// The offset marks of the past, to translate a group's offset.
//
// Law: a translated offset never lies ahead of what the group has read. Of the marks at or before the group's offset the last
// one counts: exactly there its place, behind it the next place; what lies in between is read again.
import type { OffsetMark } from './mirror-records.ts';

// Beyond it the older half keeps every second mark: old offsets are translated more coarsely.
const MARKS_MAX = 8_192;

interface Marks {
  upstream: number[];
  downstream: number[];
}

export class OffsetHistory {
  readonly #byPartition = new Map<string, Marks>();

  add({ topic, partition, upstream, downstream }: OffsetMark): void {
    const key = `${topic}-${partition}`;
    let marks = this.#byPartition.get(key);
    if (marks === undefined) {
      marks = { upstream: [], downstream: [] };
      this.#byPartition.set(key, marks);
    }
    // Marks that contradict the newest are of a topic that has since been made anew, on either side.
    while (
      marks.upstream.length > 0 &&
      (marks.upstream.at(-1)! >= upstream || marks.downstream.at(-1)! >= downstream)
    ) {
      marks.upstream.pop();
      marks.downstream.pop();
    }
    marks.upstream.push(upstream);
    marks.downstream.push(downstream);
    if (marks.upstream.length > MARKS_MAX) thin(marks);
  }

  /** Null where nothing is known: the offset is older than all marks, or the partition was never copied. */
  translate(key: string, offset: number): number | null {
    const marks = this.#byPartition.get(key);
    if (marks === undefined) return null;
    let low = 0;
    let high = marks.upstream.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (marks.upstream[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const place = marks.downstream[low - 1]!;
    return marks.upstream[low - 1] === offset ? place : place + 1;
  }
}

function thin(marks: Marks): void {
  const half = marks.upstream.length >>> 1;
  const isKept = (_: number, index: number) => index >= half || index % 2 === 0;
  marks.upstream = marks.upstream.filter(isKept);
  marks.downstream = marks.downstream.filter(isKept);
}
