// Which partitions a sink task reads, and from where.
//
// Law: task i of n reads the partitions p ≡ i (mod n) of each topic. The assignment is ours, not the group protocol's, so a
// killed host goes on at once; the offsets stand under the usual group, where every tool finds them.

import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import { compileFullMatch } from '../../core/java/regex.ts';
import { type Broker, type Offsets, partitionKey, splitPartitionKey } from '../../ports/broker.ts';
import { clientConfig, wholeSetting, wordSetting } from '../config/client-config.ts';
import { retryTopicOf } from '../dead-letters/dead-letter-form.ts';
import type { HostSettings } from '../environment.ts';

/** What a sink's settings say about its input. */
export interface SinkInput {
  readonly topics: readonly string[];
  /** Null when topics are listed. */
  readonly pattern: RegExp | null;
  /** Through it dead letters are handed to this connector alone, once there is such a topic; null: it has no dead letters. */
  readonly retryTopic: string | null;
  readonly group: string;
  readonly reset: 'earliest' | 'latest' | 'none';
  readonly batchRows: number;
  readonly metadataMs: number;
  readonly isolation: 'committed' | 'uncommitted';
}

const METADATA_MS = 5000;
const BATCH_ROWS = 500;

export function sinkInput(
  connector: string,
  raw: RawConfig,
  settings: Pick<HostSettings, 'raw' | 'overridePolicy'>,
): SinkInput {
  const consumer = clientConfig('consumer', raw, settings);
  const whole = (name: string) => wholeSetting('consumer', consumer, name);
  const word = <T extends string>(name: string, words: readonly T[]) => wordSetting('consumer', consumer, name, words);
  const regex = raw['topics.regex']?.trim() ?? '';
  const deadLetters = raw['errors.deadletterqueue.topic.name']?.trim() ?? '';
  return {
    retryTopic: deadLetters === '' ? null : retryTopicOf(deadLetters, connector),
    topics: parseSetting('LIST', raw['topics'] ?? '') as readonly string[],
    pattern: regex === '' ? null : compileFullMatch(regex),
    group: consumer['group.id']?.trim() || sinkGroup(connector),
    reset: word('auto.offset.reset', ['earliest', 'latest', 'none']) ?? 'earliest',
    batchRows: whole('max.poll.records') ?? BATCH_ROWS,
    metadataMs: Math.max(100, whole('metadata.max.age.ms') ?? METADATA_MS),
    isolation:
      word('isolation.level', ['read_committed', 'read_uncommitted']) === 'read_uncommitted'
        ? 'uncommitted'
        : 'committed',
  };
}

export function sinkGroup(connector: string): string {
  return `connect-${connector}`;
}

/** Partitions of a task as of now, sorted; topics that do not exist yet have none. */
export async function partitionsOf(
  broker: Broker,
  input: Pick<SinkInput, 'topics' | 'pattern' | 'retryTopic'>,
  task: number,
  taskCount: number,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const topic of await existing(broker, input)) {
    for (let partition = task; partition < topic.partitions; partition += taskCount) {
      keys.push(partitionKey(topic.name, partition));
    }
  }
  return keys.sort();
}

async function existing(
  broker: Broker,
  { topics, pattern, retryTopic }: Pick<SinkInput, 'topics' | 'pattern' | 'retryTopic'>,
): Promise<readonly { readonly name: string; readonly partitions: number }[]> {
  if (pattern !== null) {
    return (await broker.listTopics()).filter(({ name }) => name === retryTopic || pattern.test(name));
  }
  const names = retryTopic === null || topics.includes(retryTopic) ? topics : [...topics, retryTopic];
  const found = await Promise.all(names.map((name) => broker.topic(name)));
  return found.filter((topic) => topic !== null);
}

/** Where a task begins. */
export interface StartOffsets {
  readonly from: Offsets;
  /** Whose committed offset is not in the log. */
  readonly reset: readonly string[];
  /** Which begin at their committed offset. */
  readonly kept: readonly string[];
}

/** Where to begin: the committed offset when the log still holds it, else what `auto.offset.reset` says. */
export async function startOffsets(
  broker: Broker,
  input: SinkInput,
  partitions: readonly string[],
): Promise<StartOffsets> {
  const [committed, earliest, latest] = await Promise.all([
    broker.committed(input.group, partitions),
    broker.offsets(partitions, 'earliest'),
    broker.offsets(partitions, 'latest'),
  ]);
  const from = new Map<string, number>();
  const reset: string[] = [];
  const kept: string[] = [];
  for (const key of partitions) {
    const low = earliest.get(key) ?? 0;
    const high = latest.get(key) ?? low;
    const at = committed.get(key);
    if (at !== undefined && at >= low && at <= high) {
      from.set(key, at);
      kept.push(key);
      continue;
    }
    if (at !== undefined) reset.push(key);
    if (splitPartitionKey(key).topic === input.retryTopic) {
      // Whoever replays means each of these letters, whatever the connector does with topics that are new to it.
      from.set(key, low);
      continue;
    }
    if (input.reset === 'none') throw noOffset(key, at, low, high);
    from.set(key, input.reset === 'earliest' ? low : high);
  }
  return { from, reset, kept };
}

function noOffset(key: string, at: number | undefined, low: number, high: number): TributaryError {
  return new TributaryError('TRIB_OFFSET_OUT_OF_RANGE', 'fatal', {
    what:
      at === undefined
        ? 'There is no committed offset'
        : `The committed offset ${at} is not in the log (${low} to ${high})`,
    where: key,
    fix: 'and consumer.override.auto.offset.reset is "none". Set it to earliest or latest, or set the offsets through /connectors/<name>/offsets.',
  });
}
