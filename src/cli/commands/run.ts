// `trib run`: starts a worker, says where it is, shows a line a pipeline, and stops cleanly.
import { isTransient, TributaryError } from '../../core/errors.ts';
import { type Facts, pipelines } from '../../lineage/graph.ts';
import { type CliIo, readArgs, UsageError } from '../io.ts';
import { table } from '../table.ts';
import { type Screen, screenOn } from './screen.ts';

export const RUN_USAGE = `trib run [worker.json] [--until-caught-up] [--no-table] [--log]

Starts a worker with the settings of a file (JSON or properties); without one, everything is embedded under .trib.
  --until-caught-up   end when everything is delivered: exit code 0, or 1 when something failed
                      (for a worker that stands alone: not with group.id)
  --no-table          do not print the table of pipelines
  --log               every line of the log on a terminal too, which otherwise shows warnings and errors
Figures of the table count from this start. trib demo is trib run config/demo/worker.json: three pipelines on recorded data.
Example: trib run config/demo/worker.json`;

/** A started worker, as the command sees it. */
export interface RunningHost {
  readonly urls: { readonly rest: string; readonly ksql: string | null; readonly page: string | null };
  /** Lines for people about what was found at start: adapters, plugins, files that were left out. */
  readonly notes: readonly string[];
  /** Files and plugins that were left out: the run does not end with success. */
  readonly problems: readonly string[];
  facts(): Promise<Facts>;
  /** Resolves when all is delivered, something failed, or the signal aborts. */
  caughtUp(signal: AbortSignal): Promise<{ readonly done: boolean; readonly failures?: readonly string[] }>;
  /** Writes an error to the log that nobody has caught. Secrets are hidden. */
  complain(text: string): void;
  close(): Promise<void>;
}

/** Starts a worker; handed in by main, which alone knows the adapters. Waits for services that are down, telling so. */
export type StartHost = (options: {
  readonly file: string | null;
  /** The run is to end by itself: refused where that cannot be told. */
  readonly untilCaughtUp: boolean;
  readonly signal: AbortSignal;
  say(line: string): void;
  /** A line of the log where no file is set for it. */
  log(line: string): void;
}) => Promise<RunningHost>;

const LIVE_MS = 1000;
const PERIODIC_MS = 10_000;

/** Runs the command; answers the exit code. */
export async function run(args: readonly string[], io: CliIo, start: StartHost): Promise<number> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'until-caught-up': { type: 'boolean' },
      'no-table': { type: 'boolean' },
      log: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(`${RUN_USAGE}\n`);
    return 0;
  }
  if (positionals.length > 1) throw new UsageError(`trib run takes one worker file, not ${positionals.length}.`);
  const stop = new AbortController();
  let cutShort = 0;
  const release = io.onInterrupt((exitCode) => {
    cutShort = exitCode;
    stop.abort();
  });
  try {
    const code = await runHost(positionals[0] ?? null, values, io, start, stop.signal);
    return code === 'cut short' ? cutShort : code;
  } finally {
    release();
  }
}

async function runHost(
  file: string | null,
  flags: { readonly 'until-caught-up'?: boolean; readonly 'no-table'?: boolean; readonly log?: boolean },
  io: CliIo,
  start: StartHost,
  signal: AbortSignal,
): Promise<number | 'cut short'> {
  const screen = screenOn(io, flags.log === true);
  let host: RunningHost;
  try {
    host = await start({
      file,
      untilCaughtUp: flags['until-caught-up'] === true,
      signal,
      say: screen.say,
      log: screen.log,
    });
  } catch (error) {
    if (signal.aborted) return 'cut short';
    if (!(error instanceof TributaryError) || error.kind === 'bug') throw error;
    io.err(`error ${error.code}  ${error.message}\n`);
    return error.kind === 'config' ? 3 : error.kind === 'conflict' ? 5 : 1;
  }
  announce(host, screen);
  const ended = new AbortController();
  const showing = flags['no-table']
    ? Promise.resolve()
    : show(host, io, screen, AbortSignal.any([signal, ended.signal]));
  let code = 0;
  if (flags['until-caught-up']) code = await untilCaughtUp(host, screen, signal);
  else await aborted(signal);
  ended.abort();
  await showing;
  if (!signal.aborted || !flags['until-caught-up']) await printTable(host, screen);
  screen.say('Stopping …');
  await host.close();
  return signal.aborted && flags['until-caught-up'] ? 'cut short' : code;
}

function announce(host: RunningHost, screen: Screen): void {
  const { rest, ksql, page } = host.urls;
  const lines = [
    `Connect REST  ${rest}`,
    ...(ksql === null ? [] : [`ksqlDB API    ${ksql}`]),
    ...(page === null ? [] : [`Page          ${page}`]),
    ...host.notes,
    ...host.problems.map((problem) => `problem: ${problem}`),
  ];
  screen.say(lines.join('\n'));
}

async function untilCaughtUp(host: RunningHost, screen: Screen, signal: AbortSignal): Promise<number> {
  const outcome = await host.caughtUp(signal);
  for (const failure of outcome.failures ?? []) screen.say(`failed: ${failure}`);
  if (outcome.done) screen.say('Everything is delivered.');
  if (outcome.done && host.problems.length > 0) screen.say(`But ${host.problems.length} problem(s) stand above.`);
  return outcome.done && host.problems.length === 0 ? 0 : 1;
}

/** A live table on a terminal; elsewhere a table each time that figures have changed, at most each ten seconds. */
async function show(host: RunningHost, io: CliIo, screen: Screen, signal: AbortSignal): Promise<void> {
  let before = '';
  while (!signal.aborted) {
    await io.sleep(io.isTerminal ? LIVE_MS : PERIODIC_MS, signal);
    if (signal.aborted) break;
    const text = await shownTable(host);
    if (text === before || text === '') continue;
    screen.table(text);
    before = text;
  }
}

/** The table; none while what it is made of cannot be asked. A look at the host must not end the host. */
async function shownTable(host: RunningHost): Promise<string> {
  try {
    return pipelineTable(await host.facts());
  } catch (error) {
    if (!isTransient(error)) throw error;
    return '';
  }
}

async function printTable(host: RunningHost, screen: Screen): Promise<void> {
  const text = await shownTable(host);
  if (text !== '') screen.table(text, 'last');
}

/** One line a pipeline (a sink with what is upstream of it), then running back-fills. */
export function pipelineTable(facts: Facts): string {
  const rows = pipelines(facts).map((pipeline) => [
    pipeline.name,
    pipeline.state,
    String(pipeline.recordsRead),
    String(pipeline.rowsOut),
    String(pipeline.accepted),
    String(pipeline.errors),
    String(pipeline.lag),
  ]);
  const header = ['PIPELINE', 'STATE', 'RECORDS READ', 'ROWS OUT', 'ACCEPTED', 'ERRORS', 'LAG'];
  const body = rows.length === 0 ? '' : table(header, rows, [2, 3, 4, 5, 6]);
  const fills = facts.backfills
    .filter(({ step }) => step !== 'released')
    .map(({ name, step, rowsDone, rowsTotal }) => `back-fill ${name}: ${step}, ${rowsDone}/${rowsTotal ?? '?'} rows\n`);
  return body + fills.join('');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
