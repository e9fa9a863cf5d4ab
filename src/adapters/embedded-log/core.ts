// What the parts of an embedded broker share: the logs, the journal, and the steps that must not be forgotten.

import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { compactLog } from './compaction.ts';
import { Journal, type JournalEntry, type Owner } from './journal.ts';
import type { PartitionLog } from './partition-log.ts';
import { applyRetention } from './retention.ts';
import type { Storage } from './storage.ts';
import { Topics } from './topics.ts';

/** File of decisions; it stands from the first one on. */
export const JOURNAL = 'journal.log';

interface Unfinished {
  readonly log: PartitionLog;
  readonly owner: Owner;
  readonly outcome: 'commit' | 'abort';
}

export class LogCore {
  readonly clock: Clock;
  readonly fsync: boolean;
  readonly storage: Storage;
  readonly journal: Journal;
  readonly topics: Topics;
  /** Passed to writers as a value: it must not lose its `this`. */
  readonly rolled = (log: PartitionLog): void => this.tidy(log);
  // Markers that could not be written (a full disk) though their transaction is decided.
  private unfinished: Unfinished[] = [];
  private unmarked = 0;
  private failure: unknown = null;
  private readonly tidying = new Map<PartitionLog, Promise<void>>();
  private readonly closing = new AbortController();

  constructor(storage: Storage, clock: Clock, fsync: boolean) {
    this.storage = storage;
    this.clock = clock;
    this.fsync = fsync;
    this.journal = new Journal(storage, JOURNAL);
    this.topics = new Topics(storage, this.journal);
    this.recover();
    for (const log of this.topics.logs()) if (log.segments.length > 1) this.tidy(log);
  }

  checkOpen(): void {
    if (this.closing.signal.aborted) {
      throw new TributaryError('TRIB_BROKER_CLOSED', 'fatal', {
        what: 'The embedded broker has been closed.',
        fix: 'This happens while the host stops; otherwise please report it.',
      });
    }
    if (this.failure !== null) throw this.failure;
    if (this.unfinished.length > 0) this.finishRest();
  }

  /** Writes the markers of a decided transaction. What cannot be written now is tried again before anything else. */
  finish(logs: readonly PartitionLog[], owner: Owner, outcome: 'commit' | 'abort'): void {
    for (const log of logs) {
      if (log.deleted) continue;
      try {
        log.finish({ id: owner.producerId, epoch: owner.epoch }, outcome, this.clock.now());
      } catch (error) {
        // The decision stands; the error is seen by whoever needs the log next (`checkOpen`).
        if (!(error instanceof TributaryError)) throw error;
        this.unfinished.push({ log, owner, outcome });
      }
    }
    this.shortenJournal();
  }

  /**
   * Decides a transaction: the journal entry, then the markers. While the disk is awaited in between, the transaction is
   * committed but unmarked, and whoever meets it (`takeOwnership`) must find its entry in the journal.
   */
  async commitTransaction(
    entry: JournalEntry & { kind: 'commit' },
    logs: readonly PartitionLog[],
    owner: Owner,
  ): Promise<void> {
    this.journal.append(entry);
    this.unmarked++;
    try {
      if (this.fsync) await this.journal.sync();
    } finally {
      this.unmarked--;
      this.finish(logs, owner, 'commit');
    }
  }

  async commitOffsets(group: string, offsets: Readonly<Record<string, number>>): Promise<void> {
    this.journal.append({ kind: 'offsets', group, offsets });
    if (this.fsync) await this.journal.sync();
    this.shortenJournal();
  }

  /** Gives the id to a new owner: older ones are fenced and their open transactions aborted. */
  takeOwnership(id: string): Owner {
    const former = this.journal.owners.get(id);
    const isNew = former === undefined || former.epoch >= 32_767;
    const owner = isNew
      ? { producerId: this.journal.nextProducerId, epoch: 0 }
      : { producerId: former.producerId, epoch: former.epoch + 1 };
    this.journal.append({ kind: 'owner', id, owner });
    if (former !== undefined) for (const log of this.topics.logs()) this.settle(log, former);
    return owner;
  }

  /** From now on every call fails with this error; whoever waits for records is woken to meet it. */
  fail(error: TributaryError): void {
    this.failure = error;
    for (const log of this.topics.logs()) log.wake();
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await Promise.all(this.tidying.values());
    for (const log of this.topics.logs()) {
      log.wake();
      log.closeFiles();
    }
    this.journal.close();
    this.storage.close();
  }

  private finishRest(): void {
    const rest = this.unfinished;
    this.unfinished = [];
    for (const { log, owner, outcome } of rest) this.finish([log], owner, outcome);
    const [stuck] = this.unfinished;
    if (stuck !== undefined) {
      throw new TributaryError('TRIB_LOG_DISK_FULL', 'transient', {
        what: 'The end of a transaction could not be written: the disk is full.',
        where: stuck.log.name,
        fix: 'Free space; it goes on by itself then, and nothing is lost.',
      });
    }
  }

  // What a dead process or a fenced owner left open is committed when the journal says so, else aborted.
  private recover(): void {
    for (const log of this.topics.logs()) {
      for (const producerId of [...log.openTransactions.keys()]) this.settle(log, { producerId, epoch: 0 });
    }
    this.shortenJournal();
  }

  private settle(log: PartitionLog, owner: Owner): void {
    const firstOffset = log.openTransactions.get(owner.producerId);
    if (firstOffset === undefined) return;
    const isCommitted = this.journal.lastCommits.get(owner.producerId)?.[log.folder] === firstOffset;
    this.finish([log], owner, isCommitted ? 'commit' : 'abort');
  }

  private shortenJournal(): void {
    const allMarked = this.unfinished.length === 0 && this.unmarked === 0;
    if (allMarked && this.journal.isLong) this.journal.compact();
  }

  // Called behind an append that has already succeeded, so nothing may be thrown here: what passes (a full disk) is tried
  // again when the next segment is closed, anything else is told to whoever uses the broker next.
  private tidy(log: PartitionLog): void {
    try {
      applyRetention(log, this.clock.now());
    } catch (error) {
      this.noteFailure(error);
    }
    if (!log.settings.compact || this.tidying.has(log)) return;
    const pass = compactLog(log, this.storage, this.clock, this.closing.signal)
      .catch((error: unknown) => this.noteFailure(error))
      .finally(() => this.tidying.delete(log));
    this.tidying.set(log, pass);
  }

  private noteFailure(error: unknown): void {
    if (!isTransient(error)) this.failure = error;
  }
}
