// `trib connectors offsets`: committed offsets, read and moved. A move shows what it does before it is done.
import type { Client } from '../client.ts';
import { type CliIo, UsageError } from '../io.ts';
import { table } from '../table.ts';

interface Entry {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Readonly<Record<string, unknown>> | null;
}
interface Planned {
  readonly topic: string;
  readonly partition: number;
  readonly now: number | null;
  readonly after: number;
  readonly readAgain: number;
}
interface Flags {
  readonly set?: readonly string[];
  readonly 'to-time'?: string;
  readonly 'to-earliest'?: boolean;
  readonly 'to-latest'?: boolean;
  readonly reset?: boolean;
  readonly 'dry-run'?: boolean;
}

const VERBS = new Set(['get', 'set', 'reset']);

/** Runs the verb; answers the exit code. `names` may begin with get, set or reset, which say what the flags say too. */
export async function offsets(names: readonly string[], flags: Flags, client: Client, io: CliIo): Promise<number> {
  const isVerb = VERBS.has(names[0]!) && names.length > 1;
  const [name, ...rest] = isVerb ? names.slice(1) : names;
  if (name === undefined || rest.length > 0)
    throw new UsageError('trib connectors offsets takes the name of one connector.');
  const isReset = flags.reset === true || (isVerb && names[0] === 'reset');
  const to = flags['to-time'] ?? (flags['to-earliest'] ? 'earliest' : flags['to-latest'] ? 'latest' : null);
  const ways = [flags.set !== undefined, to !== null, isReset].filter(Boolean).length;
  if (ways > 1)
    throw new UsageError('Move offsets in one way: --set, --to-time, --to-earliest, --to-latest or --reset.');
  if (isVerb && names[0] === 'set' && ways === 0)
    throw new UsageError('Say where to: --set topic:partition=offset, --to-time …');
  if (flags.set !== undefined) return set(name, flags.set.map(entryOf), flags, client, io);
  if (to !== null) return move(name, to, flags, client, io);
  if (isReset) return reset(name, flags, client, io);
  const { offsets: all } = (await client.about(name, 'GET', '/offsets')) as { readonly offsets: readonly Entry[] };
  if (client.json) client.document({ offsets: all });
  else
    io.out(
      table(
        ['PARTITION', 'OFFSET'],
        all.map((one) => [placeText(one), offsetText(one)]),
        [1],
      ),
    );
  return 0;
}

async function set(name: string, entries: readonly Entry[], flags: Flags, client: Client, io: CliIo): Promise<number> {
  if (flags['dry-run'] !== true) return patch(name, entries, client, io);
  const { offsets: all } = (await client.about(name, 'GET', '/offsets')) as { readonly offsets: readonly Entry[] };
  const now = new Map(all.map((one) => [placeText(one), offsetText(one)]));
  const rows = entries.map((one) => [placeText(one), now.get(placeText(one)) ?? '-', offsetText(one)]);
  if (client.json) client.document({ dryRun: true, offsets: entries });
  else io.out(table(['PARTITION', 'NOW', 'AFTER'], rows, [1, 2]));
  return 0;
}

async function move(name: string, to: string, flags: Flags, client: Client, io: CliIo): Promise<number> {
  const path = `/offsets/plan?to=${encodeURIComponent(to)}`;
  const plan = (await client.about(name, 'GET', path)) as readonly Planned[];
  if (client.json) client.document({ dryRun: flags['dry-run'] === true, plan });
  else {
    const rows = plan.map((one) => [
      `${one.topic}:${one.partition}`,
      one.now === null ? '-' : String(one.now),
      String(one.after),
      one.readAgain >= 0 ? String(one.readAgain) : '-',
      one.readAgain < 0 ? String(-one.readAgain) : '-',
    ]);
    io.out(table(['PARTITION', 'NOW', 'AFTER', 'READ AGAIN', 'PASSED OVER'], rows, [1, 2, 3, 4]));
  }
  if (flags['dry-run'] === true) return 0;
  const entries = plan.map(({ topic, partition, after }) => entryFor(topic, partition, after));
  return patch(name, entries, client, io);
}

async function reset(name: string, flags: Flags, client: Client, io: CliIo): Promise<number> {
  if (flags['dry-run'] === true) {
    io.err(`These offsets of ${name} would be forgotten:\n`);
    return offsets([name], {}, client, io);
  }
  await client.about(name, 'DELETE', '/offsets');
  io.err(`${name}: offsets forgotten. "trib connectors resume ${name}" starts it anew.\n`);
  return 0;
}

async function patch(name: string, entries: readonly Entry[], client: Client, io: CliIo): Promise<number> {
  await client.about(name, 'PATCH', '/offsets', { offsets: entries });
  io.err(`${name}: offsets moved. "trib connectors resume ${name}" goes on from there.\n`);
  return 0;
}

/** `orders:0=17`; `orders:0=none` forgets. */
function entryOf(text: string): Entry {
  const match = /^(.+):(\d+)=(\d+|none)$/.exec(text);
  if (match === null)
    throw new UsageError(`--set is "${text}". Write it as topic:partition=offset, or …=none to forget.`);
  return entryFor(match[1]!, Number(match[2]), match[3] === 'none' ? null : Number(match[3]));
}

function entryFor(topic: string, partition: number, offset: number | null): Entry {
  return {
    partition: { kafka_topic: topic, kafka_partition: partition },
    offset: offset === null ? null : { kafka_offset: offset },
  };
}

function placeText({ partition }: Entry): string {
  const { kafka_topic: topic, kafka_partition: number } = partition;
  return topic === undefined ? JSON.stringify(partition) : `${topic}:${number}`;
}

function offsetText({ offset }: Entry): string {
  if (offset === null) return 'none';
  return offset['kafka_offset'] === undefined ? JSON.stringify(offset) : String(offset['kafka_offset']);
}
