// One session of a task: from taking over the output to the first error or stop. See task.ts.
//
// Laws of a cycle (poll → run → changelog → commit → state store):
// - Outputs, changelog entries and input offsets become visible in one step or not at all.
// - Nothing waits a record: awaits are a chunk (missing state, back-pressure) or a cycle.
// - While a committed cycle is written to the state store, the next one runs on what memory holds; it is committed only when that
//   write is done. So the store never leads the log, and lags it by one cycle at most.
import { ByteWriter } from '../core/bytes.ts';
import { TributaryError } from '../core/errors.ts';
import type { Offsets, Producer, TransactionalProducer } from '../ports/broker.ts';
import { partitionKey } from '../ports/broker.ts';
import { decoderOf } from './decode-chunk.ts';
import { OutputEncoder } from './encode-output.ts';
import type { Work } from './inbox.ts';
import { Intake } from './intake.ts';
import type { TaskSetup } from './task-setup.ts';
import { TaskState } from './task-state.ts';
import type { TaskInstance } from './topology.ts';

/** Longest wait for input when nothing else is due. */
const IDLE_WAIT_MS = 500;
/**
 * At least once, when input is slow: rows leave this long after they were made, and are committed at least this often. While input
 * comes fast, full batches leave by themselves, and waiting for their acknowledgement would only hold the next rows up.
 */
const LINGER_MS = 10;
const QUIET_COMMIT_MS = 100;
const QUIET_ROWS_MAX = 2000;

export class TaskSession {
  readonly #setup: TaskSetup;
  readonly #signal: AbortSignal;
  readonly #onCommit: () => void;
  #producer: Producer | null = null;
  #transaction: TransactionalProducer | null = null;
  #state: TaskState | null = null;
  #instance: TaskInstance | null = null;
  #output: OutputEncoder | null = null;
  #intake: Intake | null = null;
  /** Next offset to process, by source. */
  readonly #positions: number[];
  /** Something may have to be committed. */
  #begun = false;
  #inTransaction = false;
  #rowsIn = 0;
  #rowsOut = 0;
  #moved = false;
  #untickedRows = 0;
  #streamTimeMs = -1;
  /** At once after a start: state may hold rows whose time came while nothing ran. */
  #nextTickMs: number | null = 0;
  #lastCommitMs = 0;
  #lastWorkMs = 0;
  #lastFlushMs = 0;
  /** Of the output's rows of this cycle, those that were flushed. */
  #flushedRows = 0;
  /** What follows the last commit; resolved when it is done. */
  #saving: Promise<void> = Promise.resolve();
  #savingFailure: unknown = null;

  constructor(setup: TaskSetup, signal: AbortSignal, onCommit: () => void) {
    this.#setup = setup;
    this.#signal = signal;
    this.#onCommit = onCommit;
    this.#positions = new Array<number>(setup.part.sources.length).fill(0);
  }

  get state(): TaskState | null {
    return this.#state;
  }

  /** Ends a wait for input. */
  wake(): void {
    this.#intake?.wake();
  }

  async open(): Promise<void> {
    const setup = this.#setup;
    if (setup.guarantee === 'exactly_once') {
      this.#transaction = await setup.broker.transact(setup.id);
      this.#producer = this.#transaction;
    } else {
      this.#producer = await setup.broker.produce();
    }
    const decoders = setup.part.sources.map((source) => decoderOf(setup.serdes, source));
    const from = await this.#startOffsets();
    this.#state = await TaskState.open(
      {
        task: setup.id,
        partition: setup.partition,
        stores: setup.part.stores,
        decoders,
        serdes: setup.serdes,
        broker: setup.broker,
        store: setup.store,
        clock: setup.clock,
        cacheRowsMax: setup.cacheRowsMax,
        signal: this.#signal,
      },
      from,
    );
    if (this.#signal.aborted) return;
    this.#instance = setup.part.instantiate(this.#state.stores);
    this.#output = await this.#openOutput(this.#producer);
    this.#intake = await Intake.open({
      broker: setup.broker,
      decoders,
      keys: setup.part.sources.map(({ topic }) => [partitionKey(topic, setup.partition)]),
      from,
      onBad: setup.watch.bad.bind(setup.watch),
      tablesSettled: setup.tablesSettled,
      signal: this.#signal,
    });
    this.#lastCommitMs = setup.clock.now() - setup.commitMs;
    setup.watch.started(this.#state.replayed);
  }

  /** Polls, runs and commits until stopped. */
  async run(): Promise<void> {
    const intake = this.#intake;
    while (intake !== null && !this.#signal.aborted) {
      if (this.#savingFailure !== null) break;
      const work = await intake.next();
      if (work !== null) await this.#runWork(work);
      else this.#tickIfDue();
      if (this.#commitDue(work === null)) await this.#commit();
      else if (work === null && !this.#begun && this.#moved) await this.#passMarkers();
      if (work !== null) continue;
      await this.#flushIfQuiet();
      await intake.wait(this.#idleMs());
    }
    if (this.#instance !== null && this.#begun) await this.#commit();
    await this.#saved();
  }

  async close(): Promise<void> {
    // A failure of the last save was thrown by `run`, or comes after a worse one.
    await this.#saving;
    await this.#intake?.close();
    // An open transaction is aborted by closing, or by the next holder of its id.
    await this.#producer?.close();
  }

  async #runWork(work: Work): Promise<void> {
    const { source, chunk } = work;
    const instance = this.#instance!;
    if (chunk.length > 0) {
      this.#begin();
      const loading = this.#state!.loadFor(instance, source, chunk);
      if (loading !== null) await loading;
      instance.run(source, chunk, this.#output!);
      for (let i = 0; i < chunk.length; i++) {
        const timeMs = chunk.timesMs[i]!;
        if (timeMs > this.#streamTimeMs) this.#streamTimeMs = timeMs;
      }
      this.#rowsIn += chunk.length;
      this.#untickedRows += chunk.length;
      this.#lastWorkMs = this.#setup.clock.now();
      await this.#producer!.drain();
    }
    this.#positions[source] = work.nextOffset;
    this.#moved = true;
  }

  /** How long to wait for input before something else is due. */
  #idleMs(): number {
    const nowMs = this.#setup.clock.now();
    let waitMs = IDLE_WAIT_MS;
    if (this.#begun || this.#moved) waitMs = Math.min(waitMs, this.#lastCommitMs + this.#setup.commitMs - nowMs);
    if (this.#begun && this.#transaction === null) {
      const isFlushed = this.#output!.written === this.#flushedRows;
      waitMs = Math.min(waitMs, isFlushed ? this.#lastCommitMs + QUIET_COMMIT_MS - nowMs : LINGER_MS);
    }
    if (this.#nextTickMs !== null) waitMs = Math.min(waitMs, this.#nextTickMs - nowMs);
    return Math.max(1, waitMs);
  }

  #begin(): void {
    if (!this.#setup.mayWork()) throw leaseOver(this.#setup.id);
    this.#begun = true;
    if (this.#inTransaction) return;
    this.#inTransaction = true;
    this.#transaction?.begin();
  }

  #tickIfDue(): void {
    const nowMs = this.#setup.clock.now();
    if (this.#untickedRows === 0 && (this.#nextTickMs === null || nowMs < this.#nextTickMs)) return;
    this.#begin();
    this.#untickedRows = 0;
    this.#nextTickMs = this.#instance!.tick(this.#streamTimeMs, nowMs, this.#output!);
  }

  #commitDue(isIdle: boolean): boolean {
    if (!this.#begun) return false;
    const nowMs = this.#setup.clock.now();
    const sinceMs = nowMs - this.#lastCommitMs;
    if (this.#rowsIn >= this.#setup.commitRowsMax || sinceMs >= this.#setup.commitMs) return true;
    return isIdle && this.#transaction === null && sinceMs >= QUIET_COMMIT_MS && this.#isQuiet(nowMs);
  }

  /** Waiting for acknowledgements holds nothing up: little was written, or nothing has come for a while. */
  #isQuiet(nowMs: number): boolean {
    const unflushed = this.#output!.written - this.#flushedRows;
    return unflushed <= QUIET_ROWS_MAX || nowMs - this.#lastWorkMs >= LINGER_MS;
  }

  /** At least once: what was written leaves now, though its batch is not full. In a transaction only the commit shows it. */
  async #flushIfQuiet(): Promise<void> {
    const output = this.#output!;
    if (this.#transaction !== null || output.written === this.#flushedRows) return;
    const nowMs = this.#setup.clock.now();
    if (nowMs - this.#lastFlushMs < LINGER_MS || !this.#isQuiet(nowMs)) return;
    // Changelogs are written by `log` alone, so no end that `save` needs is passed over here.
    await this.#producer!.flush();
    this.#flushedRows = output.written;
    this.#lastFlushMs = this.#setup.clock.now();
  }

  async #commit(): Promise<void> {
    const setup = this.#setup;
    const state = this.#state!;
    const output = this.#output!;
    this.#tickIfDue();
    await this.#saved();
    state.evict();
    const logged = state.log(this.#producer!);
    const idle = logged === 0 && output.written === 0 && !this.#moved;
    const inputs = this.#inputs();
    if (!setup.mayWork()) throw leaseOver(setup.id);
    if (!idle) {
      if (this.#transaction !== null) {
        const ends = await this.#transaction.commit(setup.group, inputs);
        this.#inTransaction = false;
        setup.watch.committed(inputs);
        this.#save(state.save(ends, inputs));
      } else {
        this.#save(this.#saveThenCommit(state.save(await this.#producer!.flush(), inputs), inputs));
      }
    }
    this.#report();
    this.#begun = false;
    this.#lastCommitMs = setup.clock.now();
  }

  /** At least once: inputs count as read only when outputs and state are safe. */
  async #saveThenCommit(saving: Promise<void>, inputs: Offsets): Promise<void> {
    await saving;
    await this.#setup.broker.commit(this.#setup.group, inputs);
    this.#setup.watch.committed(inputs);
  }

  /** Lets the next cycle run meanwhile. A failure ends the session at its next turn. */
  #save(work: Promise<void>): void {
    this.#saving = work.then(
      () => this.#onCommit(),
      (error: unknown) => {
        this.#savingFailure = error;
        this.wake();
      },
    );
  }

  async #saved(): Promise<void> {
    await this.#saving;
    if (this.#savingFailure !== null) throw this.#savingFailure;
  }

  #report(): void {
    const { watch } = this.#setup;
    const output = this.#output!;
    this.#rowsOut = output.written;
    watch.counted(this.#rowsIn, this.#rowsOut);
    this.#rowsIn = 0;
    this.#moved = false;
    output.written = 0;
    this.#flushedRows = 0;
    const failures = this.#instance!.takeFailures();
    const samples = output.firstFailure === null ? failures.samples : [...failures.samples, output.firstFailure];
    if (failures.count + output.failed > 0) watch.failures(failures.count + output.failed, samples);
    output.failed = 0;
    output.firstFailure = null;
  }

  /** Only markers and aborted records were passed: whoever waits for this task may go on. */
  async #passMarkers(): Promise<void> {
    const { commitsMarkers, commitMs, clock, watch } = this.#setup;
    if (!commitsMarkers) {
      this.#moved = false;
      watch.committed(this.#inputs());
      return;
    }
    if (clock.now() - this.#lastCommitMs < commitMs) return;
    this.#begin();
    await this.#commit();
  }

  /** Next offsets to read. Two sources of one topic share its offset: the smaller holds. */
  #inputs(): Offsets {
    const inputs = new Map<string, number>();
    this.#setup.part.sources.forEach((source, index) => {
      const key = partitionKey(source.topic, this.#setup.partition);
      const at = this.#positions[index]!;
      const other = inputs.get(key);
      inputs.set(key, other === undefined ? at : Math.min(at, other));
    });
    return inputs;
  }

  /** Committed offsets, and for sources without one where they begin; always within what the log still holds. */
  async #startOffsets(): Promise<Map<string, number>> {
    const { broker, group, part, partition, startAt } = this.#setup;
    const keys = new Set(part.sources.map((source) => partitionKey(source.topic, partition)));
    const [committed, earliest, stable] = await Promise.all([
      broker.committed(group, keys),
      broker.offsets(keys, 'earliest'),
      broker.offsets(keys, 'stable'),
    ]);
    const from = new Map<string, number>();
    part.sources.forEach((source, index) => {
      const key = partitionKey(source.topic, partition);
      const first = earliest.get(key) ?? 0;
      const end = stable.get(key) ?? 0;
      const begin = !source.internal && startAt(source) === 'latest' ? end : first;
      const at = committed.get(key) ?? begin;
      from.set(key, at < first || at > end ? first : at);
      if (this.#setup.commitsMarkers && committed.get(key) !== from.get(key)) this.#moved = true;
      this.#positions[index] = from.get(key)!;
    });
    return from;
  }

  async #openOutput(producer: Producer): Promise<OutputEncoder> {
    const { serdes, part, sinkPartitions, queryId } = this.#setup;
    const sinks = part.sinks.map((sink, index) => ({
      topic: sink.topic,
      partitions: sinkPartitions[index]!,
      key: serdes.writer(sink.key, sink.topic, true),
      value: serdes.writer(sink.value, sink.topic, false),
    }));
    await Promise.all(sinks.flatMap((sink) => [sink.key.prepare(), sink.value.prepare()]));
    return new OutputEncoder(sinks, producer, {
      key: new ByteWriter(),
      value: new ByteWriter(),
      mark: queryId,
    });
  }
}

function leaseOver(task: string): TributaryError {
  return new TributaryError('TRIB_LEASE_OVER', 'fenced', {
    what: `Task ${task} stops: this host may have lost its place in the group, so another may run the task by now.`,
    fix: 'The host joins again by itself; look for long pauses of the process if this repeats.',
  });
}
