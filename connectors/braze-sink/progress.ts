// What of each partition is delivered. Requests overlap, so records are done out of order; only the unbroken prefix may be committed.
//
// Law: `committable` never passes a record that is not done.
// Law: marks (what is done above the prefix) are stored right after each answer, so that a killed task repeats only records
// whose answer it never saw. Marks older than a rewind of the connector's offsets by its user are ignored.
import type { StateStore } from 'tributary/connect';
import { TributaryError } from 'tributary/connect';

interface PartitionProgress {
  /** Offsets handed over and not yet done, in the order they were handed over. */
  readonly open: Set<number>;
  /** Offsets were handed over in ascending order, so the first open one is the lowest. */
  ascending: boolean;
  /** Offsets done above the lowest open one, as of the last save; later ones may lie below. */
  readonly done: Set<number>;
  /** One past the highest offset handed over. */
  next: number;
  /** Last two answers of `committable`: the earlier one is surely committed. */
  offered: number;
  confirmed: number;
}

interface Mark {
  readonly confirmed: number;
  readonly low: number;
  /** Runs of offsets done above `low`: first and last of each. Absent in marks of another form: their records go out again. */
  readonly runs?: readonly number[];
}

const STORE = 'accepted';

/** Tracks one task's partitions and keeps its marks in the state store. */
export class Progress {
  readonly #store: StateStore;
  readonly #name: string;
  readonly #partitions = new Map<string, PartitionProgress>();
  readonly #marks = new Map<string, Mark>();
  /** Partitions whose marks are to be saved by the next write. */
  #unsaved = new Set<string>();
  #saving: Promise<void> | null = null;
  #nextSave: Promise<void> | null = null;
  #token = '';

  constructor(store: StateStore, name: string) {
    this.#store = store;
    this.#name = name;
  }

  /** Reads the marks of partitions that were just assigned. */
  async open(partitions: readonly string[]): Promise<void> {
    this.#token = (await this.#store.open(this.#name)).token;
    const keys = partitions.map((partition) => Buffer.from(partition));
    const values = await this.#store.read(this.#name, this.#token, STORE, keys);
    for (let i = 0; i < partitions.length; i++) {
      const value = values[i];
      if (value) this.#marks.set(partitions[i]!, JSON.parse(value.toString()) as Mark);
    }
  }

  /** Notes a record; answers false when it was delivered before and must not be sent again. */
  handed(partition: string, offset: number): boolean {
    let progress = this.#partitions.get(partition);
    if (progress === undefined) {
      const mark = this.#marks.get(partition);
      if (mark !== undefined && offset < mark.confirmed) this.#marks.delete(partition);
      progress = {
        open: new Set(),
        ascending: true,
        done: new Set(),
        next: offset,
        offered: offset,
        confirmed: offset,
      };
      this.#partitions.set(partition, progress);
    }
    if (offset < progress.next) progress.ascending = false;
    progress.next = Math.max(progress.next, offset + 1);
    const mark = this.#marks.get(partition);
    if (mark !== undefined && (offset < mark.low || holds(mark.runs ?? [], offset))) {
      this.#finish(progress, offset);
      return false;
    }
    progress.open.add(offset);
    return true;
  }

  done(partition: string, offset: number): void {
    const progress = this.#partitions.get(partition);
    if (progress === undefined) return;
    progress.open.delete(offset);
    this.#finish(progress, offset);
  }

  #finish(progress: PartitionProgress, offset: number): void {
    if (progress.open.size > 0) progress.done.add(offset);
    else {
      progress.done.clear();
      progress.ascending = true;
    }
  }

  /** The lowest offset not yet done; `handed` when all are. */
  #low(progress: PartitionProgress): number {
    let low = progress.next;
    for (const offset of progress.open) {
      if (offset < low) low = offset;
      if (progress.ascending) break;
    }
    return low;
  }

  /** What may be committed of a partition that was handed over up to `handed`. */
  committable(partition: string, handed: number): number {
    const progress = this.#partitions.get(partition);
    if (progress === undefined) return handed;
    const low = progress.open.size === 0 ? Math.max(handed, progress.next) : this.#low(progress);
    progress.confirmed = progress.offered;
    progress.offered = low;
    return low;
  }

  /** True when every record handed over is done. */
  get settled(): boolean {
    for (const progress of this.#partitions.values()) if (progress.open.size > 0) return false;
    return true;
  }

  /**
   * Stores the marks of the partitions. Answers that come while a write is under way share the next one.
   * After the store was lost it is opened anew and gets all marks again.
   */
  save(partitions: Iterable<string>): Promise<void> {
    for (const partition of partitions) this.#unsaved.add(partition);
    if (this.#saving === null) return this.#startSave();
    // Whatever became of the write under way: this one is judged by its own.
    this.#nextSave ??= this.#saving.then(
      () => this.#startSave(),
      () => this.#startSave(),
    );
    return this.#nextSave;
  }

  #startSave(): Promise<void> {
    this.#nextSave = null;
    const saving = this.#save().finally(() => {
      if (this.#saving === saving) this.#saving = null;
    });
    this.#saving = saving;
    return saving;
  }

  async #save(): Promise<void> {
    const partitions = this.#unsaved;
    this.#unsaved = new Set();
    try {
      await this.#write(partitions);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind !== 'fenced') throw error;
      this.#token = (await this.#store.open(this.#name)).token;
      await this.#write(this.#partitions.keys());
    }
  }

  async #write(partitions: Iterable<string>): Promise<void> {
    const entries: [Buffer, Buffer][] = [];
    for (const partition of partitions) {
      const progress = this.#partitions.get(partition);
      if (progress === undefined) continue;
      const low = this.#low(progress);
      for (const offset of progress.done) if (offset <= low) progress.done.delete(offset);
      const mark: Mark = { confirmed: progress.confirmed, low, runs: runsOf(progress.done) };
      entries.push([Buffer.from(partition), Buffer.from(JSON.stringify(mark))]);
    }
    await this.#store.write(this.#name, this.#token, new Map([[STORE, entries]]), new Map());
  }

  close(partitions: Iterable<string>): void {
    for (const partition of partitions) {
      this.#partitions.delete(partition);
      this.#marks.delete(partition);
    }
  }
}

/** Offsets as runs: first and last of each, ascending. */
function runsOf(offsets: Iterable<number>): readonly number[] {
  const sorted = Float64Array.from(offsets).sort();
  const runs: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const offset = sorted[i]!;
    if (i > 0 && offset === sorted[i - 1]! + 1) runs[runs.length - 1] = offset;
    else runs.push(offset, offset);
  }
  return runs;
}

function holds(runs: readonly number[], offset: number): boolean {
  for (let i = 0; i < runs.length; i += 2) if (offset >= runs[i]! && offset <= runs[i + 1]!) return true;
  return false;
}
