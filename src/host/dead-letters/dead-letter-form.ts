// What a record of a dead-letter topic says: where it comes from, why it failed, and whether it had been replayed before.
//
// The context headers are Kafka Connect's, so letters of its workers are read as well. A record that is replayed loses them and
// gains the four below; they tell a second failure of the same record from a first one, and where the record truly comes from.
import type { TargetAnswer } from '../../connect/connectors.ts';
import type { Headers, Records } from '../../ports/broker.ts';
import { headerAt, headersAt } from '../../ports/headers.ts';

const CONTEXT = '__connect.errors.';

/** `<dead-letter topic>-<partition>-<offset>` of the letter that a record was replayed from. */
export const REPLAYED_FROM = '__trib.replayed-from';
/** Where the record stood first: in a retry topic the record's own place says nothing. */
export const ORIGINAL_TOPIC = '__trib.original-topic';
export const ORIGINAL_PARTITION = '__trib.original-partition';
export const ORIGINAL_OFFSET = '__trib.original-offset';

const ORIGINAL_TOPIC_BYTES = Buffer.from(ORIGINAL_TOPIC);
const ORIGINAL_PARTITION_BYTES = Buffer.from(ORIGINAL_PARTITION);

/** What the target answered over HTTP. A replayed record loses them, as it does the context. */
const ANSWER_STATUS = '__trib.http.status';
const ANSWER_BODY = '__trib.http.answer';
const ANSWER_MAX = 2000;

const OWN: ReadonlySet<string> = new Set([
  ...[REPLAYED_FROM, ORIGINAL_TOPIC, ORIGINAL_PARTITION, ORIGINAL_OFFSET],
  ...[ANSWER_STATUS, ANSWER_BODY],
]);

/** The answer as headers of a letter. */
export function answerHeaders(answer: TargetAnswer | null, redact: (text: string) => string): Headers {
  if (answer === null) return [];
  return [
    [ANSWER_STATUS, Buffer.from(String(answer.status))],
    [ANSWER_BODY, Buffer.from(redact(answer.body).slice(0, ANSWER_MAX))],
  ];
}

/** Where a record stood before it failed; partition and offset are null when the letter does not tell them. */
export interface LetterOrigin {
  readonly topic: string;
  readonly partition: number | null;
  readonly offset: number | null;
}

/** One record of a dead-letter topic. Key and value are slices of `records`. */
export interface Letter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number | null;
  readonly records: Records;
  readonly index: number;
  /** The record's own, without context and without what replays add. */
  readonly headers: Headers;
  /** Null: the letter has no context headers. */
  readonly origin: LetterOrigin | null;
  readonly connector: string | null;
  readonly task: string | null;
  readonly stage: string | null;
  readonly className: string | null;
  readonly exception: string | null;
  readonly message: string | null;
  readonly stack: string | null;
  /** The letter that this record was replayed from before it failed again. */
  readonly replayedFrom: string | null;
  /** What the target answered when it refused the record. */
  readonly answer: TargetAnswer | null;
}

function answerOf(text: ReadonlyMap<string, string | null>): TargetAnswer | null {
  const status = Number(text.get(ANSWER_STATUS) ?? Number.NaN);
  return Number.isInteger(status) ? { status, body: text.get(ANSWER_BODY) ?? '' } : null;
}

/** Reads record `index` as a letter. */
export function letterAt(records: Records, index: number): Letter {
  const all = headersAt(records, index);
  // The last header of a name counts.
  const text = new Map(all.map(([name, value]) => [name, value === null ? null : value.toString()]));
  const context = (name: string): string | null => text.get(CONTEXT + name) ?? null;
  const timestampMs = records.timestampsMs[index]!;
  return {
    topic: records.topic,
    partition: records.partition,
    offset: records.offsets[index]!,
    timestampMs: timestampMs < 0 ? null : timestampMs,
    records,
    index,
    headers: all.filter(([name]) => !name.startsWith(CONTEXT) && !OWN.has(name)),
    origin: originOf(text, context),
    connector: context('connector.name'),
    task: context('task.id'),
    stage: context('stage'),
    className: context('class.name'),
    exception: context('exception.class.name'),
    message: context('exception.message'),
    stack: context('exception.stacktrace'),
    replayedFrom: text.get(REPLAYED_FROM) ?? null,
    answer: answerOf(text),
  };
}

/** A letter's name: `orders-dlq-0-17`. */
export function letterName({ topic, partition, offset }: Pick<Letter, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}-${partition}-${offset}`;
}

/** The place that a letter's name says, or null when it is none. */
export function letterPlace(
  name: string,
): { readonly topic: string; readonly partition: number; readonly offset: number } | null {
  const match = /^(.+)-(\d{1,9})-(\d{1,15})$/.exec(name);
  return match === null ? null : { topic: match[1]!, partition: Number(match[2]), offset: Number(match[3]) };
}

/** Topic and partition that a record of a retry topic is to be taken to come from: its own where nothing else is told. */
export function originalPlace(records: Records, index: number): { readonly topic: string; readonly partition: number } {
  const topic = headerAt(records, index, ORIGINAL_TOPIC_BYTES);
  const partition = headerAt(records, index, ORIGINAL_PARTITION_BYTES);
  return {
    topic: topic?.toString() ?? records.topic,
    partition: integerOf(partition?.toString() ?? null) ?? records.partition,
  };
}

/** True for headers that only replays add: a connector never sees them. */
export function isReplayHeader(name: string): boolean {
  return OWN.has(name);
}

/**
 * The topic through which letters go back to one connector and to nobody else. One a connector: several may share a dead-letter
 * topic. What a topic's name cannot hold is written as `_`, with a hash that keeps two such connectors apart.
 */
export function retryTopicOf(deadLetterTopic: string, connector: string): string {
  const plain = connector.replace(/[^A-Za-z0-9._-]/g, '_');
  return `${deadLetterTopic}.retry.${plain === connector ? plain : `${plain}.${hash(connector)}`}`.slice(0, 249);
}

function originOf(
  text: ReadonlyMap<string, string | null>,
  context: (name: string) => string | null,
): LetterOrigin | null {
  // A record that failed on its way back names its retry topic in the context headers.
  const first = text.get(ORIGINAL_TOPIC) ?? null;
  if (first !== null) {
    const partition = integerOf(text.get(ORIGINAL_PARTITION) ?? null);
    return { topic: first, partition, offset: integerOf(text.get(ORIGINAL_OFFSET) ?? null) };
  }
  const topic = context('topic');
  if (topic === null || topic === '') return null;
  return { topic, partition: integerOf(context('partition')), offset: integerOf(context('offset')) };
}

function integerOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, '0');
}
