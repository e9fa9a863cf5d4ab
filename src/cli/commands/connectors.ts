// `trib connectors …`: the everyday verbs over a worker's REST API.
import { parseArgs } from 'node:util';
import { nearest } from '../../core/errors.ts';
import { type CliIo, UsageError } from '../io.ts';
import { call } from '../rest.ts';
import { table } from '../table.ts';

export const CONNECTORS_USAGE = `trib connectors list [-o json]              all connectors with state and tasks
trib connectors status <name> [-o json]     one connector with the cause of what failed
trib connectors pause|resume|stop <name…>
trib connectors restart <name…> [--only-failed] [--no-tasks]
trib connectors delete <name…>

  --server URL   the worker (default: $TRIB_SERVER or http://127.0.0.1:8083)
Example: trib connectors restart braze-sign-ups --only-failed`;

const VERBS = ['list', 'status', 'pause', 'resume', 'stop', 'restart', 'delete'] as const;

interface State {
  readonly state: string;
  readonly trace?: string;
}
interface Expanded {
  readonly status?: {
    readonly type: string;
    readonly connector: State;
    readonly tasks: readonly (State & { readonly id: number })[];
  };
}

/** Runs the command; answers the exit code. */
export async function connectors(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      server: { type: 'string' },
      output: { type: 'string', short: 'o' },
      'only-failed': { type: 'boolean' },
      'no-tasks': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [verb = values.help ? 'help' : 'list', ...names] = positionals;
  if (values.help || verb === 'help') {
    io.out(`${CONNECTORS_USAGE}\n`);
    return 0;
  }
  const server = values.server ?? io.environment['TRIB_SERVER'] ?? 'http://127.0.0.1:8083';
  const json = values.output === 'json';
  if (verb === 'list') return list(server, json, io);
  if (!VERBS.some((known) => known === verb)) {
    const suggestion = nearest(verb, VERBS);
    throw new UsageError(
      `"${verb}" is not a verb of trib connectors.${suggestion === null ? '' : ` Did you mean "${suggestion}"?`}`,
    );
  }
  if (names.length === 0) throw new UsageError(`trib connectors ${verb} needs the name of a connector.`);
  for (const name of names) {
    if (verb === 'status') await status(server, name, json, io);
    else await act(server, verb, name, values, io);
  }
  return 0;
}

async function list(server: string, json: boolean, io: CliIo): Promise<number> {
  const all = (await call(server, 'GET', '/connectors?expand=status')) as Record<string, Expanded>;
  if (json) {
    io.out(`${JSON.stringify(all, null, 2)}\n`);
    return 0;
  }
  const rows = Object.entries(all)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { status: shown }]) => {
      const tasks = shown?.tasks ?? [];
      const running = tasks.filter(({ state }) => state === 'RUNNING').length;
      return [name, shown?.type ?? '-', rolledUp(shown), `${running}/${tasks.length}`];
    });
  io.out(table(['NAME', 'TYPE', 'STATE', 'TASKS'], rows, [3]));
  return 0;
}

async function status(server: string, name: string, json: boolean, io: CliIo): Promise<void> {
  const shown = (await call(server, 'GET', `${pathOf(name)}/status`)) as NonNullable<Expanded['status']>;
  if (json) {
    io.out(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  const rows = [
    ['connector', shown.connector.state, firstLine(shown.connector.trace)],
    ...shown.tasks.map(({ id, state, trace }) => [`task ${id}`, state, firstLine(trace)]),
  ];
  io.out(table([name, 'STATE', 'CAUSE'], rows, []));
}

async function act(
  server: string,
  verb: string,
  name: string,
  flags: { readonly 'only-failed'?: boolean; readonly 'no-tasks'?: boolean },
  io: CliIo,
): Promise<void> {
  const path = pathOf(name);
  if (verb === 'delete') await call(server, 'DELETE', path);
  else if (verb === 'restart') {
    const query = `includeTasks=${!flags['no-tasks']}&onlyFailed=${flags['only-failed'] ?? false}`;
    await call(server, 'POST', `${path}/restart?${query}`);
  } else await call(server, 'PUT', `${path}/${verb}`);
  io.out(
    `${name}: ${{ delete: 'deleted', pause: 'pausing', resume: 'resuming', stop: 'stopping' }[verb] ?? 'restarting'}\n`,
  );
}

function rolledUp(status: Expanded['status']): string {
  if (status === undefined) return '-';
  if (status.connector.state !== 'RUNNING') return status.connector.state;
  const failed = status.tasks.filter(({ state }) => state === 'FAILED').length;
  if (failed === 0) return 'RUNNING';
  return failed === status.tasks.length ? 'FAILED' : 'DEGRADED';
}

function pathOf(name: string): string {
  return `/connectors/${encodeURIComponent(name)}`;
}

function firstLine(trace: string | undefined): string {
  return trace?.split('\n')[0] ?? '';
}
