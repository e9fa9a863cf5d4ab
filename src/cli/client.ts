// What every command that talks to a worker has in common: its flags, its verbs, and errors that say what was probably meant.
import { nearest } from '../core/errors.ts';
import { type CliIo, UsageError } from './io.ts';
import { call, RestFailure } from './rest.ts';

/** Flags of every such command. */
export const CLIENT_FLAGS = {
  server: { type: 'string' },
  /** The same as `--server`. */
  url: { type: 'string' },
  output: { type: 'string', short: 'o' },
  /** The same as `-o json`. */
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Lines of help about these flags. */
export const CLIENT_HELP = `  --server URL   the worker (or --url; default: $TRIB_SERVER or http://127.0.0.1:8083)
  --json         for programs (or -o json)`;

interface ClientValues {
  readonly server?: string | undefined;
  readonly url?: string | undefined;
  readonly output?: string | undefined;
  readonly json?: boolean | undefined;
}

/** A worker's API, and how the user wants to see its answers. */
export class Client {
  readonly server: string;
  readonly json: boolean;
  readonly #io: CliIo;

  constructor(values: ClientValues, io: CliIo) {
    if (values.output !== undefined && !['json', 'table'].includes(values.output)) {
      throw new UsageError(`-o is "${values.output}". Use json or table.`);
    }
    this.server = values.server ?? values.url ?? io.environment['TRIB_SERVER'] ?? 'http://127.0.0.1:8083';
    this.json = values.json === true || values.output === 'json';
    this.#io = io;
  }

  call(method: string, path: string, body?: unknown): Promise<unknown> {
    return call(this.server, method, path, body);
  }

  /** A call about one connector; when there is none of that name, the nearest that there is is named. */
  async about(name: string, method: string, path = '', body?: unknown): Promise<unknown> {
    try {
      return await this.call(method, `${connectorPath(name)}${path}`, body);
    } catch (error) {
      if (error instanceof RestFailure && error.code === 4) throw await this.#missing(name, error);
      throw error;
    }
  }

  /** One JSON document. */
  document(value: unknown): void {
    this.#io.out(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One JSON row a line. */
  rows(values: readonly unknown[]): void {
    for (const value of values) this.#io.out(`${JSON.stringify(value)}\n`);
  }

  async #missing(name: string, error: RestFailure): Promise<RestFailure> {
    const names = (await this.call('GET', '/connectors')) as readonly string[];
    // The connector is there: something else of it is not.
    if (names.includes(name)) return error;
    const near = nearest(name, names);
    const hint = near === null ? 'See "trib connectors list".' : `Did you mean "${near}"?`;
    return new RestFailure(`There is no connector "${name}". ${hint}`, error.code);
  }
}

/** `/connectors/<name>`. */
export function connectorPath(name: string): string {
  return `/connectors/${encodeURIComponent(name)}`;
}

/** The verb as it is known; else wrong use, with the nearest. */
export function verbOf<V extends string>(command: string, verb: string, verbs: readonly V[]): V {
  const known = verbs.find((one) => one === verb);
  if (known !== undefined) return known;
  const near = nearest(verb, verbs);
  const hint = near === null ? `Use one of: ${verbs.join(', ')}.` : `Did you mean "${near}"?`;
  throw new UsageError(`"${verb}" is not a verb of trib ${command}. ${hint}`);
}

/** Cut to the width of a column on a terminal; whole where a program reads. */
export function fitted(text: string, cells: number, io: CliIo): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return io.isTerminal && line.length > cells ? `${line.slice(0, cells - 1)}…` : line;
}
