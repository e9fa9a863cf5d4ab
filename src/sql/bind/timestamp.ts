// WITH (TIMESTAMP=…): which column may tell a row's time (streams-and-tables.md §5).
import { nearest } from '../../core/errors.ts';
import type { Column } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import { type Binding, pasteName, reject } from './environment.ts';
import type { WithClause } from './with.ts';

/** Throws E-TS-1 to E-TS-4. */
export function checkTimestamp(binding: Binding, clause: WithClause, columns: readonly Column[]): void {
  const name = clause.timestamp;
  if (name === null) return;
  const span = clause.spanOf('TIMESTAMP');
  const column = columns.find((each) => each.name === name);
  if (column === undefined) {
    const close = nearest(
      name,
      columns.map((each) => each.name),
    );
    reject(
      binding,
      'TS-1',
      span,
      `TIMESTAMP names ${pasteName(name)}, which is no column.`,
      close === null
        ? `Columns: ${columns.map((each) => pasteName(each.name)).join(', ')}.`
        : `Did you mean ${pasteName(close)}?`,
    );
  }
  const { base } = column.type;
  if (base === 'STRING') {
    if (clause.timestampFormat === null)
      reject(
        binding,
        'TS-2',
        span,
        `${pasteName(name)} is STRING: TIMESTAMP_FORMAT is missing.`,
        "For example TIMESTAMP_FORMAT='yyyy-MM-dd HH:mm:ss'.",
      );
    return;
  }
  if (base !== 'BIGINT' && base !== 'TIMESTAMP') {
    reject(
      binding,
      'TS-4',
      span,
      `${pasteName(name)} is ${typeText(column.type)} and cannot tell a row's time.`,
      'Use a BIGINT, TIMESTAMP or STRING column.',
    );
  }
  if (clause.timestampFormat !== null) {
    reject(
      binding,
      'TS-3',
      clause.spanOf('TIMESTAMP_FORMAT'),
      `TIMESTAMP_FORMAT only goes with a STRING column; ${pasteName(name)} is ${base}.`,
      'Leave it out.',
    );
  }
}
