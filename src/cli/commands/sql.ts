// `trib sql`: statements against a worker's SQL API, given on the command line, in a file, or at a prompt.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { splitStatements } from '../../sql/syntax/parse.ts';
import { type CliIo, readArgs, UsageError } from '../io.ts';
import { RestFailure } from '../rest.ts';
import { cellText, columnNames, RowGrid } from '../sql/cells.ts';
import { runPrint, runQuery, runStatements, type SqlSession } from '../sql/client.ts';
import { entityText } from '../sql/show.ts';

export const SQL_USAGE = `trib sql "<statements>"      runs statements and prints their answers
trib sql -f <file>           the same from a file
trib sql                     a prompt; end statements with a semicolon, leave with exit

  --server URL       the SQL API (default: $TRIB_SQL_SERVER or http://127.0.0.1:8088)
  -d name=value      a variable, used as \${name}; may be repeated
  --from-beginning   SET 'auto.offset.reset'='earliest'
  -o json            answers as JSON, one document a statement; rows as JSON, one a line
  Exit codes: 0 all done, 3 a statement was refused, 7 the worker cannot be reached.
Example: trib sql --from-beginning 'select * from \`tb_event_name\` emit changes limit 5;'`;

interface Output {
  readonly json: boolean;
  readonly width: number;
}

/** Runs the command; answers the exit code. */
export async function sql(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      server: { type: 'string' },
      file: { type: 'string', short: 'f' },
      define: { type: 'string', short: 'd', multiple: true },
      'from-beginning': { type: 'boolean' },
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    io.out(`${SQL_USAGE}\n`);
    return 0;
  }
  const session: SqlSession = {
    server: values.server ?? io.environment['TRIB_SQL_SERVER'] ?? 'http://127.0.0.1:8088',
    properties: values['from-beginning'] === true ? { 'auto.offset.reset': 'earliest' } : {},
    variables: Object.fromEntries((values.define ?? []).map(definition)),
    sequenceNumber: null,
  };
  const output: Output = { json: values.output === 'json', width: process.stdout.columns ?? 80 };
  if (values.file !== undefined) return runScript(session, fileText(values.file), output, io);
  if (positionals.length > 0) return runScript(session, positionals.join(' '), output, io);
  return prompt(session, output, io);
}

function definition(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`-d needs name=value, not "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}.`);
  }
}

/** Runs all statements; the first that is refused ends it. */
async function runScript(session: SqlSession, text: string, output: Output, io: CliIo): Promise<number> {
  for (const statement of splitStatements(text)) {
    const whole = statement.terminated ? statement.text : `${statement.text};`;
    const code = await runOne(session, whole, output, io);
    if (code !== 0) return code;
  }
  return 0;
}

async function runOne(session: SqlSession, text: string, output: Output, io: CliIo): Promise<number> {
  try {
    if (setLocally(session, text, io)) return 0;
    if (/^select\b/i.test(text)) await showRows(session, text, output, io);
    else if (/^print\b/i.test(text)) await showLines(session, text, io);
    else {
      for (const entity of await runStatements(session, text)) {
        io.out(output.json ? `${JSON.stringify(entity, null, 2)}\n` : entityText(entity));
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof RestFailure)) throw error;
    io.err(`${error.message}\n`);
    return error.code;
  }
}

/** SET, UNSET, DEFINE and UNDEFINE live in the client and go with each request. */
function setLocally(session: SqlSession, text: string, io: CliIo): boolean {
  const found = /^(set|define|unset|undefine)\s+'?([\w.@-]+)'?\s*(?:=\s*'((?:[^']|'')*)')?\s*;$/i.exec(text.trim());
  if (found === null) return false;
  const [, verb, name, value] = found;
  const target = /define$/i.test(verb!) ? session.variables : session.properties;
  const before = target[name!];
  if (value !== undefined) {
    target[name!] = value.replaceAll("''", "'");
    if (/^set$/i.test(verb!)) {
      const from = before === undefined ? '' : ` from '${before}'`;
      io.out(`Successfully changed local property '${name}'${from} to '${value}'.\n`);
    }
    return true;
  }
  delete target[name!];
  if (/^unset$/i.test(verb!)) {
    io.out(
      before === undefined
        ? `Cannot unset local property '${name}' which was never set in the first place\n`
        : `Successfully unset local property '${name}' (value was '${before}').\n`,
    );
  }
  return true;
}

async function showRows(session: SqlSession, text: string, output: Output, io: CliIo): Promise<void> {
  await stoppable(io, async (signal) => {
    let grid: RowGrid | null = null;
    for await (const member of runQuery(session, text, signal)) {
      if ('errorMessage' in member) throw new RestFailure(member.errorMessage.message, 3);
      if (output.json) io.out(`${JSON.stringify(member)}\n`);
      else if ('header' in member) {
        const names = columnNames(member.header.schema);
        grid = new RowGrid(names.length, output.width);
        io.out(grid.header(names));
      } else if ('row' in member) {
        const { columns, tombstone } = member.row;
        io.out(
          grid!.row(columns.map((cell) => (tombstone === true && cell === null ? '<TOMBSTONE>' : cellText(cell)))),
        );
      } else io.out(`${member.finalMessage}\n`);
    }
  });
  if (!output.json) io.out('Query terminated\n');
}

async function showLines(session: SqlSession, text: string, io: CliIo): Promise<void> {
  await stoppable(io, async (signal) => {
    for await (const line of runPrint(session, text, signal)) if (line !== '') io.out(`${line}\n`);
  });
  io.out('Topic printing ceased\n');
}

/** Ctrl-C ends what streams, not the program. */
async function stoppable(io: CliIo, act: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  try {
    await act(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    release();
  }
}

/** Reads statements line by line until the end of input or `exit`. */
async function prompt(session: SqlSession, output: Output, io: CliIo): Promise<number> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: 'sql> ',
    terminal: process.stdin.isTTY,
  });
  if (process.stdin.isTTY) io.out(`SQL of ${session.server}. End statements with a semicolon; exit leaves.\n`);
  let pending = '';
  if (process.stdin.isTTY) lines.prompt();
  for await (const line of lines) {
    if (pending === '' && /^\s*(exit|quit)\s*;?\s*$/i.test(line)) break;
    pending += `${line}\n`;
    const pieces = splitStatements(pending);
    const complete = pieces.filter(({ terminated }) => terminated);
    pending = pieces.find(({ terminated }) => !terminated)?.text ?? '';
    if (complete.length > 0) lines.pause();
    for (const { text } of complete) await runOne(session, text, output, io);
    lines.setPrompt(pending === '' ? 'sql> ' : '   > ');
    if (process.stdin.isTTY) lines.prompt();
  }
  lines.close();
  return 0;
}
