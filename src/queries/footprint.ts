// What a query has outside of this process: its group, its internal topics, its transactional ids, its state.
//
// Law: all of it is a function of cluster id, query id and plan, so every host finds it, whichever host made it.
import { type Progress, partitionKeys } from '../engine/progress.ts';
import type { SourceDef, SubTopology, Topology } from '../engine/topology.ts';
import type { Broker, TopicSpec } from '../ports/broker.ts';
import type { StateStore } from '../ports/state-store.ts';

export interface FootprintPorts {
  readonly clusterId: string;
  readonly broker: Broker;
  readonly store: StateStore;
  readonly progress: Progress;
}

/** Group that a query commits its offsets for. */
export function groupOf(clusterId: string, queryId: string): string {
  return `${clusterId}_query_${queryId}`;
}

/** What the names of a query's internal topics begin with. */
export function internalPrefix(clusterId: string, queryId: string): string {
  return `_${clusterId}_query_${queryId}`;
}

export class Footprint {
  readonly group: string;
  readonly topology: Topology;
  readonly #ports: FootprintPorts;
  /** Partition counts of all topics of the query, by name. */
  #partitions: ReadonlyMap<string, number> = new Map();

  constructor(ports: FootprintPorts, topology: Topology) {
    this.#ports = ports;
    this.topology = topology;
    this.group = groupOf(ports.clusterId, topology.queryId);
  }

  /** Sources from outside, each once. */
  get inputs(): readonly SourceDef[] {
    const seen = new Map<string, SourceDef>();
    for (const part of this.topology.parts) {
      for (const source of part.sources) if (!source.internal) seen.set(source.topic, source);
    }
    return [...seen.values()];
  }

  /** Partition keys of all inputs from outside. */
  get inputKeys(): readonly string[] {
    return this.inputs.flatMap(({ topic }) => [...partitionKeys(topic, this.#partitions.get(topic) ?? 0)]);
  }

  /** Null while it is not known. */
  readonly partitionsOf = (topic: string): number | null => this.#partitions.get(topic) ?? null;

  tasksOf(part: SubTopology): number {
    return Math.max(1, ...part.sources.map(({ topic }) => this.#partitions.get(topic) ?? 1));
  }

  taskId(part: number, partition: number): string {
    return `${this.#ports.clusterId}.${this.topology.queryId}.${part}.${partition}`;
  }

  /** Whoever waits for what this query writes waits for it from now on, wherever it runs. */
  introduce(): void {
    const { queryId, parts } = this.topology;
    this.#ports.progress.register({
      queryId,
      group: this.group,
      sinkTopic: parts.at(-1)!.sinks.find(({ internal }) => !internal)?.topic ?? '',
      inputTopics: this.inputs.map(({ topic }) => topic),
      keys: async () => {
        await this.know();
        return {
          inputs: this.inputKeys,
          internal: parts.map((part) =>
            part.sources
              .filter(({ internal }) => internal)
              .flatMap(({ topic }) => [...partitionKeys(topic, this.#partitions.get(topic) ?? 0)]),
          ),
        };
      },
    });
  }

  /** Learns how many partitions its topics have, unless that is known. */
  async know(): Promise<void> {
    if (this.inputs.some(({ topic }) => !this.#partitions.has(topic))) await this.learn();
  }

  /** Asks how many partitions its topics have. What is gone by now is remembered: its traces are still to be found. */
  async learn(): Promise<void> {
    const known = new Map<string, number>();
    for (const part of this.topology.parts) {
      for (const sink of part.sinks) if (sink.partitions !== null) known.set(sink.topic, sink.partitions);
    }
    for (const part of this.topology.parts) {
      for (const { topic } of [...part.sources, ...part.sinks]) {
        if (known.has(topic)) continue;
        const info = await this.#ports.broker.topic(topic);
        const count = info?.partitions ?? this.#partitions.get(topic);
        if (count !== undefined) known.set(topic, count);
      }
    }
    this.#partitions = known;
  }

  internalTopics(): readonly TopicSpec[] {
    const topics: TopicSpec[] = [];
    for (const part of this.topology.parts) {
      for (const sink of part.sinks) {
        if (!sink.internal) continue;
        topics.push({
          name: sink.topic,
          partitions: this.#partitions.get(sink.topic) ?? 1,
          config: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
        });
      }
      for (const store of part.stores) {
        if (store.ofSource !== null) continue;
        topics.push({
          name: store.changelog,
          partitions: this.tasksOf(part),
          config: { 'cleanup.policy': 'compact' },
        });
      }
    }
    return topics;
  }

  /** Removes what only this query needs: internal topics, group, state. Stop it first. Twice does no harm. */
  async erase(): Promise<void> {
    const { broker, progress } = this.#ports;
    progress.forget(this.topology.queryId);
    await this.learn();
    await broker.deleteTopics(this.internalTopics().map(({ name }) => name));
    await broker.deleteGroup(this.group);
    await this.eraseState();
  }

  /** Removes its state from this host's store: it may have run here once. */
  async eraseState(): Promise<void> {
    await this.know();
    for (const { id, part } of this.#tasks()) if (part.stores.length > 0) await this.#ports.store.remove(id);
  }

  /** True when its host has erased it, as far as the broker can tell. */
  async isErased(): Promise<boolean> {
    const { broker } = this.#ports;
    await this.know();
    if ((await broker.committed(this.group, this.inputKeys)).size > 0) return false;
    for (const { name } of this.internalTopics()) if ((await broker.topic(name)) !== null) return false;
    return true;
  }

  /** Whoever still runs it, held up or cut off, cannot commit any more. */
  async fence(): Promise<void> {
    await this.know();
    for (const { id } of this.#tasks()) await (await this.#ports.broker.transact(id)).close();
  }

  #tasks(): readonly { readonly id: string; readonly part: SubTopology }[] {
    return this.topology.parts.flatMap((part, index) =>
      Array.from({ length: this.tasksOf(part) }, (_, partition) => ({ id: this.taskId(index, partition), part })),
    );
  }
}
