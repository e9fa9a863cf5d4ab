// From the task configs that a connector answers to what its tasks run with, and which of them really changed.
import type { RawConfig } from '../core/config/define.ts';
import type { AnyConnector, ConnectorDefinition, TaskPlan, TaskRuntime } from './task-runtime.ts';

/** Keys whose change alone does not touch a task. */
const NEUTRAL = new Set(['tasks.max', 'tasks.max.enforce', 'task.class']);

/** One plan a task config. Framework settings (converters, transforms, errors) come from the connector. */
export function plannedTasks(
  instance: {
    readonly definition: ConnectorDefinition;
    readonly className: string;
    readonly connector: AnyConnector;
    readonly config: RawConfig;
  },
  configs: readonly RawConfig[],
): readonly TaskPlan[] {
  const { definition, className, connector, config } = instance;
  return configs.map((task) => ({
    definition,
    className,
    connector,
    config: { ...config, ...task, 'task.class': taskClass(className) },
    taskCount: configs.length,
  }));
}

/** True when a running task need not be restarted for the plan. */
export function sameTask(plan: TaskPlan, task: TaskRuntime): boolean {
  // Which partitions a task reads depends on how many tasks there are.
  if (plan.definition.kind !== 'source' && plan.taskCount !== task.taskCount) return false;
  return sameSettings(plan.config, task.config);
}

function sameSettings(left: RawConfig, right: RawConfig): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const name of names) if (!NEUTRAL.has(name) && left[name] !== right[name]) return false;
  return true;
}

/** Puts references back where a connector copied a resolved value: no secret is stored or shown. */
export function withReferences(task: RawConfig, stored: RawConfig, resolved: RawConfig): RawConfig {
  const kept: Record<string, string | null> = { ...task };
  for (const [name, value] of Object.entries(stored)) {
    if (value?.includes('${') && kept[name] === resolved[name]) kept[name] = value;
  }
  return kept;
}

function taskClass(connectorClass: string): string {
  return connectorClass.replace(/(Connector)?$/, 'Task');
}
