// The record forms of the status topic, as Kafka Connect has them.
import type { State } from '../states.ts';

/** A state as it is stored. */
export interface StatusRecord {
  readonly state: State;
  readonly trace: string | null;
  /** `host:port` of the worker that says so. */
  readonly workerId: string;
  readonly generation: number;
  readonly version: string | null;
}

/** A topic that a connector uses. */
export interface TrackedTopic {
  readonly name: string;
  readonly connector: string;
  readonly task: number;
  readonly discoverTimestamp: number;
  /** A processor does both, which Kafka Connect knows nothing of: its records have this member more. */
  readonly direction?: 'reads' | 'writes';
}

/** A key of the topic, taken apart, with its value; null members: a tombstone, or a value that means nothing. */
export type ParsedStatus =
  | { readonly kind: 'connector'; readonly connector: string; readonly status: StatusRecord | null }
  | { readonly kind: 'task'; readonly connector: string; readonly task: number; readonly status: StatusRecord | null }
  | {
      readonly kind: 'topic';
      readonly connector: string;
      readonly topic: string;
      readonly tracked: TrackedTopic | null;
    };

const CONNECTOR = 'status-connector-';
const TASK = 'status-task-';
const TOPIC = 'status-topic-';
/** No topic's name holds a colon. */
const TOPIC_END = ':connector-';

export const statusKey = {
  connector: (name: string): string => CONNECTOR + name,
  task: (name: string, task: number): string => `${TASK}${name}-${task}`,
  topic: (topic: string, connector: string): string => TOPIC + topic + TOPIC_END + connector,
};

/** Null for what is no record of ours. */
export function parseStatusRecord(key: string, text: string | null): ParsedStatus | null {
  const value = objectOf(text);
  if (key.startsWith(CONNECTOR)) {
    return { kind: 'connector', connector: key.slice(CONNECTOR.length), status: statusOf(value) };
  }
  if (key.startsWith(TASK)) {
    const dash = key.lastIndexOf('-');
    const task = Number(key.slice(dash + 1));
    if (dash < TASK.length || !Number.isInteger(task)) return null;
    return { kind: 'task', connector: key.slice(TASK.length, dash), task, status: statusOf(value) };
  }
  if (!key.startsWith(TOPIC)) return null;
  const end = key.indexOf(TOPIC_END);
  if (end < 0) return null;
  const topic = key.slice(TOPIC.length, end);
  const connector = key.slice(end + TOPIC_END.length);
  return { kind: 'topic', connector, topic, tracked: trackedOf(value, topic, connector) };
}

const STATES: readonly string[] = ['UNASSIGNED', 'RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'RESTARTING'];

/** A destroyed connector or task is as good as none. */
function statusOf(value: Readonly<Record<string, unknown>> | null): StatusRecord | null {
  if (value === null || !STATES.includes(String(value['state']))) return null;
  const { trace, generation, version } = value;
  return {
    state: value['state'] as State,
    trace: typeof trace === 'string' && trace !== '' ? trace : null,
    workerId: String(value['worker_id'] ?? ''),
    generation: typeof generation === 'number' ? generation : 0,
    version: typeof version === 'string' ? version : null,
  };
}

function trackedOf(
  value: Readonly<Record<string, unknown>> | null,
  name: string,
  connector: string,
): TrackedTopic | null {
  const topic = value?.['topic'];
  if (typeof topic !== 'object' || topic === null) return null;
  const { task, discoverTimestamp, direction } = topic as Record<string, unknown>;
  return {
    name,
    connector,
    task: typeof task === 'number' ? task : 0,
    discoverTimestamp: typeof discoverTimestamp === 'number' ? discoverTimestamp : 0,
    ...(direction === 'reads' || direction === 'writes' ? { direction } : {}),
  };
}

function objectOf(text: string | null): Readonly<Record<string, unknown>> | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
