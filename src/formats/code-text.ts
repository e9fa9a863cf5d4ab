// Text of generated functions: lines in order, constants by index, indented by their braces so that profiles and traces can be read.
//
// Law: nothing of a user's text gets into code. Names, symbols and schemas are constants (`k[3]`); only numbers and our own
// identifiers are put in lines.

export class CodeText {
  readonly constants: unknown[];
  private readonly lines: string[] = [];
  private names = 0;

  /** @param constants shared by the functions of one module. */
  constructor(constants: unknown[] = []) {
    this.constants = constants;
  }

  /** Appends lines. */
  add(...lines: string[]): void {
    for (const line of lines) this.lines.push(line);
  }

  /** An expression for a constant. */
  constant(value: unknown): string {
    const known = this.constants.indexOf(value);
    return `k[${known >= 0 ? known : this.constants.push(value) - 1}]`;
  }

  /** A fresh local name. */
  fresh(prefix: string): string {
    return `${prefix}${++this.names}`;
  }

  /** The text so far. */
  text(): string {
    let depth = 0;
    const laidOut = this.lines.map((line) => {
      if (line.startsWith('}')) depth--;
      const indented = '  '.repeat(depth + 1) + line;
      if (line.endsWith('{')) depth++;
      return indented;
    });
    return laidOut.join('\n');
  }
}

/** What a generated module is made of. */
export interface Generated {
  /** Names the function in profiles: `trib:<url>`. Made of our own words only. */
  readonly url: string;
  readonly code: CodeText;
  /** Functions the code calls, by the names it calls them. */
  readonly runtime: Readonly<Record<string, unknown>>;
  /** Signature of the function, e.g. `read(b, start, end)`. */
  readonly signature: string;
  /** Other functions that the code calls, whole. */
  readonly functions?: readonly string[];
  /** What the cursor `c` is made of, when it is more than a position. Our own words only. */
  readonly cursor?: string;
}

/** Turns the text into a function. */
export function compileCode<Fn>(module: Generated): Fn {
  const { url, code, runtime, signature, functions = [], cursor = '{ at: 0 }' } = module;
  const body = [
    `const { ${Object.keys(runtime).join(', ')} } = runtime;`,
    `const c = ${cursor};`,
    ...functions,
    `return function ${signature} {`,
    code.text(),
    '};',
    `//# sourceURL=trib:${url}`,
  ].join('\n');
  return new Function('k', 'runtime', body)(code.constants, runtime) as Fn;
}
