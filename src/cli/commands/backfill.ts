// `trib backfill …`: starts, shows and steers back-fills over a worker's REST API.
import { readFileSync } from 'node:fs';
import { CLIENT_FLAGS, CLIENT_HELP, Client, verbOf } from '../client.ts';
import { type CliIo, readArgs, UsageError } from '../io.ts';
import { table } from '../table.ts';

export const BACKFILL_USAGE = `trib backfill start <job.json> [--rerun] [--detach]   submits a job and follows it to its release
trib backfill list [-o json]                          all jobs
trib backfill status <name> [--follow] [-o json]      one job: its step, files and bad rows
trib backfill cancel <name>                           stops it; rows written so far stay
trib backfill retry <name> [--detach]                 goes on with a failed or cancelled job

${CLIENT_HELP}
  Exit codes: 0 released (or done), 1 the job failed or was cancelled.
Example: trib backfill start first-purchase-history.json`;

const VERBS = ['start', 'list', 'status', 'cancel', 'retry'] as const;
const LOOK_MS = 500;
/** Without a terminal a line of progress is printed this often, and at each step. */
const LINE_EVERY_MS = 5_000;
const BAR_CELLS = 24;

interface File {
  readonly path: string;
  readonly state: string;
  readonly rows: number;
  readonly rowsTotal: number | null;
  readonly bad: number;
  readonly error: string | null;
}
interface Status {
  readonly name: string;
  readonly into: string;
  readonly state: string;
  readonly note: string | null;
  readonly error: string | null;
  readonly rows: number;
  readonly rowsTotal: number | null;
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly rowsPerSecond: number;
  readonly secondsLeft: number | null;
  readonly badRows: number;
  readonly badRowReports: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: string | null;
    readonly reason: string;
  }[];
  readonly waitingFor: readonly string[];
  readonly files: readonly File[];
}

/** Runs the command; answers the exit code. */
export async function backfill(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_FLAGS,
      rerun: { type: 'boolean' },
      detach: { type: 'boolean' },
      follow: { type: 'boolean' },
    },
  });
  const [given = values.help ? 'help' : 'list', subject] = positionals;
  if (values.help || given === 'help') {
    io.out(`${BACKFILL_USAGE}\n`);
    return 0;
  }
  const client = new Client(values, io);
  const verb = verbOf('backfill', given, VERBS);
  if (verb === 'list') return list(client, io);
  if (subject === undefined) {
    throw new UsageError(
      `trib backfill ${verb} needs ${verb === 'start' ? 'the file of a job' : 'the name of a job'}.`,
    );
  }
  const path = `/backfills/${encodeURIComponent(subject)}`;
  switch (verb) {
    case 'start': {
      const query = values.rerun === true ? '?rerun=true' : '';
      const status = (await client.call('POST', `/backfills${query}`, jobOf(subject))) as Status;
      return values.detach === true ? shown(status, client, io) : follow(client, status, io);
    }
    case 'retry': {
      const status = (await client.call('POST', `${path}/retry`)) as Status;
      return values.detach === true ? shown(status, client, io) : follow(client, status, io);
    }
    case 'cancel':
      await client.call('DELETE', path);
      io.out(`${subject} is cancelled. "trib backfill retry ${subject}" goes on behind the rows already written.\n`);
      return 0;
    default: {
      const status = (await client.call('GET', path)) as Status;
      return values.follow === true ? follow(client, status, io) : shown(status, client, io);
    }
  }
}

async function list(client: Client, io: CliIo): Promise<number> {
  const jobs = (await client.call('GET', '/backfills')) as readonly Status[];
  if (client.json) {
    client.document(jobs);
    return 0;
  }
  const rows = jobs.map((job) => [
    job.name,
    job.state,
    job.into,
    count(job.rows),
    String(job.files.length),
    count(job.badRows),
  ]);
  io.out(table(['NAME', 'STEP', 'INTO', 'ROWS', 'FILES', 'BAD'], rows, [3, 4, 5]));
  return 0;
}

function jobOf(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${(error as Error).message}.`);
  }
}

function shown(status: Status, client: Client, io: CliIo): number {
  if (client.json) client.document(status);
  else io.out(`${describe(status)}\n`);
  return status.state === 'failed' ? 1 : 0;
}

function describe(status: Status): string {
  const lines = [`${status.name} → ${status.into}: ${progressText(status)}`];
  if (status.error !== null) lines.push(`  error: ${status.error}`);
  if (status.files.length > 0) {
    const rows = status.files.map((file) => {
      const of = file.rowsTotal === null || file.rowsTotal === file.rows ? '' : ` of ${count(file.rowsTotal)}`;
      return [file.path, file.state, `${count(file.rows)}${of}`, count(file.bad), file.error ?? ''];
    });
    lines.push(table(['FILE', 'STATE', 'ROWS', 'BAD', ''], rows, [2, 3]).trimEnd());
  }
  return [...lines, ...badRowLines(status)].join('\n');
}

function badRowLines(status: Status): readonly string[] {
  if (status.badRows === 0) return [];
  const reports = status.badRowReports.map(({ file, line, column, reason }) => {
    return `  ${file}:${line}: ${column === null ? '' : `${column}: `}${reason}`;
  });
  return [`${count(status.badRows)} bad rows were skipped:`, ...reports];
}

/** Follows a job until it ends; Ctrl-C ends the following, not the job. */
async function follow(client: Client, first: Status, io: CliIo): Promise<number> {
  const stop = new AbortController();
  const forget = io.onInterrupt(() => stop.abort());
  const screen = io.isTerminal ? new Bar(io) : new Lines(io);
  try {
    let status = first;
    for (;;) {
      screen.show(status);
      if (['released', 'failed', 'cancelled'].includes(status.state)) break;
      await io.sleep(LOOK_MS, stop.signal);
      if (stop.signal.aborted) {
        screen.end();
        io.err(`The job goes on. "trib backfill status ${status.name} --follow" shows it again.\n`);
        return 0;
      }
      status = (await client.call('GET', `/backfills/${encodeURIComponent(status.name)}`)) as Status;
    }
    screen.end();
    if (status.error !== null) io.err(`error  ${status.error}\n`);
    for (const line of badRowLines(status)) io.err(`${line}\n`);
    return status.state === 'released' ? 0 : 1;
  } finally {
    forget();
  }
}

/** One line of a terminal, drawn over itself; a finished step keeps its line. */
class Bar {
  readonly #io: CliIo;
  #state: string | null = null;

  constructor(io: CliIo) {
    this.#io = io;
  }

  show(status: Status): void {
    if (this.#state !== null && this.#state !== status.state) this.#io.err('\n');
    this.#state = status.state;
    this.#io.err(`\r\x1b[2K${barOf(status)}${status.name}  ${progressText(status)}`);
  }

  end(): void {
    this.#io.err('\n');
  }
}

/** Plain lines, for logs. */
class Lines {
  readonly #io: CliIo;
  #state: string | null = null;
  #sinceLineMs = 0;

  constructor(io: CliIo) {
    this.#io = io;
  }

  show(status: Status): void {
    this.#sinceLineMs += LOOK_MS;
    if (this.#state === status.state && this.#sinceLineMs < LINE_EVERY_MS) return;
    this.#state = status.state;
    this.#sinceLineMs = 0;
    this.#io.err(`${status.name}  ${progressText(status)}\n`);
  }

  end(): void {}
}

function barOf(status: Status): string {
  if (status.state !== 'checking' && status.state !== 'loading') return '';
  const filled = Math.round(shareOf(status) * BAR_CELLS);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} `;
}

function shareOf(status: Status): number {
  const [done, total] = status.rowsTotal === null ? [status.bytes, status.bytesTotal] : [status.rows, status.rowsTotal];
  return total === 0 ? 1 : Math.min(1, done / total);
}

/** `loading  1,200,000 of 3,000,000 rows · 40% · 210,000 rows/s · 9 s left`. */
function progressText(status: Status): string {
  const parts = [status.state];
  if (status.state === 'checking' || status.state === 'loading') {
    const of = status.rowsTotal === null ? '' : ` of ${count(status.rowsTotal)}`;
    parts.push(`${count(status.rows)}${of} rows`, `${Math.floor(shareOf(status) * 100)}%`);
    if (status.rowsPerSecond > 0) parts.push(`${count(status.rowsPerSecond)} rows/s`);
    if (status.secondsLeft !== null) parts.push(`${duration(status.secondsLeft)} left`);
  } else if (status.state !== 'planned') parts.push(`${count(status.rows)} rows`);
  if (status.state === 'waiting' && status.waitingFor.length > 0) parts.push(`for ${status.waitingFor.join(', ')}`);
  if (status.badRows > 0) parts.push(`${count(status.badRows)} bad`);
  if (status.note !== null) parts.push(status.note);
  return parts.join(' · ');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
