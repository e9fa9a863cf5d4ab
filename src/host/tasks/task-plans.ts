// From the task configs that a connector answers to the records of its task set.
import type { RawConfig } from '../../core/config/define.ts';

/** One record a task, with all that the task needs: framework settings (converters, transforms, errors) come from the connector. */
export function taskRecords(
  connector: { readonly className: string; readonly config: RawConfig },
  configs: readonly RawConfig[],
): readonly RawConfig[] {
  const { className, config } = connector;
  return configs.map((task) => ({ ...config, ...task, 'task.class': taskClass(className) }));
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
