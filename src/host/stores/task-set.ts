// A committed set of tasks as it is run: each with all its settings, and a version that changes when, and only when, these do.
import type { RawConfig } from '../../core/config/define.ts';
import { taskVersion } from '../group/work-items.ts';

/** Keys whose change alone does not touch a task. */
const NEUTRAL: ReadonlySet<string> = new Set(['tasks.max', 'tasks.max.enforce', 'task.class']);

export interface SetTask {
  readonly id: number;
  /** References unresolved. */
  readonly config: RawConfig;
  readonly version: string;
  /** How many tasks share their input by number; 0: what this one does stands in its config alone. */
  readonly sharers: number;
}

export type TaskSet = readonly SetTask[];

/**
 * What a set of task records means under a connector's config. Records that this product writes hold everything; those of Kafka
 * Connect may leave to the connector what is the framework's (converters, transforms), so they are filled up from its config.
 *
 * @param isOfSource tasks of sources take nothing from how many they are: another number alone changes none of them
 */
export function taskSet(connector: RawConfig, tasks: readonly RawConfig[], isOfSource: boolean): TaskSet {
  const sharers = isOfSource ? 0 : tasks.length;
  return tasks.map((task, id) => {
    const config = 'connector.class' in task ? task : { ...connector, ...task };
    return { id, config, version: versionOf(config, sharers), sharers };
  });
}

/** True when the two sets run the same: nothing is to be written then. */
export function sameSet(left: readonly RawConfig[], right: TaskSet): boolean {
  if (left.length !== right.length) return false;
  return left.every((config, id) => versionOf(config, right[id]!.sharers) === right[id]!.version);
}

function versionOf(config: RawConfig, sharers: number): string {
  const taskConfig = Object.fromEntries(Object.entries(config).filter(([name]) => !NEUTRAL.has(name)));
  return taskVersion({ connectorConfig: {}, taskConfig, sharers });
}
