// `trib dlq …`: dead letters of a worker's connectors, listed, shown and replayed.

import type { LetterPage, LetterTopic, ReplayReport, ShownBytes, ShownLetter } from '../../http/dead-letters.ts';
import { CLIENT_FLAGS, CLIENT_HELP, Client, fitted, verbOf } from '../client.ts';
import { type CliIo, readArgs, UsageError } from '../io.ts';
import { table } from '../table.ts';

export const DLQ_USAGE = `trib dlq list                               connectors that have a dead-letter topic
trib dlq list <connector> [filters]         its letters, newest first; --limit N, --cursor C for older ones
trib dlq show <connector> <letter>          one letter in full: key, value, headers, stack
trib dlq replay <connector> <letter…>       hands letters to the connector again
trib dlq replay <connector> --all|filters   all of them, or those that the filters mean

  Filters: --from TIME --to-time TIME --stage TASK_PUT --exception CLASS --topic T --partition P --replayed true|false
  --to WHERE     connector (default: it alone reads them again) | original (all readers of that topic do) | a topic
  --dry-run      says what would be replayed
  --again        also those that were replayed before
  --yes          needed for more than 100 letters
${CLIENT_HELP}; lists are one JSON object a line
  Exit codes: 0 done, 1 some letters could not be replayed, 2 wrong use, 3 refused, 4 not found, 5 conflict, 7 not reachable.
Example: trib dlq replay orders-sink --stage TASK_PUT --dry-run`;

const VERBS = ['list', 'show', 'replay'] as const;
const ASK_FROM = 100;

const FILTER_FLAGS = {
  from: { type: 'string' },
  'to-time': { type: 'string' },
  stage: { type: 'string' },
  exception: { type: 'string' },
  topic: { type: 'string' },
  partition: { type: 'string' },
  replayed: { type: 'string' },
} as const;

/** Runs the command; answers the exit code. */
export async function dlq(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_FLAGS,
      ...FILTER_FLAGS,
      limit: { type: 'string' },
      cursor: { type: 'string' },
      to: { type: 'string' },
      all: { type: 'boolean' },
      again: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      yes: { type: 'boolean', short: 'y' },
    },
  });
  const [given = values.help ? 'help' : 'list', connector, ...letters] = positionals;
  if (values.help || given === 'help') {
    io.out(`${DLQ_USAGE}\n`);
    return 0;
  }
  const client = new Client(values, io);
  const verb = verbOf('dlq', given, VERBS);
  if (verb === 'list' && connector === undefined) return topics(client, io);
  if (connector === undefined) throw new UsageError(`trib dlq ${verb} needs the name of a connector.`);
  const filter = filterOf(values);
  if (verb === 'list') return page(client, connector, { ...filter, ...pageOf(values) }, io);
  if (verb === 'show') {
    if (letters.length !== 1) throw new UsageError('trib dlq show takes one letter: see "trib dlq list".');
    return show(client, connector, letters[0]!, io);
  }
  const what = chosen(letters, filter, values.all === true);
  const order = {
    ...what,
    ...(values.to === undefined ? {} : { to: values.to }),
    ...(values.again === true ? { again: true } : {}),
  };
  return new Replay(client, connector, order, io).run({
    dryRun: values['dry-run'] === true,
    isSure: values.yes === true || letters.length > 0,
  });
}

function filterOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const filter: Record<string, string> = {};
  for (const flag of Object.keys(FILTER_FLAGS)) {
    const value = values[flag];
    if (typeof value === 'string') filter[flag === 'to-time' ? 'to' : flag] = value;
  }
  return filter;
}

function pageOf({ limit, cursor }: { readonly limit?: string; readonly cursor?: string }): Record<string, string> {
  return { ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) };
}

function chosen(letters: readonly string[], filter: Record<string, string>, all: boolean): object {
  const hasFilter = Object.keys(filter).length > 0;
  if ([letters.length > 0, hasFilter, all].filter(Boolean).length !== 1) {
    throw new UsageError('Say which letters in one way: their names, filters, or --all.');
  }
  if (all) return { all: true };
  return hasFilter ? { filter } : { letters };
}

async function topics(client: Client, io: CliIo): Promise<number> {
  const all = (await client.call('GET', '/dead-letters')) as readonly LetterTopic[];
  if (client.json) client.rows(all);
  else {
    const rows = all.map((one) => [
      one.connector,
      one.topic,
      String(one.letters),
      String(one.replayed),
      one.newest ?? '-',
    ]);
    io.out(table(['CONNECTOR', 'TOPIC', 'LETTERS', 'REPLAYED', 'NEWEST RECORD'], rows, [2, 3]));
  }
  return 0;
}

async function page(client: Client, connector: string, query: Record<string, string>, io: CliIo): Promise<number> {
  const path = `/dead-letters?${new URLSearchParams(query)}`;
  const { letters, scanned, cursor } = (await client.about(connector, 'GET', path)) as LetterPage;
  if (client.json) client.rows(letters);
  else {
    const rows = letters.map((one) => [
      one.letter,
      one.timestamp ?? '-',
      one.stage ?? '-',
      placeText(one),
      one.replayed ? 'yes' : 'no',
      fitted(one.message ?? '-', 70, io),
    ]);
    io.out(table(['LETTER', 'RECORD TIME', 'STAGE', 'ORIGINAL', 'REPLAYED', 'MESSAGE'], rows, []));
  }
  if (cursor !== null) io.err(`${scanned} looked at; older ones: --cursor ${cursor}\n`);
  return 0;
}

async function show(client: Client, connector: string, name: string, io: CliIo): Promise<number> {
  const letter = (await client.about(connector, 'GET', `/dead-letters/${encodeURIComponent(name)}`)) as ShownLetter;
  if (client.json) client.document(letter);
  else io.out(describe(letter));
  return 0;
}

function describe(letter: ShownLetter): string {
  const lines = [
    ['letter', letter.letter],
    ['record time', letter.timestamp],
    ['original', placeText(letter)],
    ['connector', letter.connector === null ? null : `${letter.connector}, task ${letter.task ?? '?'}`],
    ['stage', letter.stage],
    ['class', letter.class],
    ['exception', letter.exception],
    ['message', letter.message],
    ['HTTP answer', letter.answer === undefined ? null : `${letter.answer.status} ${letter.answer.body}`],
    ['replayed', letter.replayed ? 'yes' : 'no'],
    ['failed before', letter.replayedFrom],
    ['key', bytesText(letter.key)],
    ['value', bytesText(letter.value)],
    ...letter.headers.map(({ name, value }) => [`header ${name}`, bytesText(value)] as const),
  ].flatMap(([title, text]) => (text === null ? [] : [`${title!.padEnd(14)} ${text}\n`]));
  const stack = letter.stack ? `\n${letter.stack.trimEnd()}\n` : '';
  return lines.join('') + stack;
}

function bytesText(value: ShownBytes | null): string {
  if (value === null) return 'null';
  const about = [
    ...(value.as === 'hex' ? ['hexadecimal'] : []),
    ...(value.truncated ? [`cut, ${value.bytes} bytes in all`] : []),
    ...(value.decodeError === undefined ? [] : [`not decoded: ${value.decodeError}`]),
  ];
  return about.length === 0 ? value.text : `${value.text} (${about.join('; ')})`;
}

function placeText({ original }: ShownLetter): string {
  return original === null ? '-' : `${original.topic}-${original.partition ?? '?'}@${original.offset ?? '?'}`;
}

/** One replay, in as many calls as it takes. */
class Replay {
  readonly #client: Client;
  readonly #connector: string;
  readonly #order: object;
  readonly #io: CliIo;

  constructor(client: Client, connector: string, order: object, io: CliIo) {
    this.#client = client;
    this.#connector = connector;
    this.#order = order;
    this.#io = io;
  }

  async run({ dryRun, isSure }: { readonly dryRun: boolean; readonly isSure: boolean }): Promise<number> {
    if (!dryRun && !isSure) await this.#ask();
    const stop = new AbortController();
    let cutShort = 0;
    const forget = this.#io.onInterrupt((exitCode) => {
      cutShort = exitCode;
      stop.abort();
    });
    const total = { replayed: 0, alreadyReplayed: 0, unknownOrigin: 0, tooLarge: 0 };
    const notes = new Set<string>();
    try {
      let cursor: string | null = null;
      do {
        const report = await this.#call({ dryRun, ...(cursor === null ? {} : { cursor }) });
        for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += report[name];
        for (const note of report.notes) notes.add(note);
        this.#show(report, dryRun);
        cursor = report.cursor;
        if (cursor !== null) this.#io.err(`${total.replayed} replayed, ${report.remaining} to look at …\n`);
      } while (cursor !== null && !stop.signal.aborted);
    } finally {
      forget();
    }
    const skipped =
      total.alreadyReplayed > 0 ? `, ${total.alreadyReplayed} were replayed before (--again: once more)` : '';
    this.#io.err(`${total.replayed} ${dryRun ? 'would be replayed' : 'replayed'}${skipped}\n`);
    for (const note of notes) this.#io.err(`${note}\n`);
    if (cutShort !== 0) return cutShort;
    return total.unknownOrigin + total.tooLarge > 0 ? 1 : 0;
  }

  /** Many letters are not replayed by a slip. */
  async #ask(): Promise<void> {
    const { replayed, cursor } = await this.#call({ dryRun: true, limit: ASK_FROM + 1 });
    if (replayed <= ASK_FROM) return;
    const count = cursor === null ? String(replayed) : `more than ${ASK_FROM}`;
    throw new UsageError(
      `This replays ${count} letters of ${this.#connector}. Add --yes, or look first with --dry-run.`,
    );
  }

  #call(more: object): Promise<ReplayReport> {
    const body = { ...this.#order, ...more };
    return this.#client.about(this.#connector, 'POST', '/dead-letters/replay', body) as Promise<ReplayReport>;
  }

  #show(report: ReplayReport, dryRun: boolean): void {
    if (this.#client.json) this.#client.rows([report]);
    else if (dryRun && report.plan.length > 0) {
      const rows = report.plan.map(({ letter, topic, partition }) => [letter, topic, String(partition)]);
      this.#io.out(table(['LETTER', 'TO TOPIC', 'PARTITION'], rows, [2]));
    }
  }
}
