// The topics of the embedded log: one folder each, `topics/<number>-<name>/`, with `topic.json` and a folder a partition.
// The number is never used again, so a topic made anew is another one, also to journal entries and on file systems that do
// not tell capitals from small letters.

import { quoted, TributaryError } from '../../core/errors.ts';
import { partitionKey, splitPartitionKey, type TopicInfo, type TopicSpec } from '../../ports/broker.ts';
import type { Journal } from './journal.ts';
import { PartitionLog } from './partition-log.ts';
import type { Storage } from './storage.ts';
import { topicSettings } from './topic-settings.ts';

const FOLDER = 'topics';
const DEFAULT_PARTITIONS = 1;
const NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

interface TopicFile {
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

interface Topic {
  readonly folder: string;
  readonly logs: PartitionLog[];
  config: Readonly<Record<string, string>>;
}

export class Topics {
  private readonly byName = new Map<string, Topic>();
  private readonly byPartition = new Map<string, PartitionLog>();
  private readonly storage: Storage;
  private readonly journal: Journal;

  constructor(storage: Storage, journal: Journal) {
    this.storage = storage;
    this.journal = journal;
    for (const folder of storage.list(FOLDER)) this.loadOrClear(`${FOLDER}/${folder}`, folder);
  }

  /** Makes a topic; false when it exists. */
  create(spec: TopicSpec): boolean {
    checkName(spec.name);
    if (this.byName.has(spec.name)) return false;
    const partitions = spec.partitions === -1 ? DEFAULT_PARTITIONS : spec.partitions;
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw new TributaryError('TRIB_TOPIC_CONFIG', 'config', {
        what: `A topic cannot have ${partitions} partitions.`,
        where: spec.name,
        fix: 'Give a whole number of at least 1, or -1 for the default.',
      });
    }
    const file: TopicFile = { partitions, config: spec.config ?? {} };
    topicSettings(spec.name, file.config);
    const topicId = this.journal.nextTopicId;
    this.journal.append({ kind: 'topic-made', topicId });
    const folder = `${FOLDER}/${topicId}-${spec.name}`;
    this.storage.makeFolder(folder);
    this.storage.writeText(`${folder}/topic.json`, `${JSON.stringify(file)}\n`);
    this.load(folder, spec.name, file);
    return true;
  }

  /** Deletes a topic with its records and the offsets groups have in it; missing ones are fine. */
  delete(name: string): void {
    const topic = this.byName.get(name);
    if (topic === undefined) return;
    // Without topic.json the folder is rubbish to the next start, so a crash in the middle finishes there.
    this.storage.remove(`${topic.folder}/topic.json`);
    this.journal.append({ kind: 'topic-gone', topic: name });
    this.byName.delete(name);
    topic.logs.forEach((log, partition) => {
      log.deleted = true;
      log.openTransactions.clear();
      log.closeFiles();
      this.byPartition.delete(partitionKey(name, partition));
      log.wake();
    });
    this.storage.remove(topic.folder);
  }

  /** Gives a topic at least so many partitions. Throws `notFound`. */
  grow(name: string, partitions: number): void {
    const topic = this.existing(name);
    if (partitions <= topic.logs.length) return;
    this.write(topic, { partitions, config: topic.config });
    this.openLogs(name, topic, partitions);
  }

  /** The settings the topic was given. Throws `notFound`. */
  config(name: string): Readonly<Record<string, string>> {
    return this.existing(name).config;
  }

  /** Sets settings, or takes them back where null. Throws `notFound`, `config`. */
  configure(name: string, changes: ReadonlyMap<string, string | null>): void {
    const topic = this.existing(name);
    const config: Record<string, string> = { ...topic.config };
    for (const [setting, value] of changes) {
      if (value === null) delete config[setting];
      else config[setting] = value;
    }
    const settings = topicSettings(name, config);
    this.write(topic, { partitions: topic.logs.length, config });
    topic.config = config;
    for (const log of topic.logs) log.settings = settings;
  }

  list(): readonly TopicInfo[] {
    const infos: TopicInfo[] = [];
    for (const [name, topic] of this.byName) infos.push({ name, partitions: topic.logs.length, replication: 1 });
    return infos.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  info(name: string): TopicInfo | null {
    const topic = this.byName.get(name);
    return topic === undefined ? null : { name, partitions: topic.logs.length, replication: 1 };
  }

  /** The log of a partition by its key; throws `notFound`. */
  log(key: string): PartitionLog {
    const log = this.byPartition.get(key);
    if (log === undefined) throw unknownPartition(key, this.info(splitPartitionKey(key).topic));
    return log;
  }

  logs(): IterableIterator<PartitionLog> {
    return this.byPartition.values();
  }

  private loadOrClear(path: string, folder: string): void {
    const text = this.storage.readText(`${path}/topic.json`);
    if (text === null) this.storage.remove(path);
    else this.load(path, folder.slice(folder.indexOf('-') + 1), JSON.parse(text) as TopicFile);
  }

  private load(folder: string, name: string, file: TopicFile): void {
    const topic: Topic = { folder, logs: [], config: file.config };
    this.openLogs(name, topic, file.partitions);
    this.byName.set(name, topic);
  }

  private openLogs(name: string, topic: Topic, partitions: number): void {
    const settings = topicSettings(name, topic.config);
    for (let partition = topic.logs.length; partition < partitions; partition++) {
      const key = partitionKey(name, partition);
      const log = new PartitionLog(key, `${topic.folder}/${partition}`, settings, this.storage);
      topic.logs.push(log);
      this.byPartition.set(key, log);
    }
  }

  private write(topic: Topic, file: TopicFile): void {
    this.storage.writeText(`${topic.folder}/topic.json`, `${JSON.stringify(file)}\n`);
  }

  private existing(name: string): Topic {
    const topic = this.byName.get(name);
    if (topic === undefined) throw unknownPartition(partitionKey(name, 0), null);
    return topic;
  }
}

/** What to say of a partition that does not exist. */
export function unknownPartition(key: string, topic: TopicInfo | null): TributaryError {
  const { topic: name, partition } = splitPartitionKey(key);
  if (topic === null) {
    return new TributaryError('TRIB_TOPIC_UNKNOWN', 'notFound', {
      what: `There is no topic ${quoted(name)}.`,
      where: key,
      fix: 'Create it, or correct the name: topics are not made on first use.',
    });
  }
  return new TributaryError('TRIB_TOPIC_UNKNOWN', 'notFound', {
    what: `Topic ${quoted(name)} has no partition ${partition}.`,
    where: key,
    fix: `It has ${topic.partitions}, numbered from 0.`,
  });
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new TributaryError('TRIB_TOPIC_NAME', 'config', {
    what: `A topic cannot be called ${quoted(name)}.`,
    fix: 'Use 1 to 249 letters, digits, dots, underscores and hyphens.',
  });
}
