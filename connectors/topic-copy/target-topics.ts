// The copies as topics: made like their source, grown with it, and given its settings.
import { type Broker, type ProcessorContext, type TopicInfo, TributaryError } from 'tributary/connect';
import type { CopySettings } from './settings.ts';

export class TargetTopics {
  readonly #settings: CopySettings;
  readonly #context: ProcessorContext;
  readonly #source: Broker;
  /** Partitions that a copy is known to have. */
  readonly #known = new Map<string, number>();
  #configsDueMs = 0;
  #isForbidden = false;

  constructor(settings: CopySettings, context: ProcessorContext, source: Broker) {
    this.#settings = settings;
    this.#context = context;
    this.#source = source;
  }

  /** Makes sure that the copy of each topic has at least as many partitions. */
  async ensure(topics: readonly TopicInfo[]): Promise<void> {
    const { broker } = this.#context;
    for (const { name, partitions } of topics) {
      const target = this.#settings.names.targetOf(name);
      if ((this.#known.get(target) ?? 0) >= partitions) continue;
      let found = await broker.topic(target);
      if (found === null) {
        await this.#make(name, target, partitions);
        found = await broker.topic(target);
      }
      if (found !== null && found.partitions < partitions) {
        await broker.clusterAdmin.growTopic(target, partitions);
        this.#context.log('info', `Topic ${target} now has ${partitions} partitions, as ${name} at the source.`);
      }
      this.#known.set(target, partitions);
    }
  }

  /** Carries changed settings over, when it is time. A setting that was taken back at the source is taken back here. */
  async syncConfigs(topics: readonly TopicInfo[]): Promise<void> {
    const { configEveryMs } = this.#settings;
    const nowMs = this.#context.clock.now();
    if (configEveryMs === null || this.#isForbidden || nowMs < this.#configsDueMs) return;
    this.#configsDueMs = nowMs + configEveryMs;
    for (const { name } of topics) {
      const target = this.#settings.names.targetOf(name);
      try {
        await this.#syncConfig(name, target);
      } catch (error) {
        this.#tolerate(error, `The settings of ${target} could not be compared with those of ${name}`);
        if (this.#isForbidden) return;
      }
    }
  }

  async #make(topic: string, target: string, partitions: number): Promise<void> {
    const { replication } = this.#settings;
    const config = Object.fromEntries(await this.#configOf(topic));
    const made = await this.#context.broker.createTopics([
      { name: target, partitions, config, ...(replication === null ? {} : { replication }) },
    ]);
    if (made.length > 0) this.#context.log('info', `Topic ${target} was made for copies of ${topic}.`, { partitions });
  }

  async #syncConfig(topic: string, target: string): Promise<void> {
    const { clusterAdmin } = this.#context.broker;
    const wanted = await this.#configOf(topic);
    const standing = await clusterAdmin.topicConfig(target);
    const changes = new Map<string, string | null>();
    for (const [name, value] of wanted) if (standing.get(name) !== value) changes.set(name, value);
    for (const name of standing.keys()) {
      if (!wanted.has(name) && !this.#settings.isOwnSetting(name)) changes.set(name, null);
    }
    if (changes.size === 0) return;
    await clusterAdmin.alterTopicConfig(target, changes);
    this.#context.log('info', `Settings of ${target} follow those of ${topic}.`, { changed: [...changes.keys()] });
  }

  /** The settings that a copy takes over. */
  async #configOf(topic: string): Promise<ReadonlyMap<string, string>> {
    if (this.#settings.configEveryMs === null || this.#isForbidden) return new Map();
    try {
      const config = await this.#source.clusterAdmin.topicConfig(topic);
      return new Map([...config].filter(([name]) => !this.#settings.isOwnSetting(name)));
    } catch (error) {
      this.#tolerate(error, `The settings of ${topic} cannot be read at the source`);
      return new Map();
    }
  }

  /** Records matter more than settings: where the cluster forbids it, the copying goes on without. */
  #tolerate(error: unknown, what: string): void {
    if (!(error instanceof TributaryError) || error.kind === 'transient' || error.kind === 'bug') throw error;
    if (error.kind === 'fatal') this.#isForbidden = true;
    this.#context.log('warn', `${what}: ${error.message}`);
  }
}
