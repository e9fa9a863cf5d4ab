// `trib connectors …`: the everyday verbs over a worker's REST API.
import { retryText } from '../../core/retry-text.ts';
import { CLIENT_FLAGS, CLIENT_HELP, Client, fitted, verbOf } from '../client.ts';
import { type CliIo, readArgs, UsageError } from '../io.ts';
import { RestFailure } from '../rest.ts';
import { table } from '../table.ts';
import { applyFiles, type ReadConnectors, validateFiles } from './connectors-apply.ts';
import { offsets } from './connectors-offsets.ts';

export const CONNECTORS_USAGE = `trib connectors list                        all connectors with state and tasks
trib connectors show <name>                 one connector with the cause of what failed (or: status)
trib connectors config <name>               its config; secrets are hidden
trib connectors topics <name>               what it has read or written
trib connectors apply -f <file…>            creates or updates (or: create); JSON in both shapes of Connect, or .properties
                                            (- is stdin); several files in one go: nothing is changed when one is refused
trib connectors validate -f <file…>         checks only
trib connectors pause|resume|stop <name…>
trib connectors restart <name…>             with its tasks; --no-tasks: not these; --only-failed: only what failed
trib connectors delete <name…>
trib connectors offsets <name>              committed offsets
trib connectors offsets <name> --set topic:partition=offset [--set …]
trib connectors offsets <name> --to-time 2026-11-24T14:00:00Z | --to-earliest | --to-latest | --reset
                                            --dry-run shows what that would do; the connector must be stopped
trib connectors plugins [--all]             what can be run here

${CLIENT_HELP}
  Exit codes: 0 done, 2 wrong use, 3 invalid config, 4 not found, 5 conflict, 7 not reachable.
Example: trib connectors restart braze-sign-ups --only-failed`;

const VERBS = [
  ...['list', 'show', 'status', 'config', 'topics', 'apply', 'create', 'validate', 'pause', 'resume', 'stop'],
  ...['restart', 'delete', 'offsets', 'plugins'],
] as const;
/** Exit code of a worker that does not answer: the next name would fare no better. */
const UNREACHABLE = 7;
const ALONE = new Set(['list', 'plugins', 'apply', 'create', 'validate']);

interface State {
  readonly state: string;
  readonly trace?: string;
}
interface Status {
  readonly type: string;
  readonly connector: State & { readonly worker_id: string };
  readonly tasks: readonly (State & {
    readonly id: number;
    readonly worker_id: string;
    readonly restarts_at: number | null;
    /** Not told by older workers. */
    readonly retrying?: { readonly since: string; readonly attempts: number; readonly message: string } | null;
  })[];
}
interface Plugin {
  readonly class: string;
  readonly type: string;
  readonly version?: string;
}

/** Runs the command; answers the exit code. `read` understands connector files. */
export async function connectors(args: readonly string[], io: CliIo, read: ReadConnectors): Promise<number> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_FLAGS,
      file: { type: 'string', short: 'f', multiple: true },
      'only-failed': { type: 'boolean' },
      tasks: { type: 'boolean' },
      'no-tasks': { type: 'boolean' },
      all: { type: 'boolean' },
      set: { type: 'string', multiple: true },
      'to-time': { type: 'string' },
      'to-earliest': { type: 'boolean' },
      'to-latest': { type: 'boolean' },
      reset: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
    },
  });
  const [given = values.help ? 'help' : 'list', ...names] = positionals;
  if (values.help || given === 'help') {
    io.out(`${CONNECTORS_USAGE}\n`);
    return 0;
  }
  const client = new Client(values, io);
  const verb = verbOf('connectors', given, VERBS as readonly string[]);
  if (names.length === 0 && !ALONE.has(verb))
    throw new UsageError(`trib connectors ${verb} needs the name of a connector.`);
  if (verb === 'list') return list(client, io);
  if (verb === 'plugins') return plugins(client, values.all === true, io);
  if (verb === 'apply' || verb === 'create') return applyFiles([...(values.file ?? []), ...names], client, io, read);
  if (verb === 'validate') return validateFiles([...(values.file ?? []), ...names], client, io, read);
  if (verb === 'offsets') return offsets(names, values, client, io);
  return each(names, (name) => one(verb, name, values, client, io), io);
}

/** A name that is refused does not keep the others from being served; the last failure gives the exit code. */
async function each(names: readonly string[], act: (name: string) => Promise<void>, io: CliIo): Promise<number> {
  let code = 0;
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      if (!(error instanceof RestFailure) || error.code === UNREACHABLE || names.length === 1) throw error;
      io.err(`error  ${error.message}\n`);
      code = error.code;
    }
  }
  return code;
}

async function one(
  verb: string,
  name: string,
  flags: { readonly 'only-failed'?: boolean; readonly 'no-tasks'?: boolean },
  client: Client,
  io: CliIo,
): Promise<void> {
  if (verb === 'show' || verb === 'status') await show(client, name, io);
  else if (verb === 'config') await config(client, name, io);
  else if (verb === 'topics') await topics(client, name, io);
  else await act(client, verb, name, flags, io);
}

async function list(client: Client, io: CliIo): Promise<number> {
  const all = (await client.call('GET', '/connectors?expand=status&details=true')) as Record<
    string,
    { readonly status?: Status }
  >;
  if (client.json) {
    client.document(all);
    return 0;
  }
  const rows = Object.entries(all)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { status }]) => {
      const tasks = status?.tasks ?? [];
      const running = tasks.filter(({ state }) => state === 'RUNNING').length;
      const broken = [status?.connector, ...tasks].find((one) => one?.trace)?.trace;
      const cause = firstLine(broken) || (tasks.map(tryingAgain).find((one) => one !== '') ?? '');
      return [name, status?.type ?? '-', rolledUp(status), `${running}/${tasks.length}`, fitted(cause, 90, io)];
    });
  io.out(table(['NAME', 'TYPE', 'STATE', 'TASKS', 'CAUSE'], rows, [3]));
  return 0;
}

async function show(client: Client, name: string, io: CliIo): Promise<void> {
  const status = (await client.about(name, 'GET', '/status?details=true')) as Status;
  if (client.json) {
    client.document(status);
    return;
  }
  const rows = [
    ['connector', status.connector.state, status.connector.worker_id, firstLine(status.connector.trace)],
    ...status.tasks.map((task) => {
      const again = task.restarts_at === null ? '' : ` (restarts at ${new Date(task.restarts_at).toISOString()})`;
      return [`task ${task.id}`, task.state, task.worker_id, (firstLine(task.trace) || tryingAgain(task)) + again];
    }),
  ];
  io.out(table([name, 'STATE', 'WORKER', 'CAUSE'], rows, []));
}

async function config(client: Client, name: string, io: CliIo): Promise<void> {
  const settings = (await client.about(name, 'GET', '/config')) as Record<string, string | null>;
  if (client.json) client.document(settings);
  else {
    const lines = Object.keys(settings)
      .sort()
      .map((key) => `${key}=${settings[key] ?? ''}\n`);
    io.out(lines.join(''));
  }
}

async function topics(client: Client, name: string, io: CliIo): Promise<void> {
  // An unknown connector has no topics in this API: it is asked for first.
  await client.about(name, 'GET', '/config');
  const answer = (await client.about(name, 'GET', '/topics')) as Record<string, { readonly topics: readonly string[] }>;
  if (client.json) client.document(answer);
  else io.out((answer[name]?.topics ?? []).map((topic) => `${topic}\n`).join(''));
}

async function plugins(client: Client, all: boolean, io: CliIo): Promise<number> {
  const found = (await client.call('GET', `/connector-plugins?connectorsOnly=${!all}`)) as readonly Plugin[];
  if (client.json) client.document(found);
  else
    io.out(
      table(
        ['CLASS', 'TYPE', 'VERSION'],
        found.map((one) => [one.class, one.type, one.version ?? '-']),
        [],
      ),
    );
  return 0;
}

async function act(
  client: Client,
  verb: string,
  name: string,
  flags: { readonly 'only-failed'?: boolean; readonly 'no-tasks'?: boolean },
  io: CliIo,
): Promise<void> {
  if (verb === 'delete') await client.about(name, 'DELETE');
  else if (verb === 'restart') {
    const query = `includeTasks=${!flags['no-tasks']}&onlyFailed=${flags['only-failed'] ?? false}`;
    await client.about(name, 'POST', `/restart?${query}`);
  } else await client.about(name, 'PUT', `/${verb}`);
  const done = { delete: 'deleted', pause: 'pausing', resume: 'resuming', stop: 'stopping' }[verb] ?? 'restarting';
  if (client.json) client.rows([{ connector: name, done }]);
  else io.out(`${name}: ${done}\n`);
}

function rolledUp(status: Status | undefined): string {
  if (status === undefined) return '-';
  if (status.connector.state !== 'RUNNING') return status.connector.state;
  const failed = status.tasks.filter(({ state }) => state === 'FAILED').length;
  if (failed === 0) return 'RUNNING';
  return failed === status.tasks.length ? 'FAILED' : 'DEGRADED';
}

function tryingAgain({ retrying }: Status['tasks'][number]): string {
  if (retrying === null || retrying === undefined) return '';
  return retryText({ ...retrying, sinceMs: Date.parse(retrying.since) }, Date.now());
}

function firstLine(trace: string | undefined): string {
  return trace?.split('\n')[0] ?? '';
}
