// `trib`: finds the command, loads only that, and turns errors into exit codes.
import { nearest, TributaryError } from '../core/errors.ts';
import type { ReadConnectors } from './commands/connectors-apply.ts';
import type { StartHost } from './commands/run.ts';
import { type CliIo, UsageError } from './io.ts';

/** Runs one command; answers the exit code. */
export type Command = (args: readonly string[], io: CliIo) => Promise<number>;

/** What only main can give: parts that know adapters, and commands of their own. Each is loaded when it is needed. */
export interface CliParts {
  startHost(): Promise<StartHost>;
  /** Understands connector files. */
  readConnectors(): Promise<ReadConnectors>;
  /** Further commands by name. */
  readonly commands: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>>;
  readonly version: string;
}

const OWN = {
  run: 'start a worker: connectors, SQL, back-fills, page',
  demo: 'start the three demo pipelines on recorded data, no service needed',
  connectors: 'list, show, apply, pause, resume, restart, delete, offsets over REST',
  dlq: 'list, show and replay dead letters over REST',
} as const;

/** Runs `trib` with the arguments after its name; answers the exit code. */
export async function trib(args: readonly string[], io: CliIo, parts: CliParts): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(helpText(parts));
    return 0;
  }
  if (name === '--version' || name === 'version') {
    io.out(`${parts.version}\n`);
    return 0;
  }
  try {
    const command = await commandOf(name, parts);
    return await command(rest, io);
  } catch (error) {
    return explain(error, io);
  }
}

async function commandOf(name: string, parts: CliParts): Promise<Command> {
  if (name === 'run' || name === 'server' || name === 'demo') {
    const [{ run }, startHost] = await Promise.all([import('./commands/run.ts'), parts.startHost()]);
    return (args, io) => run(name === 'demo' ? ['config/demo/worker.json', ...args] : args, io, startHost);
  }
  if (name === 'connectors' || name === 'connector' || name === 'c') {
    const [{ connectors }, read] = await Promise.all([import('./commands/connectors.ts'), parts.readConnectors()]);
    return (args, io) => connectors(args, io, read);
  }
  if (name === 'dlq' || name === 'dead-letters' || name === 'dl') return (await import('./commands/dlq.ts')).dlq;
  const other = parts.commands[name];
  if (other !== undefined) return other.load();
  const suggestion = nearest(name, [...Object.keys(OWN), ...Object.keys(parts.commands)]);
  throw new UsageError(
    `"${name}" is not a command of trib.${suggestion === null ? '' : ` Did you mean "trib ${suggestion}"?`} See trib --help.`,
  );
}

function helpText(parts: CliParts): string {
  const commands = [
    ...Object.entries(OWN),
    ...Object.entries(parts.commands).map(([name, { summary }]) => [name, summary] as const),
  ];
  const width = Math.max(...commands.map(([name]) => name.length));
  return `trib ${parts.version}: Kafka Connect host, streaming SQL and an exact Braze sink in one process

Usage: trib <command> [arguments]

${commands.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

  trib <command> --help explains a command. trib --version prints the version.
  Exit codes: 0 done, 1 failed, 2 wrong use, 3 invalid config or SQL, 4 not found, 5 conflict, 7 not reachable.

First steps:
  trib demo                         three pipelines on recorded data
  trib run worker.json              a worker of your own
  trib connectors list              what runs
`;
}

function explain(error: unknown, io: CliIo): number {
  if (error instanceof UsageError || isArgumentError(error)) {
    io.err(`error  ${(error as Error).message}\n`);
    return 2;
  }
  if (error instanceof TributaryError && error.kind !== 'bug') {
    io.err(`error ${error.code}  ${error.message}\n`);
    return { config: 3, sql: 3, notFound: 4, conflict: 5, transient: 7, data: 1, fenced: 5, fatal: 1, bug: 1 }[
      error.kind
    ];
  }
  const code = (error as { code?: unknown }).code;
  if (error instanceof Error && typeof code === 'number') {
    io.err(`error  ${error.message}\n`);
    return code;
  }
  io.err(
    `error  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a fault of trib: please report it.\n`,
  );
  return 1;
}

function isArgumentError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code ?? '').startsWith('ERR_PARSE_ARGS');
}
