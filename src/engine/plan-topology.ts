// Plan → topology: parts with their sources, sinks and stores, and the code that runs them.
//
// Code is made here, where it runs, and never stored: the plan is what is kept. Functions get the clock from whoever runs the task.
import type { Row } from '../core/data/schema.ts';
import { TributaryError } from '../core/errors.ts';
import type { PersistentQuery } from '../sql/catalog/catalog.ts';
import { Failures } from '../sql/compile/unit.ts';
import type { FunctionContext, Functions } from '../sql/functions/registry.ts';
import type { PlanNode, ProjectNode, SinkSpec } from '../sql/plan/nodes.ts';
import { Generator } from './pipeline/generator.ts';
import type { Generated, Part } from './pipeline/part.ts';
import { resultFunction, stateNode } from './pipeline/result.ts';
import type { Chunk, KeyedState, Materialized, Output, SubTopology, TaskInstance, Topology } from './topology.ts';

export interface TopologyOptions {
  /** Begins the names of the query's private topics, for example `_tributary_query_CTAS_X_0`. */
  readonly topicPrefix: string;
  readonly functions: Functions;
  readonly context: FunctionContext;
}

/** The topology of a persistent query. */
export function topologyOf(query: PersistentQuery, options: TopologyOptions): Topology {
  return build(query.id, query.plan, query.target, options);
}

/**
 * The topology of a push query. Rows go to sink 0; their first cell is false for a deleted row, the others are the plan's value
 * columns.
 */
export function transientTopology(id: string, plan: ProjectNode, options: TopologyOptions): Topology {
  const values = plan.columns.slice(plan.keys.length);
  const none = { format: 'NONE', unwrapped: false, properties: {} };
  const sink: SinkSpec = {
    name: id,
    topic: { topic: id, key: [], value: values, keyFormat: none, valueFormat: none, window: null },
    shape: plan.shape,
    timestamp: null,
    backfill: 'show',
  };
  // The columns are addressed as key columns then values, so the key columns are skipped.
  return build(id, { ...plan, keys: [], key: [], columns: values }, sink, options);
}

function build(queryId: string, plan: PlanNode, target: SinkSpec | null, options: TopologyOptions): Topology {
  const generator = new Generator({ queryId, ...options });
  const base = stateNode(plan);
  const isTable = plan.shape === 'table';
  const keepsResult = isTable && base === null && target !== null;
  if (target === null) generator.keep(plan);
  else generator.sink(plan, target, keepsResult, isTable && base?.kind === 'source');
  const parts = generator.parts.map((part) => subTopology(queryId, part));
  return { queryId, parts, materialized: isTable ? materialized(generator, plan, keepsResult) : null };
}

function materialized(generator: Generator, plan: PlanNode, keepsResult: boolean): Materialized | null {
  const part = generator.parts.length - 1;
  const { stores } = generator.parts[part]!;
  if (keepsResult) {
    const store = stores.findIndex(({ name }) => name === 'result');
    return { part, store, rowOf: (key, value) => ({ key, value }), retentionMs: null };
  }
  const base = stateNode(plan);
  if (base === null) return null;
  const store = stores.findIndex(({ name }) => name === base.id);
  if (plan.kind === 'source') return { part, store, rowOf: (key, value) => ({ key, value }), retentionMs: null };
  if (plan.kind !== 'project') return null;
  return {
    part,
    store,
    rowOf: resultFunction(generator, plan as ProjectNode, base),
    retentionMs: base.kind === 'aggregate' ? (base.spec?.retentionMs ?? null) : null,
  };
}

function subTopology(queryId: string, part: Part): SubTopology {
  const body = part.body();
  return {
    id: part.id,
    sources: part.sources.map(({ def }) => def),
    sinks: part.sinks,
    stores: part.stores,
    code: part.unit.text(body),
    instantiate: (stores) => new Instance(queryId, part, body, stores),
  };
}

class Instance implements TaskInstance {
  readonly #queryId: string;
  readonly #failures = new Failures();
  readonly #generated: Generated;

  constructor(queryId: string, part: Part, body: string, stores: readonly KeyedState[]) {
    this.#queryId = queryId;
    this.#generated = part.unit.build<Generated>(body, `${queryId}/${part.id}`, {
      stores,
      failures: this.#failures,
    });
  }

  keysOf(source: number, chunk: Chunk): readonly (readonly [store: number, keys: readonly Row[]])[] {
    const found: (readonly [number, readonly Row[]])[] = [];
    // What fails here fails again, and is counted, when the rows are run.
    this.#failures.muted = true;
    for (const loop of this.#generated.keys) {
      if (loop.source === source) found.push([loop.store, loop.gather(chunk) as Row[]]);
    }
    this.#failures.muted = false;
    return found;
  }

  run(source: number, chunk: Chunk, output: Output): void {
    try {
      this.#generated.runs[source]!(chunk, output);
    } catch (error) {
      throw this.#fatal(error);
    }
  }

  tick(streamTimeMs: number, wallTimeMs: number, output: Output): number | null {
    let next: number | null = null;
    this.#generated.use(output);
    try {
      for (const tick of this.#generated.ticks) {
        const at = tick(streamTimeMs, wallTimeMs);
        if (at !== null && (next === null || at < next)) next = at;
      }
    } catch (error) {
      throw this.#fatal(error);
    }
    return next;
  }

  takeFailures() {
    return this.#failures.take();
  }

  /** Whatever leaves a row's code ends the query: an aggregate that overflowed, a row that no format can hold. */
  #fatal(error: unknown): unknown {
    if (error instanceof TributaryError && (error.kind === 'fatal' || error.kind === 'bug')) return error;
    return new TributaryError('TRIB_SQL_RUN_10', 'fatal', {
      what: `Query ${this.#queryId} cannot go on: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'Mend the record or the query, then restart it.',
      cause: error,
    });
  }
}
