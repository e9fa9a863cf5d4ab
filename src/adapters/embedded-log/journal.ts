// The commit journal: the one place that decides whether a transaction took place, and where groups and the owners of
// transactional ids are kept.
//
// Law: a transaction is committed exactly when its entry stands whole in the journal. The entry holds the group's offsets
// too, so output and offsets cannot part. Markers in the partitions follow it and can always be written again from it.
// Each entry is one frame: length, crc32c, JSON. A torn frame at the end is cut off at open: it was never acknowledged.

import { crc32c } from '../record-batch/index.ts';
import type { LogFile, Storage } from './storage.ts';

const FRAME_BYTES = 8;
const COMPACT_ABOVE_BYTES = 4 << 20;

export interface Owner {
  readonly producerId: number;
  readonly epoch: number;
}

/** Partition folder → first offset of the transaction there. */
export type Touched = Readonly<Record<string, number>>;

export type JournalEntry =
  | {
      readonly kind: 'snapshot';
      readonly nextProducerId: number;
      readonly nextTopicId: number;
      readonly owners: Readonly<Record<string, Owner>>;
      readonly groups: Readonly<Record<string, Readonly<Record<string, number>>>>;
    }
  | { readonly kind: 'owner'; readonly id: string; readonly owner: Owner }
  | {
      readonly kind: 'commit';
      readonly producerId: number;
      readonly touched: Touched;
      readonly group: string | null;
      readonly offsets: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'offsets'; readonly group: string; readonly offsets: Readonly<Record<string, number>> }
  | { readonly kind: 'forget-group'; readonly group: string }
  | { readonly kind: 'topic-made'; readonly topicId: number }
  | { readonly kind: 'topic-gone'; readonly topic: string };

export class Journal {
  readonly owners = new Map<string, Owner>();
  readonly groups = new Map<string, Map<string, number>>();
  /** The last commit of each producer since the last snapshot: what recovery writes markers from. */
  readonly lastCommits = new Map<number, Touched>();
  nextProducerId = 1;
  nextTopicId = 1;
  private readonly storage: Storage;
  private readonly path: string;
  private file: LogFile;
  private bytes = 0;
  private compactAbove = COMPACT_ABOVE_BYTES;

  constructor(storage: Storage, path: string) {
    this.storage = storage;
    this.path = path;
    storage.remove(`${path}.new`);
    this.file = storage.open(path);
    this.load();
  }

  /** Writes an entry and takes it into the state. When this returns, a crash of the process cannot undo it. */
  append(entry: JournalEntry): void {
    const frame = frameOf(entry);
    try {
      this.file.write(frame, this.bytes);
    } catch (error) {
      this.cutTail();
      throw error;
    }
    this.bytes += frame.length;
    this.apply(entry);
  }

  async sync(): Promise<void> {
    await this.file.sync();
  }

  /** Whether {@link compact} would be worth its while. */
  get isLong(): boolean {
    return this.bytes > this.compactAbove;
  }

  /** Replaces the journal by a snapshot of its state. Only to be called when every commit's markers stand in the logs. */
  compact(): void {
    const { nextProducerId, nextTopicId } = this;
    const groups: Record<string, Record<string, number>> = {};
    for (const [group, offsets] of this.groups) groups[group] = Object.fromEntries(offsets);
    const frame = frameOf({
      kind: 'snapshot',
      nextProducerId,
      nextTopicId,
      owners: Object.fromEntries(this.owners),
      groups,
    });
    const next = this.storage.open(`${this.path}.new`);
    next.truncate(0);
    next.write(frame, 0);
    next.close();
    this.file.close();
    this.storage.rename(`${this.path}.new`, this.path);
    this.file = this.storage.open(this.path);
    this.bytes = frame.length;
    this.compactAbove = Math.max(COMPACT_ABOVE_BYTES, frame.length * 4);
    this.lastCommits.clear();
  }

  close(): void {
    this.file.close();
  }

  private load(): void {
    const all = this.file.read(0, this.file.size());
    while (this.bytes + FRAME_BYTES <= all.length) {
      const start = this.bytes + FRAME_BYTES;
      const end = start + all.readUInt32BE(this.bytes);
      if (end > all.length || crc32c(all, start, end) !== all.readUInt32BE(this.bytes + 4)) break;
      this.apply(JSON.parse(all.toString('utf8', start, end)) as JournalEntry);
      this.bytes = end;
    }
    if (this.bytes < all.length) this.file.truncate(this.bytes);
  }

  private apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'snapshot':
        this.nextProducerId = entry.nextProducerId;
        this.nextTopicId = entry.nextTopicId;
        for (const [id, owner] of Object.entries(entry.owners)) this.owners.set(id, owner);
        for (const [group, offsets] of Object.entries(entry.groups)) this.setOffsets(group, offsets);
        return;
      case 'owner':
        this.owners.set(entry.id, entry.owner);
        this.nextProducerId = Math.max(this.nextProducerId, entry.owner.producerId + 1);
        return;
      case 'commit':
        this.lastCommits.set(entry.producerId, entry.touched);
        if (entry.group !== null) this.setOffsets(entry.group, entry.offsets);
        return;
      case 'offsets':
        this.setOffsets(entry.group, entry.offsets);
        return;
      case 'forget-group':
        this.groups.delete(entry.group);
        return;
      case 'topic-made':
        this.nextTopicId = Math.max(this.nextTopicId, entry.topicId + 1);
        return;
      case 'topic-gone':
        this.forgetTopic(entry.topic);
    }
  }

  private setOffsets(group: string, offsets: Readonly<Record<string, number>>): void {
    const known = this.groups.get(group) ?? new Map<string, number>();
    this.groups.set(group, known);
    for (const partition in offsets) known.set(partition, offsets[partition]!);
  }

  // As Kafka does: a topic of the same name made later starts without offsets.
  private forgetTopic(topic: string): void {
    for (const offsets of this.groups.values()) {
      for (const partition of [...offsets.keys()]) {
        if (partition.slice(0, partition.lastIndexOf('-')) === topic) offsets.delete(partition);
      }
    }
  }

  private cutTail(): void {
    try {
      this.file.truncate(this.bytes);
    } catch (error) {
      // The next entry overwrites the torn bytes, and their checksum refuses them until then.
      if (!(error instanceof Error)) throw error;
    }
  }
}

function frameOf(entry: JournalEntry): Buffer {
  const json = Buffer.from(JSON.stringify(entry), 'utf8');
  const frame = Buffer.allocUnsafe(FRAME_BYTES + json.length);
  frame.writeUInt32BE(json.length, 0);
  frame.writeUInt32BE(crc32c(json, 0, json.length), 4);
  json.copy(frame, FRAME_BYTES);
  return frame;
}
