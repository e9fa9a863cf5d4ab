// All persistent queries as this host could run them: made from the catalog's plans. Which of them run is the keeper's matter.
import { TributaryError } from '../core/errors.ts';
import { topologyOf } from '../engine/plan-topology.ts';
import type { PersistentQuery } from '../sql/catalog/catalog.ts';
import type { FunctionContext, Functions } from '../sql/functions/registry.ts';
import { internalPrefix } from './footprint.ts';
import { PersistentRun, type RunPorts } from './persistent-run.ts';
import { type EngineSettings, runSettings } from './settings.ts';

export interface ControlPorts extends RunPorts {
  readonly functions: Functions;
  /** In [0, 1). */
  random(): number;
}

export class RunControl {
  readonly #ports: ControlPorts;
  readonly #settings: EngineSettings;
  readonly #runs = new Map<string, PersistentRun>();

  constructor(ports: ControlPorts, settings: EngineSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Compiles a query; nothing outside is touched yet. */
  build(query: PersistentQuery): PersistentRun {
    const topology = topologyOf(query, {
      topicPrefix: internalPrefix(this.#ports.clusterId, query.id),
      functions: this.#ports.functions,
      context: this.context(query.properties),
    });
    return new PersistentRun(this.#ports, runSettings(this.#settings, query.properties), topology);
  }

  /** What functions may know of the world. */
  context(properties: Readonly<Record<string, string>>): FunctionContext {
    return { nowMs: () => this.#ports.clock.now(), random: () => this.#ports.random(), properties };
  }

  /** Takes a built query in, in place of an earlier one of its id. */
  adopt(run: PersistentRun): void {
    this.#runs.set(run.queryId, run);
  }

  get(queryId: string): PersistentRun | null {
    return this.#runs.get(queryId) ?? null;
  }

  need(queryId: string): PersistentRun {
    const run = this.#runs.get(queryId);
    if (run !== undefined) return run;
    throw unknownQuery(queryId);
  }

  all(): readonly PersistentRun[] {
    return [...this.#runs.values()];
  }

  /** The query is no more. */
  remove(queryId: string): void {
    this.#runs.delete(queryId);
  }

  /** Stops all; they are as they were when the host comes back. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((run) => run.stop()));
    for (const run of this.all()) run.forget();
    this.#runs.clear();
  }
}

export function unknownQuery(queryId: string): TributaryError {
  return new TributaryError('TRIB_QUERY_UNKNOWN', 'notFound', {
    what: `There is no query ${queryId}.`,
    fix: 'SHOW QUERIES lists all.',
  });
}
