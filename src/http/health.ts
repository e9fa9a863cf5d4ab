// Health, for people, load balancers and Kubernetes: `/health` as Kafka Connect answers it, `/health/live`, `/health/ready`.
//
// Law: liveness asks nothing of the outside (an outage must not restart the fleet); readiness asks only for what every answer needs:
// the config store read and the brokers there. Neither depends on any connector.
import type { Resource } from './resource.ts';

export interface Check {
  readonly ok: boolean;
  /** What is wrong; absent when nothing is. */
  readonly message?: string;
  readonly ms?: number;
}

/** What is known of this host's health. */
export interface HealthSource {
  /** By name. Answers within a second or so, whatever is down. */
  checks(): Promise<Readonly<Record<string, Check>>>;
  /** The worker has read its config and may answer. */
  readonly started: boolean;
}

/** The routes. */
export function healthResources(source: HealthSource): readonly Resource[] {
  return [
    {
      path: '/health',
      on: {
        get: async (_request, response) => {
          if (!source.started) {
            response.status(503);
            return { status: 'starting', message: STARTING };
          }
          const down = faults(await source.checks());
          if (down.length === 0) {
            return { status: 'healthy', message: 'Worker has completed startup and is ready to handle requests.' };
          }
          response.status(500);
          const text = 'Worker was unable to handle this request and may be unable to handle other requests.';
          return { status: 'unhealthy', message: `${text} ${down.join(' ')}` };
        },
      },
    },
    { path: '/health/live', on: { get: () => ({ status: 'live' }) } },
    {
      path: '/health/ready',
      on: {
        get: async (_request, response) => {
          const checks = source.started ? await source.checks() : { worker: { ok: false, message: STARTING } };
          const isReady = faults(checks).length === 0;
          if (!isReady) response.status(503);
          return { status: isReady ? 'ready' : source.started ? 'not ready' : 'starting', checks };
        },
      },
    },
    {
      path: '/health/startup',
      on: {
        get: (_request, response) => {
          if (!source.started) response.status(503);
          return { status: source.started ? 'started' : 'starting' };
        },
      },
    },
  ];
}

const STARTING = 'Worker is still starting up.';

function faults(checks: Readonly<Record<string, Check>>): readonly string[] {
  return Object.entries(checks)
    .filter(([, { ok }]) => !ok)
    .map(([name, { message }]) => `${name}: ${message ?? 'not available'}`);
}

/** The answer of a listener whose worker has not come up: live, and not ready, with what it waits for. */
export function startingAnswer(
  path: string,
  waitsFor: string | null,
): { readonly status: number; readonly body: object } {
  const message = `${STARTING} ${waitsFor ?? 'It waits for what its settings name.'}`;
  if (path === '/health/live') return { status: 200, body: { status: 'live' } };
  if (path === '/health') return { status: 503, body: { status: 'starting', message } };
  if (path === '/health/ready' || path === '/health/startup') {
    return { status: 503, body: { status: 'starting', checks: { worker: { ok: false, message } } } };
  }
  return { status: 503, body: { error_code: 503, message } };
}
