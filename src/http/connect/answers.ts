// Bodies of the Connect API, one function a resource.
//
// Law: what Kafka Connect answers is answered exactly, for generated clients refuse members that they do not know. What there is
// beyond it is answered only to those who ask, with `details=true`.
import type { Request } from 'express';
import type { RawConfig } from '../../core/config/define.ts';
import {
  type ConfigInfos,
  type ConnectorStatus,
  type HostView,
  type ShownTask,
  shownConfig,
  summaryOf,
  validateConnector,
  type Worker,
  withLag,
} from '../../host/index.ts';
import { flag, values } from '../resource.ts';

/** How new a lag must be, and how long an answer waits for it. */
const LAG = { maxAgeMs: 500, waitMs: 5_000 };

/** The caller wants what Kafka Connect does not answer, too. */
export function wantsDetails(request: Request): boolean {
  return flag(request, 'details');
}

/** A connector's config and tasks. */
export function infoAnswer(worker: Worker, name: string) {
  const { config, taskCount, type } = worker.info(name);
  return {
    name,
    config: shownConfig(config, worker.environment),
    tasks: Array.from({ length: taskCount }, (_, task) => ({ connector: name, task })),
    type: shownType(type),
  };
}

/** A connector that has just been written. Details: what in its config is most likely a slip. */
export async function writtenAnswer(worker: Worker, name: string, isNew: boolean, details: boolean) {
  const info = infoAnswer(worker, name);
  const { config } = worker.info(name);
  const answer = isNew ? { ...info, tasks: [] } : info;
  return details ? { ...answer, warnings: await warningsOf(config, worker) } : answer;
}

async function warningsOf(config: RawConfig, { environment }: Worker): Promise<readonly string[]> {
  return (await validateConnector(config, environment)).warnings ?? [];
}

/** States of a connector and its tasks. Details: when tasks restart by themselves, how often they did, and a summary. */
export function statusAnswer(worker: Worker, shown: ConnectorStatus, details: boolean) {
  const { name, connector, tasks, type } = shown;
  return {
    name,
    connector: {
      state: connector.state,
      worker_id: connector.workerId,
      ...traceOf(connector.trace),
      version: connector.version,
    },
    tasks: tasks.map((task) => taskAnswer(worker, name, task, details)),
    type: shownType(type),
    ...(details ? { summary: summaryOf({ connector, tasks }, worker.environment.clock.now()) } : {}),
  };
}

/** The state of one task; details as with its connector. */
export function taskAnswer({ environment }: Worker, connector: string, task: ShownTask, details: boolean) {
  const { id, state, workerId, trace, version, restartsAtMs, retrying } = task;
  const answer = { id, state, worker_id: workerId, ...traceOf(trace), version };
  if (!details) return answer;
  const labels = { connector, task: String(id), reason: 'automatic' };
  return {
    ...answer,
    restarts_at: restartsAtMs,
    restart_attempts: environment.metrics.counter('task_restarts', labels).value,
    retrying: retrying === null ? null : retryingAnswer(retrying),
  };
}

/** What a task fails at and tries again. */
function retryingAnswer({ stage, sinceMs, attempts, message }: NonNullable<ShownTask['retrying']>) {
  return { stage, since: new Date(sinceMs).toISOString(), attempts, message };
}

/** One connector of a list with `expand`. */
export function expandedAnswer(worker: Worker, name: string, request: Request) {
  const expansions = values(request, 'expand');
  return {
    ...(expansions.includes('info') ? { info: infoAnswer(worker, name) } : {}),
    ...(expansions.includes('status')
      ? { status: statusAnswer(worker, worker.status(name), wantsDetails(request)) }
      : {}),
    ...(expansions.includes('summary')
      ? { summary: summaryOf(worker.status(name), worker.environment.clock.now()) }
      : {}),
  };
}

/** Committed offsets. Details: how far a sink is behind. */
export async function offsetsAnswer(worker: Worker, name: string, view: () => HostView, details: boolean) {
  const entries = await worker.sourceAndSinkOffsets.list(name);
  const lags = details ? await view().lagOf(name, LAG) : null;
  return { offsets: lags === null ? entries : await withLag(entries, lags, worker.environment) };
}

/** The outcome of a validation. Details: likely slips, which are not errors. */
export function validationAnswer(infos: ConfigInfos, details: boolean): ConfigInfos {
  const { warnings = [], ...standard } = infos;
  return details ? { ...standard, warnings } : standard;
}

function traceOf(trace: string | null) {
  return trace === null ? {} : { trace };
}

/** Clients know sources and sinks only; a processor reads topics under a group as a sink does. */
function shownType(type: string): string {
  return type === 'processor' ? 'sink' : type;
}
