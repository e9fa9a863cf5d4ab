// Accumulators of one aggregation as code: a state row has one cell an aggregate.
//
// An aggregate that fails stops the query (E-RUN-10); an argument that fails is null.
import type { Cells } from '../../sql/compile/code.ts';
import type { AggregateCode } from '../../sql/functions/registry.ts';
import type { AggregateNode } from '../../sql/plan/nodes.ts';
import type { Generation } from './generation.ts';

export class Fold {
  readonly codes: readonly AggregateCode[];
  readonly names: readonly string[];
  readonly #generation: Generation;
  readonly #node: AggregateNode;

  constructor(generation: Generation, node: AggregateNode) {
    this.#generation = generation;
    this.#node = node;
    this.codes = node.calls.map((call) => generation.functions.bindAggregate(call, generation.context));
    this.names = this.codes.map((code) => generation.part.unit.constant(code, 'aggregate'));
  }

  /** Declares `after`: the state `before` (null: none yet) with one more row. */
  add(before: string, after: string, cells: Cells): readonly string[] {
    const states = this.names.map((name, index) => {
      const state = `${before} === null ? ${name}.initial : ${before}[${index}]`;
      return `${name}.add(${[state, ...this.arguments(index, cells)].join(', ')})`;
    });
    return [`const ${after} = [${states.join(', ')}];`];
  }

  /** Declares `after`: the state without a row that was added before. */
  undo(before: string, after: string, cells: Cells): readonly string[] {
    const states = this.names.map((name, index) => {
      const state = `${before} === null ? ${name}.initial : ${before}[${index}]`;
      return `${name}.undo(${[state, ...this.arguments(index, cells)].join(', ')})`;
    });
    return [`const ${after} = [${states.join(', ')}];`];
  }

  /** Texts of the arguments of one call. */
  arguments(index: number, cells: Cells): readonly string[] {
    const call = this.#node.calls[index]!;
    return call.args.map((arg) => this.#generation.compiler.value(arg, cells, call.name).text);
  }

  /** Text of the result of one call. */
  result(index: number, state: string): string {
    return `${this.names[index]}.result(${state}[${index}])`;
  }
}
