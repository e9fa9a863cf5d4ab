// Row time out of a column: WITH (TIMESTAMP=…) of sources and sinks (streams-and-tables.md §5).

import type { Long, Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Code } from '../../sql/compile/code.ts';
import { type SqlType, STRING, TIMESTAMP } from '../../sql/types/sql-type.ts';
import type { Generation } from './generation.ts';

interface TimestampColumn {
  readonly format: string | null;
  readonly throwOnInvalid: boolean;
  readonly type: SqlType;
}

/** Declares `time`. `otherwise` is `condition ? text`, for rows that have no such column; a row without valid time leaves. */
export function extractTimeText(
  generation: Generation,
  column: TimestampColumn,
  cell: Code,
  otherwise: string,
  exit: string,
  name = 'time',
): string {
  const { unit } = generation.part;
  const read = unit.constant(timeReader(generation, column), 'timeOf');
  return [`const ${name} = ${otherwise} : ${read}(${cell.text}, failures);`, `if (${name} < 0) ${exit}`].join('\n');
}

type Reader = (cell: Value, failures: { dropped(what: string): void }) => number;

/** −1: no valid time; counted. */
function timeReader(generation: Generation, column: TimestampColumn): Reader {
  const parse = column.format === null ? null : parser(generation, column.format);
  return (cell, failures) => {
    let time = -1;
    let cause = 'is null or negative';
    if (cell !== null) {
      if (parse === null) time = Number(cell as Long);
      else {
        try {
          time = Number(parse(cell));
        } catch (error) {
          cause = error instanceof Error ? error.message : String(error);
        }
      }
    }
    if (time >= 0) return time;
    const what = `The timestamp column ${cause}: ${String(cell)}.`;
    if (column.throwOnInvalid) {
      throw new TributaryError('TRIB_SQL_RUN_2', 'fatal', {
        what,
        fix: 'Mend the record, or set ksql.timestamp.throw.on.invalid to false to skip such rows.',
      });
    }
    failures.dropped(what);
    return -1;
  };
}

/** Texts are parsed as PARSE_TIMESTAMP does. */
function parser(generation: Generation, format: string): (cell: Value) => Value {
  const { functions, context } = generation;
  const call = functions.resolveScalar('PARSE_TIMESTAMP', [{ type: STRING }, { type: STRING, literal: format }]);
  const code = functions.bindScalar({ ...call, returns: TIMESTAMP }, context);
  return (cell) => code.evaluate(cell, format);
}
