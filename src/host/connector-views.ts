// What the worker tells of its connectors.
import type { RawConfig } from '../core/config/define.ts';
import type { Offsets } from '../ports/broker.ts';
import type { ConnectorKind } from './config/framework-config.ts';
import type { State, TargetState } from './states.ts';
import type { Retrying } from './tasks/retry-note.ts';

/** A state as REST and the command line show it. */
export interface ShownState {
  readonly state: State;
  readonly trace: string | null;
  readonly workerId: string;
  readonly version: string | null;
}

export interface ShownTask extends ShownState {
  readonly id: number;
  /** When the task is started again by itself; null when it is not, or runs elsewhere. */
  readonly restartsAtMs: number | null;
  /** What the task fails at and tries again, secrets hidden; null when it does not, or runs elsewhere. */
  readonly retrying: Retrying | null;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly type: ConnectorKind | 'unknown';
  readonly version: string | null;
  readonly connector: ShownState;
  readonly tasks: readonly ShownTask[];
}

export interface ConnectorInfo {
  readonly name: string;
  /** As stored; mask it with `shownConfig` before it leaves the host. */
  readonly config: RawConfig;
  readonly taskCount: number;
  readonly type: ConnectorKind | 'unknown';
}

/** A connector as the product's own parts look at it. */
export interface ConnectorView {
  readonly name: string;
  readonly config: RawConfig;
  readonly target: TargetState;
  readonly status: ShownState;
  /** The instance runs on this worker. */
  readonly isHere: boolean;
  readonly tasks: readonly TaskView[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Nothing is being changed here. */
  readonly settled: boolean;
}

export interface TaskView {
  readonly id: number;
  /** As stored: references unresolved. */
  readonly config: RawConfig;
  readonly status: ShownTask;
  /** The task runs on this worker: only then the rest is known. */
  readonly isHere: boolean;
  readonly idle: boolean;
  readonly settled: Offsets;
}
