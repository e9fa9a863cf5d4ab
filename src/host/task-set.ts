// A committed set of tasks as it is run: each with all its settings, and a version that changes when, and only when, these do.
import type { RawConfig } from '../core/config/define.ts';
import { taskVersion } from './group/work-items.ts';

/** Keys whose change alone does not touch a task. */
const NEUTRAL: ReadonlySet<string> = new Set(['tasks.max', 'tasks.max.enforce', 'task.class']);

export interface SetTask {
  readonly id: number;
  /** References unresolved. */
  readonly config: RawConfig;
  readonly version: string;
}

export type TaskSet = readonly SetTask[];

/**
 * What a set of task records means under a connector's config. Records that this product writes hold everything; those of Kafka
 * Connect may leave to the connector what is the framework's (converters, transforms), so they are filled up from its config.
 */
export function taskSet(connector: RawConfig, tasks: readonly RawConfig[]): TaskSet {
  return tasks.map((task, id) => {
    const config = 'connector.class' in task ? task : { ...connector, ...task };
    return { id, config, version: versionOf(config, tasks.length) };
  });
}

/** True when the two sets run the same: nothing is to be written then. */
export function sameSet(left: readonly RawConfig[], right: TaskSet): boolean {
  return (
    left.length === right.length && left.every((config, id) => versionOf(config, left.length) === right[id]!.version)
  );
}

function versionOf(config: RawConfig, count: number): string {
  const taskConfig = Object.fromEntries(Object.entries(config).filter(([name]) => !NEUTRAL.has(name)));
  return taskVersion({ connectorConfig: {}, taskConfig, count });
}
