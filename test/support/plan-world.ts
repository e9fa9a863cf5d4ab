// A catalog for tests of binding, planning and running: statements in, plans and rows out, no topics and no registry needed.

import type { Row } from '../../src/core/data/schema.ts';
import { CachedState } from '../../src/engine/cached-state.ts';
import { topologyOf } from '../../src/engine/plan-topology.ts';
import type { Chunk, Output, TaskInstance, Topology } from '../../src/engine/topology.ts';
import { FORMATS, findFormat } from '../../src/formats/index.ts';
import type { Environment } from '../../src/sql/bind/environment.ts';
import { type Bound, bindStatement } from '../../src/sql/bind/statement.ts';
import { applyCommand, type Catalog, emptyCatalog, type PersistentQuery } from '../../src/sql/catalog/catalog.ts';
import { builtInFunctions } from '../../src/sql/functions/index.ts';
import type { Functions } from '../../src/sql/functions/registry.ts';
import { parseStatement } from '../../src/sql/syntax/parse.ts';

const FUNCTIONS: Functions = builtInFunctions();

export class PlanWorld {
  catalog: Catalog = emptyCatalog();
  readonly properties: Record<string, string> = {};
  /** Partition count of every topic. */
  readonly partitions: number;

  constructor(partitions = 1) {
    this.partitions = partitions;
  }

  environment(): Environment {
    return {
      catalog: this.catalog,
      functions: FUNCTIONS,
      format: findFormat,
      formatNames: FORMATS.map(({ name }) => name),
      properties: this.properties,
      topic: () => ({ partitions: this.partitions, replicas: 1 }),
      topicNames: [],
      schema: () => null,
      nowMs: () => 0,
    };
  }

  /** Binds a statement and applies what it changes. */
  execute(text: string): Bound {
    const bound = bindStatement(this.environment(), parseStatement(text), text);
    if (bound.kind === 'change') {
      for (const command of bound.change.commands) this.catalog = applyCommand(this.catalog, command);
    }
    return bound;
  }

  /** The query that a statement starts. */
  query(text: string): PersistentQuery {
    const bound = this.execute(text);
    if (bound.kind !== 'change' || bound.change.queryId === null) throw new Error(`no query: ${text}`);
    return this.catalog.queries.get(bound.change.queryId)!;
  }

  topology(text: string): Topology {
    return topologyOf(this.query(text), {
      topicPrefix: '_q',
      functions: FUNCTIONS,
      context: { nowMs: () => 0, random: () => 0, properties: this.properties },
    });
  }
}

export interface Emitted {
  readonly key: Row | null;
  readonly row: Row | null;
  readonly timeMs: number;
}

/** Runs a topology whole: rows for private topics go on at once to the part that reads them. */
export class TopologyRun {
  readonly emitted: Emitted[] = [];
  readonly stores: readonly (readonly CachedState[])[];
  readonly #topology: Topology;
  readonly #instances: readonly TaskInstance[];

  constructor(topology: Topology, stores?: readonly (readonly CachedState[])[]) {
    this.#topology = topology;
    this.stores = stores ?? topology.parts.map((part) => part.stores.map((def) => new CachedState(def)));
    this.#instances = topology.parts.map((part, index) => part.instantiate(this.stores[index]!));
  }

  /** One record of a topic. Cells are those the source wants, in its order. */
  send(topic: string, key: Row | null, row: Row | null, timeMs: number, silent = false): void {
    this.#topology.parts.forEach((part, index) => {
      part.sources.forEach((source, at) => {
        if (source.topic === topic) this.#run(index, at, chunkOf(key, row, timeMs, silent));
      });
    });
  }

  tick(wallMs: number): number | null {
    const times = this.#instances.map((instance, index) => instance.tick(0, wallMs, this.#outputOf(index)));
    return times.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b)), null);
  }

  #run(part: number, source: number, chunk: Chunk): void {
    this.#instances[part]!.run(source, chunk, this.#outputOf(part));
  }

  #outputOf(part: number): Output {
    return {
      emit: (sink, key, row, timeMs, _headers, silent) => {
        const def = this.#topology.parts[part]!.sinks[sink]!;
        if (def.internal) this.send(def.topic, key, row, timeMs, silent);
        else this.emitted.push({ key, row, timeMs });
      },
    };
  }
}

function chunkOf(key: Row | null, row: Row | null, timeMs: number, silent: boolean): Chunk {
  return {
    length: 1,
    keys: [key],
    rows: [row],
    timesMs: [timeMs],
    headers: [[]],
    partitions: [0],
    offsets: [0],
    silent: [silent],
  };
}
