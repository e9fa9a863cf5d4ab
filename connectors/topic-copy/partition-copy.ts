// One partition on its way: what of it is in the open transaction, and which source offset becomes which.
//
// Law of marks: a mark (upstream, downstream) is written only where it is sure. The end of a lane is known once it is flushed,
// so the last record's place is; those before it are known too when nobody else wrote between our own records, which shows in
// the end being exactly where our count says.
import { headersAt, type Lane, partitionKey, type Records } from 'tributary/connect';

export class PartitionCopy {
  readonly topic: string;
  readonly partition: number;
  readonly target: string;
  readonly sourceKey: string;
  readonly targetKey: string;
  /** The next offset to read at the source. */
  next: number;
  /** Where the next record of ours should land if nobody else writes. */
  expected: number;
  lane: Lane | null = null;
  /** Records in the open transaction. */
  count = 0;
  lastOffset = -1;
  /** In the open transaction: the number of a record in it, and its source offset, by turns. */
  readonly marks: number[] = [];
  #sinceMark = Number.POSITIVE_INFINITY;

  constructor(topic: string, partition: number, target: string, next: number, expected: number) {
    this.topic = topic;
    this.partition = partition;
    this.target = target;
    this.sourceKey = partitionKey(topic, partition);
    this.targetKey = partitionKey(target, partition);
    this.next = next;
    this.expected = expected;
  }

  /**
   * Appends the records as they are, but for those that can never be sent: these are told to `refused`, which may throw.
   * `markEvery` 0: no marks.
   */
  append(records: Records, markEvery: number, refused: (index: number, error: unknown) => void): void {
    const { bytes, offsets, timestampsMs, keyStarts, keyEnds, valueStarts, valueEnds, headerStarts, count } = records;
    const lane = this.lane!;
    let i = 0;
    while (i < count) {
      try {
        for (; i < count; i++) {
          const keyStart = keyStarts[i]!;
          const valueStart = valueStarts[i]!;
          lane.append(
            timestampsMs[i]!,
            keyStart < 0 ? null : bytes,
            keyStart,
            keyEnds[i]!,
            valueStart < 0 ? null : bytes,
            valueStart,
            valueEnds[i]!,
            headerStarts[i]! < 0 ? null : headersAt(records, i),
          );
          this.lastOffset = offsets[i]!;
          if (++this.#sinceMark >= markEvery && markEvery > 0) {
            this.marks.push(this.count, this.lastOffset);
            this.#sinceMark = 0;
          }
          this.count++;
        }
      } catch (error) {
        refused(i, error);
        i++;
      }
    }
  }

  /**
   * Given the end of the flushed lane, tells the sure marks of the transaction. Call it before the commit; the commit's marker
   * takes one more offset.
   */
  settle(end: number, mark: (upstream: number, downstream: number) => void): void {
    const begin = end - this.count;
    if (begin === this.expected) {
      for (let i = 0; i < this.marks.length; i += 2) mark(this.marks[i + 1]!, begin + this.marks[i]!);
    }
    // The last one is sure in any case, and already marked when it was due.
    if (begin !== this.expected || this.marks.at(-1) !== this.lastOffset) mark(this.lastOffset, end - 1);
    this.expected = end + 1;
  }

  /** As `settle`, where transforms may have dropped records or sent them elsewhere: only the last is sure. */
  settleLast(end: number, mark: (upstream: number, downstream: number) => void): void {
    mark(this.lastOffset, end - 1);
    this.expected = end + 1;
  }

  /** A new transaction. */
  begin(): void {
    this.count = 0;
    this.marks.length = 0;
  }
}
