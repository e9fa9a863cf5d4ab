// Evaluations that fail only after much work. One is stopped in time, but a batch of them, one after the other, stops the whole
// process: 500 records of an endless loop are a minute without any other connector or answer.
//
// Law: what such failures take of a task's time is bounded. Then the task ends, whatever `errors.tolerance` says: no record is
// passed over, and a restart goes on from the last commit.

import { TributaryError } from '../../../core/errors.ts';
import { ExpressionError } from './compiled-expression.ts';

/** A failure that took less is that of a record, not of the expression. */
const COSTLY_MICROS = 10_000;
const BUDGET_MICROS = 500_000;
/** What an evaluation that went well gives back. */
const GIVEN_BACK_MICROS = 1000;

export class FailureCosts {
  readonly #setting: string;
  #debtMicros = 0;

  constructor(setting: string) {
    this.#setting = setting;
  }

  /** Runs an evaluation. Throws what it throws, or `fatal` when those that failed have taken too much time. */
  watch<T>(evaluate: () => T): T {
    const startMicros = cpuMicros();
    try {
      const result = evaluate();
      if (this.#debtMicros > 0) this.#debtMicros -= GIVEN_BACK_MICROS;
      return result;
    } catch (error) {
      const micros = cpuMicros() - startMicros;
      if (!(error instanceof ExpressionError) || micros < COSTLY_MICROS) throw error;
      this.#debtMicros += micros;
      if (this.#debtMicros < BUDGET_MICROS) throw error;
      throw new TributaryError('TRIB_EXPRESSION_COSTLY', 'fatal', {
        what: `The expression of "${this.#setting}" failed for record after record, and only after long work: ${error.message}.`,
        fix: 'Mend the expression: look for an endless loop, or a pattern that goes back for ever. No record was passed over.',
        cause: error,
      });
    }
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
