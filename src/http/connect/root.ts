// `GET /`, `/health`, `/metrics`.
import type { Logs } from '../../core/log.ts';
import type { Metrics } from '../../core/metrics.ts';
import type { Worker } from '../../host/index.ts';
import type { Resource } from '../resource.ts';

/** What the API is served with. */
export interface ConnectApi {
  readonly worker: Worker;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** Shown by `GET /`: must parse as major.minor.patch, since clients choose calls by it. */
  readonly version: string;
  readonly commit: string;
}

/** `GET /`, `/health`, `/metrics`. */
export function rootResources({ worker, metrics, version, commit }: ConnectApi): readonly Resource[] {
  return [
    {
      path: '/',
      on: { get: () => ({ version, commit, kafka_cluster_id: worker.environment.settings.clusterId }) },
    },
    {
      path: '/health',
      on: {
        get: (_request, response) => {
          if (worker.ready) {
            const message = 'Worker has completed startup and is ready to handle requests.';
            return { status: 'healthy', message };
          }
          response.status(503);
          return { status: 'starting', message: 'Worker is still starting up. It waits for the broker.' };
        },
      },
    },
    {
      path: '/metrics',
      on: {
        get: (_request, response) => {
          response.type('text/plain; version=0.0.4').send(metrics.prometheus());
          return undefined;
        },
      },
    },
  ];
}
