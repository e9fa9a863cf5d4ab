// What executing a statement does, as data: the driver makes the topic, registers the schemas, appends the commands to the log.
import type { Command } from '../catalog/catalog.ts';

/** A topic to make when it does not exist. */
export interface TopicRequest {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly retentionMs: number | null;
  readonly cleanup: 'delete' | 'compact' | 'compact,delete';
}
/** A schema to register. */
export interface SchemaRequest {
  readonly subject: string;
  readonly format: string;
  readonly schema: string;
  /** Declared sources register only where there is no schema yet. */
  readonly onlyIfAbsent: boolean;
}
export interface Change {
  readonly commands: readonly Command[];
  readonly topics: readonly TopicRequest[];
  readonly schemas: readonly SchemaRequest[];
  /** Topics to delete, with their subjects (DROP … DELETE TOPIC). */
  readonly deletedTopics: readonly string[];
  /** What the statement's status says. */
  readonly message: string;
  /** The persistent query it started. */
  readonly queryId: string | null;
}

/** A change with nothing but a message: the statement had nothing to do. */
export function noChange(message: string): Change {
  return { commands: [], topics: [], schemas: [], deletedTopics: [], message, queryId: null };
}
