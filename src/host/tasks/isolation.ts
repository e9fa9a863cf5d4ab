// Keeping plugin code away from the host: what the host asks of whoever runs tasks on threads.
import type { ConnectorDef } from '../../connect/plugins.ts';
import type { RawConfig } from '../../core/config/define.ts';
import type { Offsets } from '../../ports/broker.ts';
import type { ConfigInfos } from '../config/config-infos.ts';
import type { Lease } from './lease.ts';
import type { Retrying } from './retry-note.ts';
import type { NoteTopic } from './watched-broker.ts';

/** A run of a task that goes on, wherever it stands. */
export interface TaskRun {
  /** Resolves when the run has stopped as it was told; rejects with what ended it. */
  readonly ended: Promise<void>;
  /** The task has looked for work and found none. */
  readonly idle: boolean;
  /** Up to where the task is done with its input, as far as it knows better than its committed offsets. */
  readonly settled: Offsets;
  /** What is failing and tried again; null while all goes well. */
  readonly retrying: Retrying | null;
  pause(paused: boolean): void;
  stop(): void;
  /** It did not end in time after `stop`: it is ended by force where that is possible, and may do nothing any more. */
  letGo(): void;
}

/** What a run is made from, as far as it goes to another thread. */
export interface IsolatedOrder {
  readonly owner: {
    readonly name: string;
    readonly noteTopic: NoteTopic;
    requestTaskReconfiguration(): void;
    raise(error: Error): void;
  };
  readonly task: number;
  readonly plan: IsolatedPlan;
  readonly paused: boolean;
  readonly lease: Lease;
  became(state: 'RUNNING' | 'PAUSED'): void;
}
export interface IsolatedPlan {
  readonly definition: ConnectorDef;
  readonly className: string;
  /** As stored: references unresolved. */
  readonly config: RawConfig;
  readonly taskCount: number;
}

/** The verdict on a config, computed away from the host. */
export interface Validation {
  readonly infos: ConfigInfos;
  /** What only shows when the parts are made together. */
  readonly problems: readonly string[];
}

export interface Isolation {
  /** Starts the run on a thread; null: it belongs on the main thread. */
  run(order: IsolatedOrder): TaskRun | null;
  /** How long plugin calls of a task on the main thread may take; null: for ever. */
  hangLimitMs(plan: IsolatedPlan): number | null;
  /** Validates a config (references resolved) on a thread; null: it names no plugin that must be kept away. */
  validate(raw: RawConfig): Promise<Validation> | null;
}
