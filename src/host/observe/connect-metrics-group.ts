// Kafka Connect's metrics of a worker's place in its group. Zeros when the worker stands alone.
import type { CallReading, GroupReading } from '../../core/group-meter.ts';
import { labelText } from '../../core/metrics.ts';
import type { Family, MeteredConnector } from './connect-metrics-family.ts';

export function rebalanceFamilies(group: GroupReading, connectors: readonly MeteredConnector[]): readonly Family[] {
  return [...workerRebalance(group), ...coordinator(group, connectors)];
}

function workerRebalance(group: GroupReading): readonly Family[] {
  const figure = (attribute: string, help: string, value: number, labels = ''): Family => ({
    group: 'worker-rebalance',
    attribute,
    help,
    labels: [labels],
    value: () => value,
  });
  return [
    figure('leader-name', '1; the leader is a label.', 1, labelText({ leader_name: group.leaderName })),
    figure('connect-protocol', '1; the protocol is a label.', 1, labelText({ connect_protocol: group.protocol })),
    figure('epoch', 'Generation of the group.', group.epoch),
    figure('completed-rebalances-total', 'Rebalances that this worker has completed.', group.completed),
    figure('rebalancing', '1 while this worker is in a rebalance.', group.rebalancing ? 1 : 0),
    figure('rebalance-avg-time-ms', 'Time that a rebalance takes.', group.rebalance.average),
    figure('rebalance-max-time-ms', 'Time that the longest rebalance took.', group.rebalance.max),
    figure('time-since-last-rebalance-ms', 'Time since the last rebalance; 0: never.', group.sinceLastMs ?? 0),
  ];
}

function coordinator(group: GroupReading, connectors: readonly MeteredConnector[]): readonly Family[] {
  const labels = labelText({ client_id: 'tributary' });
  const figure = (attribute: string, help: string, value: number): Family => ({
    group: 'coordinator',
    attribute,
    help,
    labels: [labels],
    value: () => value,
  });
  const calls = (name: string, { total, rate, average, max }: CallReading): readonly Family[] => [
    figure(`${name}-total`, `Requests to ${name} the group.`, total),
    figure(`${name}-rate`, `Requests to ${name} the group, a second.`, rate),
    figure(`${name}-time-avg`, `Milliseconds that a ${name} takes.`, average),
    figure(`${name}-time-max`, `Milliseconds that the longest ${name} took.`, max),
  ];
  const seconds = (ms: number | null) => (ms === null ? -1 : Math.round(ms / 1000));
  return [
    figure(
      'assigned-connectors',
      'Connectors assigned to this worker.',
      connectors.filter(({ state }) => state !== null).length,
    ),
    figure(
      'assigned-tasks',
      'Tasks assigned to this worker.',
      connectors.reduce((sum, { tasks }) => sum + tasks.length, 0),
    ),
    figure('rebalance-total', 'Rebalances that this worker took part in.', group.completed),
    figure('rebalance-rate-per-hour', 'Rebalances within the last hour.', group.perHour),
    figure('rebalance-latency-avg', 'Milliseconds that a rebalance takes.', group.rebalance.average),
    figure('rebalance-latency-max', 'Milliseconds that the longest rebalance took.', group.rebalance.max),
    figure('rebalance-latency-total', 'Milliseconds spent in rebalances.', group.rebalanceTotalMs),
    figure('failed-rebalance-total', 'Rebalances that failed.', group.failed),
    figure('failed-rebalance-rate-per-hour', 'Rebalances that failed within the last hour.', group.failedPerHour),
    figure('last-rebalance-seconds-ago', 'Seconds since the last rebalance; -1: never.', seconds(group.sinceLastMs)),
    ...calls('join', group.join),
    ...calls('sync', group.sync),
    figure('heartbeat-total', 'Heart-beats.', group.heartbeat.total),
    figure('heartbeat-rate', 'Heart-beats a second.', group.heartbeat.rate),
    figure('heartbeat-response-time-max', 'Milliseconds that the slowest heart-beat took.', group.heartbeat.max),
    figure(
      'last-heartbeat-seconds-ago',
      'Seconds since the last heart-beat; -1: never.',
      seconds(group.sinceHeartbeatMs),
    ),
  ];
}
