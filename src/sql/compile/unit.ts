// One generated function: its text, the constants it refers to and its temporary variables.
//
// Law: only this file puts values into generated text. Literals go through `literalText`; everything else becomes a named constant.
// Names of columns and users' texts never stand in code.
import type { Value } from '../../core/data/schema.ts';

/** What failed while rows were evaluated. Shared by all code of a task. */
export class Failures {
  count = 0;
  /** While set, nothing is counted: the same row is evaluated again. */
  muted = false;
  readonly #samples: string[] = [];
  #pending = false;

  /** An expression or a part of it failed: `undefined` says so to the code around it. */
  failed(error: unknown): undefined {
    this.#pending = true;
    this.#add(error instanceof Error ? error.message : String(error));
    return undefined;
  }
  /** A whole expression is null because it failed. `what` names it. */
  lost(what: string): null {
    if (this.#pending) this.#pending = false;
    else this.#add(`${what}: an operand is null.`);
    return null;
  }
  /** A row was dropped. */
  dropped(what: string): void {
    this.#add(what);
  }
  take(): { readonly count: number; readonly samples: readonly string[] } {
    const taken = { count: this.count, samples: this.#samples.splice(0) };
    this.count = 0;
    return taken;
  }
  #add(message: string): void {
    if (this.muted) return;
    this.count++;
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(message);
  }
}
const SAMPLES_MAX = 20;

export class Unit {
  readonly #constants = new Map<string, unknown>();
  readonly #byValue = new Map<unknown, string>();
  readonly #frames: string[][] = [[]];
  readonly #helpers: string[] = [];
  #next = 0;

  /** A fresh name that begins like `hint`. */
  name(hint: string): string {
    return `${hint}${++this.#next}`;
  }
  /** The name under which the code sees the value. */
  constant(value: unknown, hint: string): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const name = this.name(hint);
    this.#constants.set(name, value);
    if (typeof value === 'function' || typeof value === 'object') this.#byValue.set(value, name);
    return name;
  }
  /** A variable for an intermediate value, used at one place of the text. */
  temp(): string {
    const name = this.name('t');
    this.#frames.at(-1)!.push(name);
    return name;
  }
  /** The text that `make` makes, as the body of one function: its temporaries are declared there and are plain locals. */
  frame(make: () => string): string {
    this.#frames.push([]);
    const body = make();
    const temps = this.#frames.pop()!;
    return temps.length === 0 ? body : `let ${temps.join(', ')};\n${body}`;
  }
  /** A function that calls `target` and answers undefined when it throws. */
  guarded(target: string, arity: number): string {
    const name = this.name('call');
    const args = Array.from({ length: arity }, (_, index) => `a${index}`).join(', ');
    this.#helpers.push(
      `function ${name}(${args}) {\n  try { return ${target}(${args}); } catch (error) { return failures.failed(error); }\n}`,
    );
    return name;
  }
  /** Adds a function declaration beside the main text. */
  helper(text: string): void {
    this.#helpers.push(text);
  }
  /** All text: constants, temporaries, helpers, then `body`, which returns what the unit makes. */
  text(body: string): string {
    const names = [...this.#constants.keys()];
    const lines = ["'use strict';"];
    if (names.length > 0) lines.push(`const { ${names.join(', ')} } = constants;`);
    const temps = this.#frames[0]!;
    if (temps.length > 0) lines.push(`let ${temps.join(', ')};`);
    return [...lines, ...this.#helpers, body].join('\n');
  }
  /** Runs the text. `parameters` are visible by name. */
  build<T>(body: string, sourceUrl: string, parameters: Readonly<Record<string, unknown>>): T {
    const names = Object.keys(parameters);
    const text = `${this.text(body)}\n//# sourceURL=trib:${sourceUrl.replace(/[^A-Za-z0-9_/.-]/g, '_')}`;
    const make = new Function('constants', ...names, text) as (...args: unknown[]) => T;
    return make(Object.fromEntries(this.#constants), ...Object.values(parameters));
  }
}

/** A plain value as JavaScript text; null when it must be a constant. */
export function literalText(value: Value): string | null {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    case 'boolean':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : value < 0 ? `(${value})` : String(value);
    default:
      return null;
  }
}
