// Carries the offsets of consumer groups over: as checkpoints, and on request as committed offsets of the same groups.
//
// Laws: only what committed offset marks say is used, so a group is never sent past what was copied. A group that has members on
// the target is left alone (the broker refuses commits beside them), and no group is moved backwards.
import {
  type Broker,
  isTransient,
  type Lane,
  type ProcessorContext,
  type Producer,
  partitionKey,
  type Reader,
  splitPartitionKey,
  TributaryError,
} from 'tributary/connect';
import { makeStateTopic, marksTopic } from './copy-cycle.ts';
import { type Checkpoint, checkpointKey, checkpointValue, readOffsetMark } from './mirror-records.ts';
import { OffsetHistory } from './offset-history.ts';
import type { CopySettings } from './settings.ts';

export function checkpointsTopic(sourceAlias: string): string {
  return `${sourceAlias}.checkpoints.internal`;
}

export class GroupOffsets {
  readonly #settings: CopySettings;
  readonly #context: ProcessorContext;
  readonly #source: Broker;
  readonly #history = new OffsetHistory();
  #marks: Reader | null = null;
  #producer: Producer | null = null;
  /** What was last written of a group's partition, so that only changes are. */
  readonly #written = new Map<string, number>();
  #said = '';

  constructor(settings: CopySettings, context: ProcessorContext, source: Broker) {
    this.#settings = settings;
    this.#context = context;
    this.#source = source;
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const { checkpointEveryMs, groupSyncEveryMs } = this.#settings;
    let checkpointAtMs = checkpointEveryMs === null ? Number.POSITIVE_INFINITY : clock.now();
    let syncAtMs = groupSyncEveryMs === null ? Number.POSITIVE_INFINITY : clock.now();
    while (!signal.aborted) {
      const nowMs = clock.now();
      const isCheckpointDue = nowMs >= checkpointAtMs;
      const isSyncDue = nowMs >= syncAtMs;
      await this.#once(isCheckpointDue, isSyncDue);
      if (isCheckpointDue) checkpointAtMs = nowMs + checkpointEveryMs!;
      if (isSyncDue) syncAtMs = nowMs + groupSyncEveryMs!;
      await clock.sleep(Math.max(1, Math.min(checkpointAtMs, syncAtMs) - clock.now()), signal);
    }
    await this.#marks?.close().catch(() => {});
    await this.#producer?.close().catch(() => {});
  }

  async #once(isCheckpointDue: boolean, isSyncDue: boolean): Promise<void> {
    try {
      await this.#readMarks();
      for (const group of await this.#source.clusterAdmin.groups()) {
        if (!this.#settings.isGroupWanted(group)) continue;
        const checkpoints = await this.#checkpointsOf(group);
        if (checkpoints.length === 0) continue;
        if (isCheckpointDue) await this.#write(checkpoints);
        if (isSyncDue) await this.#move(group, checkpoints);
      }
      await this.#producer?.flush();
      this.#said = '';
    } catch (error) {
      // What was not acknowledged is written again.
      this.#written.clear();
      const { message } = error as Error;
      const level = isTransient(error) || message === this.#said ? 'debug' : 'warn';
      this.#context.log(level, `Offsets of groups could not be carried over this time: ${message}`);
      this.#said = message;
    }
  }

  /** Takes in the marks that have been committed since the last time. */
  async #readMarks(): Promise<void> {
    const { broker } = this.#context;
    const key = partitionKey(marksTopic(this.#settings.sourceAlias), 0);
    if (this.#marks === null) {
      const begin = await broker.offsets([key], 'earliest');
      this.#marks = await broker.read(begin, { isolation: 'committed' });
      this.#next = begin.get(key)!;
    }
    const end = (await broker.offsets([key], 'stable')).get(key)!;
    while (this.#next < end) {
      for (const { count, bytes, keyStarts, keyEnds, valueStarts, valueEnds, nextOffset } of await this.#marks.poll(
        1_000,
      )) {
        for (let i = 0; i < count; i++) {
          if (keyStarts[i]! < 0 || valueStarts[i]! < 0) continue;
          const mark = readOffsetMark(
            bytes.subarray(keyStarts[i]!, keyEnds[i]!),
            bytes.subarray(valueStarts[i]!, valueEnds[i]!),
          );
          if (mark !== null) this.#history.add(mark);
        }
        this.#next = nextOffset;
      }
    }
  }
  #next = 0;

  async #checkpointsOf(group: string): Promise<readonly Checkpoint[]> {
    const checkpoints: Checkpoint[] = [];
    for (const [key, upstream] of await this.#source.clusterAdmin.groupOffsets(group)) {
      const { topic, partition } = splitPartitionKey(key);
      if (!this.#settings.names.isCopied(topic)) continue;
      const downstream = this.#history.translate(key, upstream);
      if (downstream === null) continue;
      checkpoints.push({ group, topic: this.#settings.names.targetOf(topic), partition, upstream, downstream });
    }
    return checkpoints;
  }

  async #write(checkpoints: readonly Checkpoint[]): Promise<void> {
    const lane = await this.#lane();
    for (const checkpoint of checkpoints) {
      const key = checkpointKey(checkpoint);
      const id = key.toString('latin1');
      if (this.#written.get(id) === checkpoint.upstream) continue;
      const value = checkpointValue(checkpoint);
      lane.append(this.#context.clock.now(), key, 0, key.length, value, 0, value.length, null);
      this.#written.set(id, checkpoint.upstream);
      this.#context.count('checkpoints_written', 1);
    }
  }

  async #lane(): Promise<Lane> {
    const topic = checkpointsTopic(this.#settings.sourceAlias);
    if (this.#producer === null) {
      await makeStateTopic(this.#context.broker, topic, this.#settings.checkpointsReplication);
      this.#producer = await this.#context.broker.produce();
    }
    return this.#producer.lane(topic, 0);
  }

  async #move(group: string, checkpoints: readonly Checkpoint[]): Promise<void> {
    const { broker } = this.#context;
    const wanted = new Map(
      checkpoints.map(({ topic, partition, downstream }) => [partitionKey(topic, partition), downstream]),
    );
    const standing = await broker.committed(group, wanted.keys());
    for (const [key, offset] of standing) if (offset >= (wanted.get(key) ?? 0)) wanted.delete(key);
    if (wanted.size === 0) return;
    try {
      await broker.commit(group, wanted);
      this.#context.count('group_offsets_written', wanted.size);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.kind !== 'conflict') throw error;
      this.#context.log('debug', `Group ${group} has members on the target: its offsets are left alone.`);
    }
  }
}
