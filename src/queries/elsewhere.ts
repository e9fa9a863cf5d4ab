// A table whose rows another host of the group keeps.
import { TributaryError } from '../core/errors.ts';

/** Thrown by pull queries; whoever can sends the query on to `url`. */
export class TableElsewhere extends TributaryError {
  /** The ksqlDB listener of the host that keeps the rows; null: it is not known now. */
  readonly url: string | null;

  constructor(table: string, queryId: string, url: string | null) {
    super('TRIB_TABLE_ELSEWHERE', 'transient', {
      what:
        url === null
          ? `Table ${table} cannot be asked now: no host is known that runs its query ${queryId}.`
          : `The rows of table ${table} are kept by another host: its query ${queryId} runs at ${url}.`,
      fix: url === null ? 'Hosts may be sharing the work anew; try again soon.' : 'Ask there.',
    });
    this.url = url;
  }
}
