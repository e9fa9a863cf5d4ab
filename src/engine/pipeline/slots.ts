// Which columns of a row are kept in a store or an internal topic, and where: places are given at first use.
//
// Law: a column that no code asks for is not kept. So code above a store is generated before the code that fills it.
import type { Code } from '../../sql/compile/code.ts';
import { nullable } from './flow.ts';

export class Slots {
  readonly #columns: number[] = [];
  readonly #paths: (readonly number[])[] = [];

  /** The place of a column, or of a path into it. */
  slot(column: number, path: readonly number[] = []): number {
    for (let i = 0; i < this.#columns.length; i++) {
      if (this.#columns[i] === column && samePath(this.#paths[i]!, path)) return i;
    }
    this.#columns.push(column);
    this.#paths.push(path);
    return this.#columns.length - 1;
  }
  /** The cell out of the row variable `row`, which may be null unless `present`. */
  cell(row: string, present: boolean, column: number, path: readonly number[]): Code {
    const text = `${row}[${this.slot(column, path)}]`;
    return nullable(present ? text : `(${row} === null ? null : ${text})`);
  }
  /** What stands in each place. */
  get kept(): readonly (readonly [column: number, path: readonly number[]])[] {
    return this.#columns.map((column, index) => [column, this.#paths[index]!]);
  }
}

function samePath(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((step, index) => step === right[index]);
}
