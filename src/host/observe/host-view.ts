// A worker as it is looked at from outside: its metrics, its lag, its roll-ups. Nothing is computed but when somebody asks.
import type { RawConfig } from '../../core/config/define.ts';
import { labelText } from '../../core/metrics.ts';
import type { Offsets } from '../../ports/broker.ts';
import { partitionKey } from '../../ports/broker.ts';
import type { Environment } from '../environment.ts';
import type { State } from '../states.ts';
import { inputKind } from '../tasks/input-kind.ts';
import { sinkInput } from '../tasks/sink-partitions.ts';
import { readsElsewhere } from '../tasks/task-clients.ts';
import { ConnectMetrics, type MetricsDialect } from './connect-metrics.ts';
import { LagBook, type LagSubject, type LagView, type PartitionLag, totalLag } from './lag.ts';
import { WorkerMeters } from './metered-worker.ts';

const SCRAPE_LAG_AGE_MS = 5_000;
const SCRAPE_WAIT_MS = 300;

/** A connector as far as it is at work here. */
export interface ViewedConnector {
  readonly name: string;
  readonly config: RawConfig;
  /** Null: its instance runs elsewhere. */
  readonly state: State | null;
  readonly tasks: readonly { readonly id: number; readonly state: State; readonly settled: Offsets }[];
}

/** What the view asks of a worker. */
export interface ViewedWorker {
  readonly environment: Environment;
  viewed(): Iterable<ViewedConnector>;
}

export class HostView {
  readonly lags: LagBook;
  readonly #worker: ViewedWorker;
  readonly #meters: WorkerMeters;
  readonly #connect = new ConnectMetrics();

  constructor(worker: ViewedWorker) {
    this.#worker = worker;
    this.#meters = new WorkerMeters(worker.environment);
    this.lags = new LagBook(worker.environment.broker, worker.environment.clock, () => this.#subjects());
  }

  /** Lag of a connector by partition; null when it is not known now. Empty for sources. */
  async lagOf(
    name: string,
    how: { readonly maxAgeMs: number; readonly waitMs: number },
  ): Promise<readonly PartitionLag[] | null> {
    const view = await this.lags.view(how);
    return view === null ? null : (view.connectors.get(name) ?? []);
  }

  /** The text format, in pieces: our own metrics, then Kafka Connect's names. */
  async metricsText(dialect: MetricsDialect): Promise<readonly Buffer[]> {
    const { metrics, clock } = this.#worker.environment;
    const lag = await this.lags.view({ maxAgeMs: SCRAPE_LAG_AGE_MS, waitMs: SCRAPE_WAIT_MS });
    const connectors = this.#meters.connectors(this.#worker.viewed());
    const nowMs = clock.now();
    const own = [metrics.prometheus(), statesText(connectors), lag === null ? '' : lagText(lag)];
    return [Buffer.from(own.join('')), ...this.#connect.text(connectors, metrics, { dialect, nowMs })];
  }

  async #subjects(): Promise<readonly LagSubject[]> {
    const { environment } = this.#worker;
    const topics = new Map((await environment.broker.listTopics()).map(({ name, partitions }) => [name, partitions]));
    const subjects: LagSubject[] = [];
    for (const { name, config, tasks } of this.#worker.viewed()) {
      const raw = environment.providers.resolve(config);
      if (environment.plugins.findConnector(raw['connector.class'] ?? '')?.def.kind === 'source') continue;
      const kind = inputKind(environment, raw);
      if (kind === 'elsewhere' || readsElsewhere(raw, environment.settings)) continue;
      const input = sinkInput(name, raw, environment.settings);
      const named =
        input.pattern === null ? input.topics : [...topics.keys()].filter((topic) => input.pattern!.test(topic));
      const keys = new Set(tasks.flatMap(({ settled }) => [...settled.keys()]));
      if (kind === 'own') {
        for (const key of (await environment.broker.clusterAdmin.groupOffsets(input.group)).keys()) keys.add(key);
      }
      for (const topic of kind === 'own' ? [] : named) {
        for (let partition = 0; partition < (topics.get(topic) ?? 0); partition++)
          keys.add(partitionKey(topic, partition));
      }
      const { metrics } = environment;
      subjects.push({
        name,
        group: input.group,
        reset: input.reset,
        partitions: [...keys],
        tasks: tasks.map(({ id, settled }) => ({
          id,
          settled,
          lastRecordMs: metrics.meter(name, id).gauge('lastRecordMs'),
        })),
      });
    }
    return subjects;
  }
}

function lagText({ connectors }: LagView): string {
  const records: string[] = [];
  const seconds: string[] = [];
  for (const [connector, partitions] of connectors) {
    const byTask = Map.groupBy(partitions, ({ task }) => task);
    for (const [task, own] of byTask) {
      if (task === null) continue; // its task runs elsewhere, and that worker tells of it
      const labels = labelText({ connector, task: String(task) });
      const lag = totalLag(own);
      records.push(`trib_consumer_lag_records${labels} ${lag.records}\n`);
      if (lag.milliseconds !== null) seconds.push(`trib_consumer_lag_seconds${labels} ${lag.milliseconds / 1000}\n`);
    }
  }
  return [
    '# HELP trib_consumer_lag_records Records between what a task is done with and the ends of its partitions: an upper bound, for offsets have holes.\n',
    '# TYPE trib_consumer_lag_records gauge\n',
    ...records,
    '# HELP trib_consumer_lag_seconds How long the oldest record that a task has not done has been there, at most; 0: none is.\n',
    '# TYPE trib_consumer_lag_seconds gauge\n',
    ...seconds,
  ].join('');
}

function statesText(connectors: ReturnType<WorkerMeters['connectors']>): string {
  // The labels are written once a series: there are a handful of these, and thousands of tasks.
  const counted = (states: Iterable<readonly [state: string, isSource: boolean]>, name: string): readonly string[] => {
    const bySeries = { source: new Map<string, number>(), sink: new Map<string, number>() };
    for (const [state, isSource] of states) {
      const series = isSource ? bySeries.source : bySeries.sink;
      series.set(state, (series.get(state) ?? 0) + 1);
    }
    return Object.entries(bySeries).flatMap(([type, byState]) =>
      [...byState].map(([state, value]) => `${name}${labelText({ state: state.toLowerCase(), type })} ${value}\n`),
    );
  };
  const instances = connectors.flatMap(({ state, isSource }) => (state === null ? [] : [[state, isSource] as const]));
  const tasks = connectors.flatMap(({ tasks: own, isSource }) => own.map(({ state }) => [state, isSource] as const));
  return [
    '# HELP trib_connectors Connectors that run on this worker, by state.\n# TYPE trib_connectors gauge\n',
    ...counted(instances, 'trib_connectors'),
    '# HELP trib_tasks Tasks that run on this worker, by state.\n# TYPE trib_tasks gauge\n',
    ...counted(tasks, 'trib_tasks'),
  ].join('');
}
