// Where the transactions of a source task end when the task itself decides (`transaction.boundary=connector`).
//
// Law: an order counts once. One for a record is carried out behind that record, one for the batch behind the batch that `poll`
// answers next (also when it answers none). Records of an aborted transaction are not in the topic, but they are done: their
// offsets are committed, so that the task does not read them again.
import type { TransactionContext } from '../../connect/connectors.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import { TributaryError } from '../../core/errors.ts';

export type BoundaryOrder = 'commit' | 'abort';

export class TransactionBoundaries implements TransactionContext {
  readonly #records = new Map<ConnectRecord, BoundaryOrder>();
  #batch: BoundaryOrder | null = null;

  commitTransaction(record?: ConnectRecord): void {
    this.#order('commit', record);
  }

  abortTransaction(record?: ConnectRecord): void {
    this.#order('abort', record);
  }

  /** The order behind this record; it is given out once. */
  takeFor(record: ConnectRecord): BoundaryOrder | null {
    const order = this.#records.get(record) ?? null;
    if (order !== null) this.#records.delete(record);
    return order;
  }

  /** The order behind the batch. Orders for records that were never handed out end with it. */
  takeForBatch(): BoundaryOrder | null {
    const order = this.#batch;
    this.#batch = null;
    this.#records.clear();
    return order;
  }

  #order(order: BoundaryOrder, record: ConnectRecord | undefined): void {
    const before = record === undefined ? this.#batch : (this.#records.get(record) ?? null);
    if (before !== null && before !== order) {
      throw new TributaryError('TRIB_TRANSACTION_BOUNDARY', 'fatal', {
        what: `The task asked to ${order} a transaction that it had asked to ${before}.`,
        fix: 'A transaction ends one way: mend the connector.',
      });
    }
    if (record === undefined) this.#batch = order;
    else this.#records.set(record, order);
  }
}
