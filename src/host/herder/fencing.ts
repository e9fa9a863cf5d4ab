// Fencing: before a changed set of an exactly-once source starts, what producers of older sets may still write is ended.
//
// Law: the leader fences and says so in the config topic; no task of the set starts before. Calls of a moment are one fencing.
import type { RawConfig } from '../../core/config/define.ts';
import { isExactlyOnceSource } from '../config/offsets-topic.ts';
import { type Environment, taskTransactionalId } from '../environment.ts';
import type { ConfigStore } from '../stores/config-store.ts';
import { withProducerBroker } from '../tasks/task-clients.ts';

const FENCED_AT_ONCE = 8;

/** What fencing asks of the herder. */
export interface FencingDesk {
  readonly environment: Environment;
  readonly configs: ConfigStore;
  isSource(config: RawConfig): boolean;
  /** A write of the leader. */
  lead<T>(write: () => Promise<T>): Promise<T>;
}

export class Fencing {
  readonly #desk: FencingDesk;
  readonly #running = new Map<string, Promise<void>>();

  constructor(desk: FencingDesk) {
    this.#desk = desk;
  }

  isDue(name: string): boolean {
    const { environment, configs } = this.#desk;
    const { settings, providers } = environment;
    if (settings.group === null || !settings.exactlyOnceSources || !configs.fencingDue(name)) return false;
    const config = configs.get(name)?.config ?? {};
    return this.#desk.isSource(config) && isExactlyOnceSource(providers.resolve(config), settings);
  }

  /** On the leader. Throws `conflict` when this worker does not lead (any more). */
  run(name: string): Promise<void> {
    let fencing = this.#running.get(name);
    if (fencing === undefined) {
      fencing = this.#desk.lead(() => this.#fence(name)).finally(() => this.#running.delete(name));
      this.#running.set(name, fencing);
    }
    return fencing;
  }

  async #fence(name: string): Promise<void> {
    const { environment, configs } = this.#desk;
    const { providers, settings } = environment;
    const stored = configs.get(name);
    if (stored === null || !this.isDue(name)) return;
    const count = stored.tasks?.length ?? 0;
    const due = [...configs.unfenced(name)];
    await withProducerBroker(environment, providers.resolve(stored.config), async (broker) => {
      while (due.length > 0) {
        const some = due.splice(0, FENCED_AT_ONCE);
        await Promise.all(
          some.map(async (task) => (await broker.transact(taskTransactionalId(settings, name, task))).close()),
        );
      }
    });
    await configs.putFencing(name, count);
  }
}
