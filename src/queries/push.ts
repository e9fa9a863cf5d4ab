// Push queries, and pull queries over streams: a transient run whose rows go to a client.
import type { Row } from '../core/data/schema.ts';
import type { Logger } from '../core/log.ts';
import { transientTopology } from '../engine/plan-topology.ts';
import { type Progress, partitionKeys } from '../engine/progress.ts';
import type { Serdes } from '../engine/serdes.ts';
import type { SourceDef, Topology } from '../engine/topology.ts';
import { runTransient } from '../engine/transient-run.ts';
import type { Broker, Offsets } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { FunctionContext, Functions } from '../sql/functions/registry.ts';
import type { ProjectNode } from '../sql/plan/nodes.ts';
import type { RowColumn, RowStream, StreamRow } from './results.ts';
import { RowQueue } from './row-queue.ts';

export interface TransientPorts {
  readonly broker: Broker;
  readonly serdes: Serdes;
  readonly clock: Clock;
  readonly functions: Functions;
  readonly progress: Progress;
  readonly log: Logger;
}

/** What to run, and how it begins and ends. */
export interface TransientQuery {
  readonly queryId: string;
  readonly kind: 'push' | 'pull';
  readonly plan: ProjectNode;
  readonly columns: readonly RowColumn[];
  readonly limit: number | null;
  /** Where streams are read from; tables are always read from the beginning. */
  readonly streamsFrom: 'earliest' | 'latest';
  readonly context: FunctionContext;
}

/** Opens the query; its reading position is fixed when this resolves. */
export async function openTransient(ports: TransientPorts, query: TransientQuery): Promise<RowStream> {
  const topology = transientTopology(query.queryId, query.plan, {
    topicPrefix: `_transient_${query.queryId}`,
    functions: ports.functions,
    context: query.context,
  });
  const sources = topology.parts.flatMap((part) => part.sources).filter(({ internal }) => !internal);
  const partitions = await partitionCounts(ports.broker, sources);
  const keysOf = (source: SourceDef) => partitionKeys(source.topic, partitions.get(source.topic) ?? 0);
  const from = new Map<string, number>();
  for (const source of sources) {
    const at = source.shape === 'stream' && query.streamsFrom === 'latest' ? 'stable' : 'earliest';
    for (const [key, offset] of await ports.broker.offsets(keysOf(source), at)) from.set(key, offset);
  }
  const ends =
    query.kind === 'pull'
      ? await ports.broker.offsets(
          sources.flatMap((source) => [...keysOf(source)]),
          'stable',
        )
      : null;
  return new TransientStream(ports, query, { topology, partitions, from, until: ends });
}

async function partitionCounts(broker: Broker, sources: readonly SourceDef[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { topic } of sources) counts.set(topic, (await broker.topic(topic))?.partitions ?? 0);
  return counts;
}

interface Opened {
  readonly topology: Topology;
  readonly partitions: ReadonlyMap<string, number>;
  readonly from: Offsets;
  readonly until: Offsets | null;
}

class TransientStream implements RowStream {
  readonly kind: 'push' | 'pull';
  readonly queryId: string;
  readonly columns: readonly RowColumn[];
  ended: RowStream['ended'] = null;
  readonly #queue: RowQueue;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(ports: TransientPorts, query: TransientQuery, opened: Opened) {
    this.kind = query.kind;
    this.queryId = query.queryId;
    this.columns = query.columns;
    this.#queue = new RowQueue(query.limit);
    this.#done = this.#run(ports, opened);
  }

  async *rows(): AsyncIterable<readonly StreamRow[]> {
    yield* this.#queue.batches();
    this.ended ??= this.#queue.limitReached ? 'limit' : 'completed';
  }

  async close(): Promise<void> {
    this.ended ??= 'closed';
    this.#stop.abort();
    this.#queue.end();
    await this.#done;
  }

  async #run(ports: TransientPorts, opened: Opened): Promise<void> {
    const { broker, serdes, clock, progress, log } = ports;
    const queue = this.#queue;
    const tables = opened.topology.parts
      .flatMap((part) => part.sources)
      .filter(({ shape, internal }) => shape === 'table' && !internal);
    try {
      await runTransient({
        ...opened,
        broker,
        serdes,
        clock,
        tablesSettled: async (signal) => {
          for (const { topic } of tables) await progress.settled(topic, signal, this.queryId);
        },
        signal: this.#stop.signal,
        onBad: (topic, partition, offset, error) =>
          log.warn(`skipped a record that cannot be read: ${error.message}`, {
            query: this.queryId,
            record: `${topic}-${partition}@${offset}`,
          }),
        row: (_key, row) => {
          // The first cell says whether the row exists: deletes of tables are shown as well.
          if (row !== null) queue.add({ cells: row.slice(1) as Row, tombstone: row[0] !== true });
        },
        deliver: () => queue.deliver(),
      });
      queue.end();
    } catch (error) {
      queue.end(error);
    }
  }
}
