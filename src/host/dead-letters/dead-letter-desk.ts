// Dead letters as people handle them: which topics there are, what stands in them, and back to work with those that are mended.
import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Environment } from '../environment.ts';
import { type Letter, letterPlace, retryTopicOf } from './dead-letter-form.ts';
import { ReplayMarks } from './dead-letter-marks.ts';
import { type ReplayOutcome, type ReplayTarget, replay } from './dead-letter-replay.ts';
import { cursorText, cursorValue, type LetterFilter, matches, type ReplayRequest } from './dead-letter-request.ts';
import { backward, forward, type Stretch, stretchesOf } from './dead-letter-scan.ts';
import { LetterView, type ShownLetter } from './dead-letter-show.ts';

/** What the desk needs of the host. */
export interface LetterHost {
  readonly environment: Environment;
  names(): readonly string[];
  info(name: string): { readonly config: RawConfig; readonly type: string };
}

/** One connector's dead-letter topic. */
export interface LetterTopic {
  readonly connector: string;
  readonly topic: string;
  readonly exists: boolean;
  /** Letters in the topic; those of other connectors too where it is shared. */
  readonly letters: number;
  readonly replayed: number;
  /** Time of the newest letter's record. */
  readonly newest: string | null;
  /** Other connectors that write to the same topic. */
  readonly sharedWith: readonly string[];
}

/** A page of letters, newest first. */
export interface LetterPage {
  readonly connector: string;
  readonly topic: string;
  readonly letters: readonly ShownLetter[];
  /** How many were looked at for this page. */
  readonly scanned: number;
  /** Goes on with older ones; null: there are none. */
  readonly cursor: string | null;
}

/** The answer to a replay. */
export interface ReplayReport extends Omit<ReplayOutcome, 'left'> {
  readonly connector: string;
  readonly dryRun: boolean;
  readonly to: string;
  /** Letters at most that are still to be looked at. */
  readonly remaining: number;
  /** To be sent again to go on; null: all is done. */
  readonly cursor: string | null;
  /** What a person should know about it. */
  readonly notes: readonly string[];
}

const PAGE_TEXT_MAX = 2048;
const LETTER_TEXT_MAX = 65_536;
const PAGE_SCAN_MAX = 20_000;
const PAGE_MS = 5000;
const NEAR = 200;

export class DeadLetterDesk {
  readonly #host: LetterHost;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(host: LetterHost) {
    this.#host = host;
  }

  /** Every connector that has a dead-letter topic. */
  async topics(): Promise<readonly LetterTopic[]> {
    const named = this.#host.names().flatMap((name) => {
      const topic = this.#topicIn(this.#settingsOf(name));
      return topic === null ? [] : [{ name, topic }];
    });
    const looks = new Map<string, Promise<{ stretches: readonly Stretch[]; newest: string | null }>>();
    for (const { topic } of named) if (!looks.has(topic)) looks.set(topic, this.#look(topic));
    return Promise.all(
      named.map(async ({ name, topic }) => {
        const { stretches, newest } = await looks.get(topic)!;
        const marks = this.#marks(name);
        await marks.load(false);
        const replayed = stretches.map(({ partition, from, to }) => marks.count(topic, partition, from, to));
        return {
          connector: name,
          topic,
          exists: stretches.length > 0,
          letters: sum(stretches.map(({ from, to }) => to - from)),
          replayed: sum(replayed),
          newest,
          sharedWith: named.filter((other) => other.topic === topic && other.name !== name).map((other) => other.name),
        };
      }),
    );
  }

  /** A page of a connector's letters. */
  async page(
    connector: string,
    filter: LetterFilter,
    options: { readonly limit: number; readonly cursor: string | null; readonly stack: boolean },
  ): Promise<LetterPage> {
    const { raw, topic } = this.#settled(connector);
    const { broker, clock } = this.#host.environment;
    const whole = await stretchesOf(broker, topic);
    const upTo = options.cursor === null ? {} : cursorValue(options.cursor);
    const stretches = whole.map((one) => ({ ...one, to: Math.min(one.to, upTo[one.partition]?.[0] ?? one.to) }));
    const marks = this.#marks(connector);
    await marks.load(false);
    const view = new LetterView(this.#host.environment, raw);
    const at = new Map(stretches.map(({ partition, to }) => [partition, to]));
    const letters: ShownLetter[] = [];
    const endMs = clock.now() + PAGE_MS;
    let scanned = 0;
    let isMore = false;
    for await (const letter of backward(broker, topic, stretches)) {
      if (letters.length >= options.limit || scanned >= PAGE_SCAN_MAX || (scanned > 0 && clock.now() >= endMs)) {
        isMore = true;
        break;
      }
      scanned++;
      at.set(letter.partition, letter.offset);
      const replayed = marks.has(letter.topic, letter.partition, letter.offset);
      if (!isOf(connector, letter) || !matches(filter, letter, replayed)) continue;
      letters.push(await view.show(letter, replayed, { stack: options.stack, textMax: PAGE_TEXT_MAX }));
    }
    const cursor = isMore ? cursorText(Object.fromEntries([...at].map(([partition, to]) => [partition, [to]]))) : null;
    return { connector, topic, letters, scanned, cursor };
  }

  /** One letter in full. Throws `notFound`. */
  async letter(connector: string, name: string): Promise<ShownLetter> {
    const { raw, topic } = this.#settled(connector);
    const place = letterPlace(name);
    const { broker } = this.#host.environment;
    const within = (await stretchesOf(broker, topic)).find(
      ({ partition, from, to }) => partition === place?.partition && from <= place.offset && place.offset < to,
    );
    if (place !== null && place.topic === topic && within !== undefined) {
      const stretch = { partition: place.partition, from: place.offset, to: place.offset + 1 };
      for await (const letter of forward(broker, topic, [stretch])) {
        const marks = this.#marks(connector);
        await marks.load(false);
        const replayed = marks.has(topic, place.partition, place.offset);
        const view = new LetterView(this.#host.environment, raw);
        return view.show(letter, replayed, { stack: true, textMax: LETTER_TEXT_MAX });
      }
    }
    throw noLetter(name, topic);
  }

  /** Replays letters. Calls for one connector are carried out one after the other. */
  replay(connector: string, request: ReplayRequest): Promise<ReplayReport> {
    const before = this.#queues.get(connector) ?? Promise.resolve();
    const mine = before.then(() => this.#replay(connector, request));
    const settled = mine
      .catch(() => {})
      .then(() => {
        if (this.#queues.get(connector) === settled) this.#queues.delete(connector);
      });
    this.#queues.set(connector, settled);
    return mine;
  }

  async #replay(connector: string, request: ReplayRequest): Promise<ReplayReport> {
    const { raw, topic, type } = this.#settled(connector);
    const { broker, clock, settings } = this.#host.environment;
    const target = targetOf(connector, topic, type, raw, request.to);
    if (target.isRetry && !request.dryRun) await this.#makeRetryTopic(target.topic!);
    const whole = await stretchesOf(broker, topic);
    const named = 'letters' in request.what ? places(request.what.letters, topic, whole) : null;
    const filter = 'filter' in request.what ? request.what.filter : {};
    const marks = this.#marks(connector);
    const outcome = await replay(broker, {
      deadLetterTopic: topic,
      stretches: named === null ? resumed(whole, request.cursor) : near(named),
      isWhole: named === null,
      wants: (letter) =>
        named === null
          ? isOf(connector, letter) && matches(filter, letter, marks.has(letter.topic, letter.partition, letter.offset))
          : (named.get(letter.partition)?.has(letter.offset) ?? false),
      target,
      marks,
      again: request.again,
      dryRun: request.dryRun,
      limit: named === null ? request.limit : Number.POSITIVE_INFINITY,
      transactionalId: `${settings.clusterId}-dlq-replay-${connector}`,
      group: `${settings.clusterId}-dlq-replay-${connector}`,
      now: () => clock.now(),
    });
    return reportOf(connector, topic, target, request, outcome);
  }

  async #makeRetryTopic(name: string): Promise<void> {
    const { broker, settings } = this.#host.environment;
    const replication = settings.replication > 0 ? { replication: settings.replication } : {};
    await broker.createTopics([{ name, partitions: 1, ...replication, config: { 'cleanup.policy': 'delete' } }]);
  }

  async #look(topic: string): Promise<{ readonly stretches: readonly Stretch[]; readonly newest: string | null }> {
    const { broker } = this.#host.environment;
    const stretches = await stretchesOf(broker, topic);
    for await (const letter of backward(broker, topic, stretches.map(lastOf))) {
      return { stretches, newest: letter.timestampMs === null ? null : new Date(letter.timestampMs).toISOString() };
    }
    return { stretches, newest: null };
  }

  #settled(connector: string): { readonly raw: RawConfig; readonly topic: string; readonly type: string } {
    const { type } = this.#host.info(connector);
    const raw = this.#settingsOf(connector);
    const topic = this.#topicIn(raw);
    if (topic !== null) return { raw, topic, type };
    throw new TributaryError('TRIB_DEAD_LETTERS_NONE', 'notFound', {
      what: `Connector ${connector} has no dead-letter topic.`,
      fix: 'Set "errors.tolerance" to "all" and "errors.deadletterqueue.topic.name" to the topic that failed records go to.',
    });
  }

  #settingsOf(connector: string): RawConfig {
    return this.#host.environment.providers.resolve(this.#host.info(connector).config);
  }

  #topicIn(raw: RawConfig): string | null {
    return raw['errors.deadletterqueue.topic.name']?.trim() || null;
  }

  #marks(connector: string): ReplayMarks {
    const { broker, settings } = this.#host.environment;
    const topic = `_${settings.clusterId}_dlq_replays`;
    return new ReplayMarks(broker, { topic, replication: settings.replication, connector });
  }
}

/** Letters without a connector's name may be anyone's: they are shown to each that has the topic. */
function isOf(connector: string, letter: Letter): boolean {
  return letter.connector === null || letter.connector === connector;
}

function targetOf(connector: string, topic: string, type: string, raw: RawConfig, to: string): ReplayTarget {
  if (to === 'original') return { topic: null, isRetry: false, assumedOrigin: null };
  if (to === topic) {
    throw new TributaryError('TRIB_REPLAY_TARGET', 'config', {
      what: `"to" names the dead-letter topic ${topic} itself.`,
      fix: 'Use "connector", "original" or another topic.',
    });
  }
  if (to !== 'connector') return { topic: to, isRetry: false, assumedOrigin: null };
  if (type !== 'sink') {
    throw new TributaryError('TRIB_REPLAY_TARGET', 'config', {
      what: `Connector ${connector} chooses its topics itself, so letters cannot be handed to it alone.`,
      fix: 'Say "to": "original" (every reader of that topic sees the records again) or name a topic.',
    });
  }
  const topics = parseSetting('LIST', raw['topics'] ?? '') as readonly string[];
  return {
    topic: retryTopicOf(topic, connector),
    isRetry: true,
    assumedOrigin: topics.length === 1 ? topics[0]! : null,
  };
}

/** Offsets of named letters by partition. Throws `notFound` for one that is not there. */
function places(
  letters: readonly string[],
  topic: string,
  whole: readonly Stretch[],
): ReadonlyMap<number, ReadonlySet<number>> {
  const found = new Map<number, Set<number>>();
  for (const name of letters) {
    const place = letterPlace(name);
    const stretch = whole.find(({ partition }) => partition === place?.partition);
    const isThere =
      place !== null &&
      place.topic === topic &&
      stretch !== undefined &&
      place.offset >= stretch.from &&
      place.offset < stretch.to;
    if (!isThere) throw noLetter(name, topic);
    let offsets = found.get(place.partition);
    if (offsets === undefined) {
      offsets = new Set();
      found.set(place.partition, offsets);
    }
    offsets.add(place.offset);
  }
  return found;
}

/** Stretches that hold all named letters; those that stand near each other are read together. */
function near(named: ReadonlyMap<number, ReadonlySet<number>>): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const [partition, offsets] of named) {
    for (const offset of [...offsets].sort((left, right) => left - right)) {
      const last = stretches.at(-1);
      const isNear = last !== undefined && last.partition === partition && offset - last.to < NEAR;
      if (isNear) stretches[stretches.length - 1] = { ...last, to: offset + 1 };
      else stretches.push({ partition, from: offset, to: offset + 1 });
    }
  }
  return stretches;
}

/** A replay that goes on ends where the first call found the end: what fails again meanwhile is not taken up without end. */
function resumed(whole: readonly Stretch[], cursor: string | null): readonly Stretch[] {
  if (cursor === null) return whole;
  const left = cursorValue(cursor);
  return whole.flatMap(({ partition, from, to }) => {
    const [start, end] = left[partition] ?? [];
    if (start === undefined || end === undefined) return [];
    return [{ partition, from: Math.max(from, start), to: Math.min(to, end) }];
  });
}

function reportOf(
  connector: string,
  deadLetterTopic: string,
  target: ReplayTarget,
  { to, dryRun, what }: ReplayRequest,
  { left, ...outcome }: ReplayOutcome,
): ReplayReport {
  const notes: string[] = [];
  if (outcome.unknownOrigin > 0) {
    notes.push(
      `${outcome.unknownOrigin} letters have no context headers, so their original topic cannot be known: name a topic with "to". Set "errors.deadletterqueue.context.headers.enable" to true for letters to come.`,
    );
  }
  if (outcome.tooLarge > 0) notes.push(`${outcome.tooLarge} letters are larger than the broker takes.`);
  if (!target.isRetry && outcome.replayed > 0) {
    const topics = [...new Set(outcome.plan.map(({ topic }) => topic))].join(', ');
    notes.push(`Every reader of ${topics} sees these records again, not only ${connector}.`);
  }
  const open = 'letters' in what ? [] : left.filter((stretch) => stretch.to > stretch.from);
  const cursor = Object.fromEntries(open.map(({ partition, from, to: end }) => [partition, [from, end]]));
  return {
    connector,
    dryRun,
    to: target.topic ?? (to === 'original' ? 'original' : deadLetterTopic),
    ...outcome,
    remaining: sum(open.map((stretch) => stretch.to - stretch.from)),
    cursor: open.length === 0 ? null : cursorText(cursor),
    notes,
  };
}

/** The end of a stretch, where its newest letter is; a few more, since the last offsets may hold no record. */
function lastOf({ partition, from, to }: Stretch): Stretch {
  return { partition, from: Math.max(from, to - 4), to };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function noLetter(name: string, topic: string): TributaryError {
  return new TributaryError('TRIB_DEAD_LETTER_NOT_FOUND', 'notFound', {
    what: `There is no dead letter "${name}".`,
    fix: `Letters are named ${topic}-<partition>-<offset>; they go when the topic's retention ends.`,
  });
}
