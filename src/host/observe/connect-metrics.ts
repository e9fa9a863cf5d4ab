// Kafka Connect's metrics under the names that its JMX exporters give them, so that existing dashboards work.
//
// Law: nothing is computed but when somebody asks; a scrape waits for no plugin and no broker. Each worker tells of what runs on it.
// Two sets of names are in use: most exporters keep the bean's type whole (`kafka_connect_sink_task_metrics_…`; some double the word
// in `connect_worker_metrics`, so both spellings stand here), Strimzi's rules drop `_metrics`.
import { labelText, type Metrics } from '../../core/metrics.ts';
import {
  type Attribute,
  ERROR_ATTRIBUTES,
  SINK_ATTRIBUTES,
  SOURCE_ATTRIBUTES,
  TASK_ATTRIBUTES,
} from './connect-metrics-attributes.ts';
import type { Family, MeteredConnector, MeteredTask } from './connect-metrics-family.ts';
import { rebalanceFamilies } from './connect-metrics-group.ts';
import { TextFamilies } from './connect-metrics-texts.ts';
import { PrintedFamilies } from './printed-families.ts';

/** Which names are published. */
export type MetricsDialect = 'confluent' | 'strimzi' | 'both' | 'none';

const TASK_STATES = ['running', 'paused', 'failed', 'unassigned', 'restarting', 'destroyed'] as const;

/** The text that stands beside our own metrics. */
export class ConnectMetrics {
  readonly #printed = new PrintedFamilies();
  readonly #texts = { connector: new TextFamilies('connector'), task: new TextFamilies('connector-task') };

  text(
    connectors: readonly MeteredConnector[],
    metrics: Metrics,
    { dialect, nowMs }: { readonly dialect: MetricsDialect; readonly nowMs: number },
  ): readonly Buffer[] {
    if (dialect === 'none') return [];
    const tasks = connectors.flatMap(({ isSource, tasks: own }) => own.map((task) => ({ ...task, isSource })));
    const here = connectors.filter(({ state }) => state !== null);
    const families = [
      ...workerFamilies(connectors, metrics),
      ...this.#texts.connector.of(here),
      ...this.#texts.task.of(tasks),
      ...taskFamilies(tasks, nowMs),
      ...rebalanceFamilies(metrics.group.read(nowMs), connectors),
    ];
    const texts: Buffer[] = [];
    for (const family of families) {
      for (const name of namesOf(family, dialect)) texts.push(this.#printed.text(name, family));
    }
    return texts;
  }
}

/** Groups whose type begins with `connect-`: exporters print the word once or twice. */
const DOUBLED = new Set(['worker', 'worker-rebalance', 'coordinator']);

function namesOf({ group, attribute }: Family, dialect: MetricsDialect): readonly string[] {
  const name = (text: string) => `kafka_connect_${text}`.replaceAll('-', '_');
  const names: string[] = [];
  if (dialect !== 'strimzi') {
    const tail = attribute === '' ? '' : `-${attribute}`;
    names.push(name(`${group}-metrics${tail}`));
    if (DOUBLED.has(group)) names.push(name(`connect-${group}-metrics${tail}`));
  }
  if (dialect !== 'confluent' && attribute !== '') {
    // Strimzi's rules print `connector-metrics` status as connector_status, not connector_connector_status.
    const isRepeated = group === 'connector' && attribute.startsWith('connector-');
    names.push(name(isRepeated ? attribute : `${group}-${attribute}`));
  }
  return names;
}

function workerFamilies(connectors: readonly MeteredConnector[], metrics: Metrics): readonly Family[] {
  const taskCount = connectors.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const all = labelText({ connector: 'aggregate' });
  const figure = (attribute: string, help: string, value: number): Family => ({
    group: 'worker',
    attribute,
    help,
    labels: [all],
    value: () => value,
  });
  const startups = (what: 'connector' | 'task'): readonly Family[] => {
    const success = metrics.total(`${what}_startups`, { result: 'success' });
    const failure = metrics.total(`${what}_startups`, { result: 'failure' });
    const attempts = success + failure;
    const share = (part: number) => (attempts === 0 ? 0 : part / attempts);
    return [
      figure(`${what}-startup-attempts-total`, `Starts of ${what}s that were tried.`, attempts),
      figure(`${what}-startup-success-total`, `Starts of ${what}s that succeeded.`, success),
      figure(`${what}-startup-success-percentage`, `Share of ${what} starts that succeeded, 0 to 1.`, share(success)),
      figure(`${what}-startup-failure-total`, `Starts of ${what}s that failed.`, failure),
      figure(`${what}-startup-failure-percentage`, `Share of ${what} starts that failed, 0 to 1.`, share(failure)),
    ];
  };
  const counts = connectors.map(({ tasks }) => {
    const byState = new Map<string, number>();
    for (const { state } of tasks) byState.set(state.toLowerCase(), (byState.get(state.toLowerCase()) ?? 0) + 1);
    return { total: tasks.length, byState };
  });
  const names = connectors.map(({ labels }) => labels);
  return [
    figure(
      'connector-count',
      'Connectors that run on this worker.',
      connectors.filter(({ state }) => state !== null).length,
    ),
    figure('task-count', 'Tasks that run on this worker.', taskCount),
    ...startups('connector'),
    ...startups('task'),
    {
      group: 'worker',
      attribute: 'connector-total-task-count',
      help: 'Tasks of the connector on this worker.',
      labels: names,
      value: (i) => counts[i]!.total,
    },
    ...TASK_STATES.map((state) => ({
      group: 'worker',
      attribute: `connector-${state}-task-count`,
      help: `Tasks of the connector on this worker that are ${state}.`,
      labels: names,
      value: (i: number) => counts[i]!.byState.get(state) ?? 0,
    })),
  ];
}

interface ShownTask extends MeteredTask {
  readonly isSource: boolean;
}

function taskFamilies(tasks: readonly ShownTask[], nowMs: number): readonly Family[] {
  const of = (group: string, attributes: readonly Attribute[], chosen: readonly ShownTask[]): readonly Family[] => {
    const labels = chosen.map(({ labels: own }) => own);
    return attributes.map(({ name, help, read }) => ({
      group,
      attribute: name,
      help,
      labels,
      value: (i) => read(chosen[i]!.meter, nowMs),
    }));
  };
  return [
    ...of('connector-task', TASK_ATTRIBUTES, tasks),
    ...of(
      'source-task',
      SOURCE_ATTRIBUTES,
      tasks.filter(({ isSource }) => isSource),
    ),
    ...of(
      'sink-task',
      SINK_ATTRIBUTES,
      tasks.filter(({ isSource }) => !isSource),
    ),
    ...of('task-error', ERROR_ATTRIBUTES, tasks),
  ];
}
