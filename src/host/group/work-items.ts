// Work items: what is handed out to workers, as strings, so that plans and claims are plain lists that compare by text.
//
//   c|<connector>                    a connector instance
//   t|<connector>|<task>|<version>   a task
//   q|<query>                        a query
//
// A task's version is `<sharers>-<hash>` of what the task runs with: the same on every worker, whatever compaction has left of
// the topic. So a changed task is another item, and an unchanged one stays where it runs. Tasks that share their input by number
// (sinks, processors) all change with their number; those of sources, which stand for themselves, do not: their sharers are 0.

import { createHash } from 'node:crypto';

export type WorkItem =
  | { readonly kind: 'connector'; readonly connector: string }
  | {
      readonly kind: 'task';
      readonly connector: string;
      readonly task: number;
      readonly version: string;
    }
  | { readonly kind: 'query'; readonly query: string };

export type WorkKind = WorkItem['kind'];

export function connectorItem(connector: string): string {
  return `c|${connector}`;
}

/** `version` as {@link taskVersion} makes it. */
export function taskItem(connector: string, task: number, version: string): string {
  return `t|${connector}|${task}|${version}`;
}

export function queryItem(query: string): string {
  return `q|${query}`;
}

/** What a task truly runs with. */
export interface TaskContent {
  /** The connector's config that stood when its task set was committed. */
  readonly connectorConfig: Readonly<Record<string, unknown>>;
  readonly taskConfig: Readonly<Record<string, unknown>>;
  /** The number of tasks that share their input by number; 0: the task stands for itself. */
  readonly sharers: number;
}

export function taskVersion(content: TaskContent): string {
  const text = JSON.stringify([sorted(content.connectorConfig), sorted(content.taskConfig)]);
  return `${content.sharers}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** Null for what is no item, e.g. of a kind that a newer version knows. */
export function parseItem(item: string): WorkItem | null {
  const rest = item.slice(2);
  if (rest === '') return null;
  if (item.startsWith('c|')) return { kind: 'connector', connector: rest };
  if (item.startsWith('q|')) return { kind: 'query', query: rest };
  if (!item.startsWith('t|')) return null;
  // A connector's name may hold anything, also the separator; what stands behind it may not.
  const parts = /^(.+)\|(\d{1,9})\|(\d{1,9}-[0-9a-f]+)$/s.exec(rest);
  if (parts === null) return null;
  return { kind: 'task', connector: parts[1]!, task: Number(parts[2]), version: parts[3]! };
}

// The order of keys is no difference.
function sorted(config: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(config).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}
