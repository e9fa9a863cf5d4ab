// Which transactional records a read-committed reader must not see.
//
// The server names, for a range of the log, the producers whose transactions in it were aborted and the offset each begins
// at. From that offset to the producer's abort marker, all its transactional records are hidden.

/** An aborted transaction in one partition. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** Walks along the log with the reader: ask in offset order. */
export class AbortedFilter {
  private readonly pending: readonly AbortedTransaction[];
  private nextPending = 0;
  private readonly hiding = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.pending = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset);
  }

  /** Whether a transactional batch of the producer, ending at `lastOffset`, is to be hidden. */
  hides(producerId: number, lastOffset: number): boolean {
    this.advance(lastOffset);
    return this.hiding.has(producerId);
  }

  /** The producer's abort marker stands at `offset`: what follows is another transaction. */
  markerSeen(producerId: number, offset: number): void {
    this.advance(offset);
    this.hiding.delete(producerId);
  }

  private advance(offset: number): void {
    for (; this.nextPending < this.pending.length; this.nextPending++) {
      const next = this.pending[this.nextPending]!;
      if (next.firstOffset > offset) return;
      this.hiding.add(next.producerId);
    }
  }
}
