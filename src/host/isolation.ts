// Keeping plugin code away from the host: what the host asks of whoever runs tasks on threads.
import type { RawConfig } from '../core/config/define.ts';
import type { RunOrder, TaskRun } from './task-run.ts';
import type { TaskPlan } from './task-runtime.ts';
import type { ConfigInfos } from './validate.ts';

/** The verdict on a config, computed away from the host. */
export interface Validation {
  readonly infos: ConfigInfos;
  /** What only shows when the parts are made together. */
  readonly problems: readonly string[];
}

export interface Isolation {
  /** Starts the run on a thread; null: it belongs on the main thread. */
  run(order: RunOrder): TaskRun | null;
  /** How long plugin calls of a task on the main thread may take; null: for ever. */
  hangLimitMs(plan: TaskPlan): number | null;
  /** Validates a config (references resolved) on a thread; null: it names no plugin that must be kept away. */
  validate(raw: RawConfig): Promise<Validation> | null;
}
