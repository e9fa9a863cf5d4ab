// Evaluates an expression in QuickJS: the whole of JavaScript, without anything of this process.
//
// Law: the guest asks for members of the record one by one, in text (`guest.ts`), so what an expression does not read is never
// copied; objects of the host are known to the guest by number only, and the numbers are void with the next record.
// Law: an evaluation ends after so much processor time and within so much memory, whatever the expression does; then the
// runtime is thrown away.
import type { QuickJSContext, QuickJSHandle, QuickJSRuntime } from 'quickjs-emscripten-core';
import type { ConnectRecord } from '../../../connect/records.ts';
import { Struct } from '../../../core/data/schema.ts';
import { TributaryError } from '../../../core/errors.ts';
import { ExpressionError } from './compiled-expression.ts';
import type { ScriptEngine } from './engine.ts';
import { guestSource } from './guest.ts';
import {
  type Holder,
  memberOf,
  namesIn,
  SchemaView,
  type Seen,
  schemaMethod,
  type Variable,
  variableOf,
} from './record-view.ts';

const MEMORY_BYTES = 8 * 1024 * 1024;
const STACK_BYTES = 256 * 1024;
/** Processor time, not the clock's: a process that was held up has done nothing wrong. Looked at every 10,000 branches and calls. */
const CPU_MAX_MICROS = 100_000;

/** The expression in its runtime. Its parts end from the inside out: the engine aborts over a runtime with anything left in it. */
class Guest {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  readonly evaluate: QuickJSHandle;

  constructor(runtime: QuickJSRuntime, context: QuickJSContext, evaluate: QuickJSHandle) {
    this.runtime = runtime;
    this.context = context;
    this.evaluate = evaluate;
  }

  dispose(): void {
    if (this.evaluate.alive) this.evaluate.dispose();
    if (this.context.alive) this.context.dispose();
    if (this.runtime.alive) this.runtime.dispose();
  }
}

export class Sandbox {
  readonly #engine: ScriptEngine;
  readonly #source: string;
  #guest: Guest | null = null;
  #startedMicros = -1;
  #isOverTime = false;
  #record: ConnectRecord | null = null;
  #holders: Holder[] = [];

  /** @param body statements of a function whose parameters are the variables named. */
  constructor(engine: ScriptEngine, body: string, variables: readonly Variable[]) {
    this.#engine = engine;
    this.#source = guestSource(body, variables);
  }

  /** What the expression gives for a record; an object as the text of its kind. Throws ExpressionError. */
  evaluate(record: ConnectRecord): Seen {
    this.#record = record;
    try {
      this.#guest ??= this.#start();
      this.#resetTime();
      const { context, evaluate } = this.#guest;
      const outcome = context.callFunction(evaluate, context.undefined);
      if (outcome.error) {
        outcome.error.dispose();
        throw this.#overLimit();
      }
      const text = context.getString(outcome.value);
      outcome.value.dispose();
      return resultOf(text);
    } catch (error) {
      if (error instanceof ExpressionError) throw error;
      throw this.#aborted(error);
    } finally {
      this.#record = null;
      this.#holders = [];
    }
  }

  #resetTime(): void {
    this.#startedMicros = -1;
    this.#isOverTime = false;
  }

  #start(): Guest {
    this.#resetTime();
    const runtime = this.#engine.runtime();
    runtime.setMemoryLimit(MEMORY_BYTES);
    runtime.setMaxStackSize(STACK_BYTES);
    // The runtime is given back when this sandbox is collected, so nothing that the runtime holds may hold the sandbox.
    const self = new WeakRef(this);
    runtime.setInterruptHandler(() => self.deref()?.isOverTime() ?? true);
    const context = runtime.newContext();
    const read = context.newFunction('read', (request) =>
      context.newString(self.deref()?.answer(context.getString(request)) ?? 'u'),
    );
    const made = context.unwrapResult(context.evalCode(this.#source, 'expression.js'));
    const evaluate = context.unwrapResult(context.callFunction(made, context.undefined, read));
    made.dispose();
    read.dispose();
    const guest = new Guest(runtime, context, evaluate);
    this.#engine.disposeWith(this, guest);
    return guest;
  }

  /** Asked by the interpreter while it runs. */
  isOverTime(): boolean {
    const micros = cpuMicros();
    if (this.#startedMicros < 0) this.#startedMicros = micros;
    this.#isOverTime = micros - this.#startedMicros > CPU_MAX_MICROS;
    return this.#isOverTime;
  }

  /** What the guest asked for: `v<variable>`, `m<number>:<member>`, `s<number>:<method of a schema>`, `n<number>` (names). */
  answer(request: string): string {
    const kind = request[0];
    if (kind === 'v') return this.#shown(variableOf(this.#record!, request.slice(1) as Variable));
    const colon = request.indexOf(':');
    const holder = this.#holders[Number(request.slice(1, colon < 0 ? undefined : colon))];
    if (holder === undefined) return 'u';
    const name = request.slice(colon + 1);
    if (kind === 'm') return this.#shown(memberOf(holder, name));
    if (kind === 's' && holder instanceof SchemaView) return this.#shown(schemaMethod(holder, name));
    return kind === 'n' ? JSON.stringify(namesIn(holder)) : 'u';
  }

  #shown(value: Seen): string {
    if (value === undefined) return 'u';
    if (value === null) return 'z';
    switch (typeof value) {
      case 'string':
        return `s${value}`;
      case 'number':
        return Object.is(value, -0) ? 'd-0' : `d${value}`;
      case 'bigint':
        return `i${value}`;
      case 'boolean':
        return value ? 't' : 'f';
      default:
        return this.#shownHolder(value);
    }
  }

  #shownHolder(value: Holder): string {
    if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`;
    const number = this.#holders.push(value) - 1;
    if (Array.isArray(value)) return `a${number}:${value.length}`;
    return `${value instanceof SchemaView ? 'c' : 'o'}${number}`;
  }

  #overLimit(): ExpressionError {
    const isTime = this.#isOverTime;
    this.#discard();
    return new ExpressionError(
      isTime ? 'it ran too long and was stopped' : 'it needs more memory or deeper calls than it may have',
    );
  }

  #aborted(cause: unknown): TributaryError {
    this.#guest = null;
    this.#engine.broken();
    return new TributaryError('TRIB_DATA_TRANSFORM', 'fatal', {
      what: 'The script engine broke down while it evaluated an expression.',
      cause,
    });
  }

  #discard(): void {
    const guest = this.#guest;
    this.#guest = null;
    if (guest !== null) this.#engine.dispose(guest);
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function resultOf(text: string): Seen {
  const rest = text.slice(1);
  switch (text[0]) {
    case 's':
      return rest;
    case 't':
      return true;
    case 'f':
      return false;
    case 'z':
      return null;
    case 'u':
      return undefined;
    case 'd':
      return Number(rest);
    case 'i':
      return BigInt(rest);
    case 'o':
      return OBJECT;
    default:
      throw new ExpressionError(rest);
  }
}

/** Stands for any object that an expression gives: none of them is of use. */
const OBJECT = new Struct({ kind: 'struct', optional: false, fields: [] }, []);
