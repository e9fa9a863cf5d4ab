// What the records of the config topic add up to. Pure: a record goes in, what changed comes out.
//
// Law: task records count only once a commit names how many there are; a set with holes counts for nothing until a new one is
// committed. The fold depends on the records alone, in the order of the log, and not on which older ones compaction has left.
import type { RawConfig } from '../../core/config/define.ts';
import { parseSessionKey, type SessionKey } from '../group/session-key.ts';
import type { TargetState } from '../states.ts';
import { type TaskSet, taskSet } from './task-set.ts';

/** What is stored of a connector. Secrets stand as they were given: references are not resolved here. */
export interface StoredConnector {
  readonly name: string;
  readonly config: RawConfig;
  readonly target: TargetState;
  /** Null when the last commit named tasks that are not there: a new set is needed. */
  readonly tasks: TaskSet | null;
}

/** What a record did. Restart requests and levels count only when they are met live. */
export type ConfigChange =
  | { readonly kind: 'connector' | 'target' | 'tasks' | 'fencing'; readonly name: string }
  | { readonly kind: 'restart'; readonly name: string; readonly includeTasks: boolean; readonly onlyFailed: boolean }
  | { readonly kind: 'logger'; readonly logger: string; readonly level: string }
  | { readonly kind: 'session-key' };

interface Draft {
  config: RawConfig | null;
  target: TargetState;
  /** As committed; null: with holes. */
  tasks: readonly RawConfig[] | null;
  /** Said by the commit: the tasks stand for themselves. Kafka Connect's commits say nothing. */
  isOfSource: boolean;
  set: { readonly config: RawConfig; readonly set: TaskSet } | null;
  pending: Map<number, RawConfig>;
  /** How many tasks the connector had when its producers were fenced last. */
  fencedCount: number;
  /** Tasks that differ from those whose producers were fenced; null: no commit since. */
  unfenced: Set<number> | null;
}

export class ConfigFold {
  readonly #drafts = new Map<string, Draft>();
  #sessionKey: SessionKey | null = null;

  get sessionKey(): SessionKey | null {
    return this.#sessionKey;
  }

  list(): readonly StoredConnector[] {
    return [...this.#drafts.keys()].map((name) => this.get(name)).filter((stored) => stored !== null);
  }

  names(): readonly string[] {
    return [...this.#drafts].filter(([, { config }]) => config !== null).map(([name]) => name);
  }

  get(name: string): StoredConnector | null {
    const draft = this.#drafts.get(name);
    if (draft === undefined || draft.config === null) return null;
    return { name, config: draft.config, target: draft.target, tasks: setOf(draft, draft.config) };
  }

  /** The topic knows the name, but there is no such connector any more. */
  isDeleted(name: string): boolean {
    return this.#drafts.get(name)?.config === null;
  }

  /** The producers of older task sets must be fenced before a task of the present one may write. */
  fencingDue(name: string): boolean {
    return (this.#drafts.get(name)?.unfenced ?? null) !== null;
  }

  /** The tasks whose older producers are to be fenced: those that have changed since, or are no more. */
  unfenced(name: string): ReadonlySet<number> {
    const draft = this.#drafts.get(name);
    if (draft === undefined || draft.unfenced === null) return new Set();
    const all = new Set(draft.unfenced);
    for (let task = draft.tasks?.length ?? 0; task < draft.fencedCount; task++) all.add(task);
    return all;
  }

  /** Takes a record in; null when it changes nothing that anybody waits for. */
  take(key: string, text: string | null): ConfigChange | null {
    const value = text === null ? null : parsed(text);
    if (key.startsWith('connector-')) return this.#takeConnector(key.slice(10), propertiesOf(value));
    if (key.startsWith('target-state-')) {
      const name = key.slice(13);
      this.#draft(name).target = targetOf(value);
      return { kind: 'target', name };
    }
    if (key.startsWith('task-')) return this.#takeTask(key.slice(5), propertiesOf(value));
    if (key.startsWith('commit-')) return this.#takeCommit(key.slice(7), value);
    if (key.startsWith('tasks-fencing-')) return this.#takeFencing(key.slice(14), value);
    if (key.startsWith('restart-connector-')) return restartOf(key.slice(18), value);
    if (key.startsWith('logger-cluster-')) {
      const level = isObject(value) ? value['level'] : null;
      return typeof level === 'string' ? { kind: 'logger', logger: key.slice(15), level } : null;
    }
    if (key === 'session-key') {
      this.#sessionKey = parseSessionKey(value);
      return { kind: 'session-key' };
    }
    return null;
  }

  #takeConnector(name: string, config: RawConfig | null): ConfigChange {
    const draft = this.#draft(name);
    draft.config = config;
    if (config === null) {
      // A connector of the same name that is made later begins without tasks.
      draft.tasks = [];
      draft.pending.clear();
      draft.target = 'STARTED';
    }
    return { kind: 'connector', name };
  }

  #takeTask(id: string, properties: RawConfig | null): null {
    const dash = id.lastIndexOf('-');
    const task = Number(id.slice(dash + 1));
    if (dash > 0 && properties !== null && Number.isInteger(task)) {
      this.#draft(id.slice(0, dash)).pending.set(task, properties);
    }
    return null;
  }

  #takeCommit(name: string, value: unknown): ConfigChange {
    const draft = this.#draft(name);
    const count = isObject(value) && typeof value['tasks'] === 'number' ? value['tasks'] : 0;
    const tasks = Array.from({ length: count }, (_, index) => draft.pending.get(index));
    const before = setOf(draft, draft.config ?? {});
    draft.tasks = tasks.every((task) => task !== undefined) ? tasks : null;
    draft.isOfSource = isObject(value) && value['type'] === 'source';
    draft.set = null;
    draft.unfenced ??= new Set();
    const now = setOf(draft, draft.config ?? {});
    for (let task = 0; task < Math.max(before?.length ?? count, count); task++) {
      const version = now?.[task]?.version;
      if (version === undefined || before?.[task]?.version !== version) draft.unfenced.add(task);
    }
    for (const task of draft.pending.keys()) if (task >= count) draft.pending.delete(task);
    return { kind: 'tasks', name };
  }

  #takeFencing(name: string, value: unknown): ConfigChange {
    const draft = this.#draft(name);
    const count = isObject(value) ? value['task-count'] : null;
    draft.fencedCount = typeof count === 'number' ? count : 0;
    draft.unfenced = typeof count === 'number' ? null : new Set();
    return { kind: 'fencing', name };
  }

  #draft(name: string): Draft {
    let draft = this.#drafts.get(name);
    if (draft === undefined) {
      draft = {
        config: null,
        target: 'STARTED',
        tasks: [],
        isOfSource: false,
        set: null,
        pending: new Map(),
        fencedCount: 0,
        unfenced: null,
      };
      this.#drafts.set(name, draft);
    }
    return draft;
  }
}

/** Made once a set and connector config: versions are hashes. */
function setOf(draft: Draft, config: RawConfig): TaskSet | null {
  if (draft.tasks === null) return null;
  if (draft.set === null || draft.set.config !== config)
    draft.set = { config, set: taskSet(config, draft.tasks, draft.isOfSource) };
  return draft.set.set;
}

function restartOf(name: string, value: unknown): ConfigChange | null {
  if (!isObject(value)) return null;
  return {
    kind: 'restart',
    name,
    includeTasks: value['include-tasks'] === true,
    onlyFailed: value['only-failed'] === true,
  };
}

function targetOf(value: unknown): TargetState {
  if (!isObject(value)) return 'STARTED';
  const state = value['state.v2'] ?? value['state'];
  return state === 'PAUSED' || state === 'STOPPED' ? state : 'STARTED';
}

function propertiesOf(value: unknown): RawConfig | null {
  return isObject(value) && isObject(value['properties']) ? (value['properties'] as RawConfig) : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record that is no JSON is not ours: it is left alone. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
