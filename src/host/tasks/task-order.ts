// What a task is made from, and what it shares with its connector.
import type { ProcessorConnector, SinkConnector, SourceConnector } from '../../connect/connectors.ts';
import type { RawConfig } from '../../core/config/define.ts';
import type { PluginOf } from '../../plugins/registry.ts';
import type { Environment } from '../environment.ts';
import type { Status } from '../states.ts';
import type { OffsetStore } from '../stores/offset-store.ts';
import type { Lease } from './lease.ts';
import type { NoteTopic } from './watched-broker.ts';

export type AnyConnector = SourceConnector | SinkConnector | ProcessorConnector;
export type ConnectorDefinition = PluginOf<'source' | 'sink' | 'processor'>;

/** What a task shares with its connector. */
export interface TaskOwner {
  readonly environment: Environment;
  readonly offsets: OffsetStore;
  readonly name: string;
  readonly noteTopic: NoteTopic;
  /** Work may be done only while it holds. */
  readonly lease: Lease;
  /** Told each state that the task comes to. */
  taskChanged(task: number, status: Status): void;
  requestTaskReconfiguration(): void;
  raise(error: Error): void;
}

/** What a task runs with: changed only by a new set of tasks. */
export interface TaskPlan {
  readonly definition: ConnectorDefinition;
  readonly className: string;
  readonly connector: AnyConnector;
  /** As stored and shown: references unresolved. */
  readonly config: RawConfig;
  readonly taskCount: number;
}
