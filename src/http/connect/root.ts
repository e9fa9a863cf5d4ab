// `GET /`, `/health…`, `/metrics`.
import type { Logs } from '../../core/log.ts';
import type { Metrics } from '../../core/metrics.ts';
import { HostView, type MetricsDialect, type Worker } from '../../host/index.ts';
import { type HealthSource, healthResources } from '../health.ts';
import { metricsResource } from '../metrics.ts';
import type { Resource } from '../resource.ts';

/** What the API is served with. */
export interface ConnectApi {
  readonly worker: Worker;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** Shown by `GET /`: must parse as major.minor.patch, since clients choose calls by it. */
  readonly version: string;
  readonly commit: string;
  /** What is looked at from outside; made here when it is not given. */
  readonly view?: HostView;
  readonly health?: HealthSource;
  /** Which of Kafka Connect's metric names are published. */
  readonly metricNames?: MetricsDialect;
  /** Metrics of the process, in the text format. */
  processMetrics?(): string;
}

/** The view of an API: what it was given, or one of its own, made when it is first asked for. */
export function viewIn(api: ConnectApi): () => HostView {
  let { view } = api;
  return () => {
    view ??= new HostView(api.worker);
    return view;
  };
}

/** `GET /`, `/health…`, `/metrics`. */
export function rootResources(api: ConnectApi): readonly Resource[] {
  const { worker, version, commit } = api;
  const view = viewIn(api);
  const text = async (): Promise<readonly Buffer[]> => {
    const pieces = await view().metricsText(api.metricNames ?? 'confluent');
    return [...pieces, Buffer.from(api.processMetrics?.() ?? '')];
  };
  const health: HealthSource = api.health ?? {
    get started() {
      return worker.ready;
    },
    checks: async () => ({}),
  };
  return [
    {
      path: '/',
      on: { get: () => ({ version, commit, kafka_cluster_id: worker.environment.settings.clusterId }) },
    },
    ...healthResources(health),
    metricsResource(text),
  ];
}
