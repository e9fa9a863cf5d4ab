// Which topics each connector reads and writes: what `/connectors/<name>/topics` and the lineage tell.

import type { Environment } from '../environment.ts';
import type { StoredConnector } from '../stores/config-fold.ts';
import type { StatusStore } from '../stores/status-store.ts';

export interface TopicsOf {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export class TopicUse {
  readonly #environment: Environment;
  readonly #statuses: StatusStore;
  /** What was seen here, for a lineage that tracking is off for: `direction topic`, by connector. */
  readonly #seen = new Map<string, Set<string>>();

  constructor(environment: Environment, statuses: StatusStore) {
    this.#environment = environment;
    this.#statuses = statuses;
  }

  /** Cheap when it is known. */
  note(connector: StoredConnector | null, task: number, topic: string, direction: 'reads' | 'writes'): void {
    if (connector === null) return;
    const { name } = connector;
    const { settings, clock } = this.#environment;
    let seen = this.#seen.get(name);
    if (seen === undefined) {
      seen = new Set();
      this.#seen.set(name, seen);
    }
    const use = `${direction} ${topic}`;
    if (!seen.has(use)) seen.add(use);
    if (!settings.topicTracking || this.#statuses.hasTopic(name, topic)) return;
    this.#statuses.noteTopic({
      name: topic,
      connector: name,
      task,
      discoverTimestamp: clock.now(),
      ...(this.#kindOf(connector) === 'processor' ? { direction } : {}),
    });
  }

  of(connector: StoredConnector): TopicsOf {
    const tracked = this.#statuses.topics(connector.name);
    const usual = this.#kindOf(connector) === 'source' ? 'writes' : 'reads';
    const reads = new Set<string>();
    const writes = new Set<string>();
    for (const { name, direction } of tracked) ((direction ?? usual) === 'reads' ? reads : writes).add(name);
    for (const use of this.#seen.get(connector.name) ?? []) {
      const topic = use.slice(use.indexOf(' ') + 1);
      (use.startsWith('reads') ? reads : writes).add(topic);
    }
    return { reads: [...reads], writes: [...writes] };
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }

  #kindOf({ config }: StoredConnector): string {
    return this.#environment.plugins.findConnector(config['connector.class'] ?? '')?.def.kind ?? 'sink';
  }
}
