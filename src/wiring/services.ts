// Parts that stand beside the connectors: what processors find by name, what they add to HTTP and to the facts.
import type { RequestListener } from 'node:http';
import { TributaryError } from '../core/errors.ts';
import type { Environment } from '../host/index.ts';
import type { Router } from '../http/rest-app.ts';
import type { Adapters } from './adapters.ts';
import type { FactSources } from './facts.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** The services of a worker, started. */
export interface ServiceSet {
  readonly facts: FactSources;
  /** Mounted on the Connect listener. */
  readonly restRouters: readonly Router[];
  /** Answers the ksqlDB listener; null when there is none. */
  readonly ksqlApp: RequestListener | null;
  /** Takes a back-fill document as a file or `POST /backfills` holds it. */
  submitBackfill(job: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Starts them. Throws `transient` while something cannot be reached. */
export async function startServices(
  _environment: Environment,
  _adapters: Adapters,
  _settings: WorkerSettings,
): Promise<ServiceSet> {
  return {
    facts: { queries: () => [], backfills: () => [] },
    restRouters: [],
    ksqlApp: null,
    submitBackfill: async () => {
      throw new TributaryError('TRIB_SERVICE_UNKNOWN', 'notFound', { what: 'This host has no back-fills.' });
    },
    close: async () => {},
  };
}
