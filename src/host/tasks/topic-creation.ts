// Topics that a source connector writes to are made when they are missing, as `topic.creation.…` says.

import { validRegex } from '../../core/config/checks.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { invalid, parseSetting } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import { compileFullMatch } from '../../core/java/regex.ts';
import type { Broker, TopicSpec } from '../../ports/broker.ts';

const PREFIX = 'topic.creation.';

interface Group {
  readonly include: readonly RegExp[];
  readonly exclude: readonly RegExp[];
  readonly settings: Readonly<Record<string, string>>;
}

const OWN_KEYS = new Set(['include', 'exclude', 'partitions', 'replication.factor']);

/** Makes topics for one connector and knows their partition counts. */
export class TopicCreation {
  readonly #broker: Broker;
  readonly #groups: readonly Group[];
  readonly #fallback: Readonly<Record<string, string>>;
  readonly #enabled: boolean;
  readonly #known = new Map<string, number>();

  /** Throws `config` when a group cannot work. */
  constructor(broker: Broker, raw: RawConfig, enabled: boolean) {
    checkGroups(raw);
    this.#broker = broker;
    this.#enabled = enabled;
    this.#fallback = settingsOf(raw, 'default');
    const names = parseSetting('LIST', raw['topic.creation.groups'] ?? '') as readonly string[];
    this.#groups = names.filter((name) => name !== 'default').map((name) => groupOf(raw, name, this.#fallback));
  }

  /** Partition count of a known topic, without waiting; undefined when `ensure` must be called first. */
  partitions(topic: string): number | undefined {
    return this.#known.get(topic);
  }

  /** Finds the topic, or makes it. Throws `fatal` when there is none and none may be made. */
  async ensure(topic: string): Promise<void> {
    let info = await this.#broker.topic(topic);
    if (info === null && this.#enabled) {
      await this.#broker.createTopics([this.#specOf(topic)]);
      info = await this.#broker.topic(topic);
    }
    if (info === null) {
      throw new TributaryError('TRIB_TOPIC_MISSING', 'fatal', {
        what: `Topic "${topic}" does not exist.`,
        fix: 'Make it, or set "topic.creation.enable" of the worker to true.',
      });
    }
    this.#known.set(topic, info.partitions);
  }

  #specOf(name: string): TopicSpec {
    const group = this.#groups.find(
      ({ include, exclude }) => include.some((rule) => rule.test(name)) && !exclude.some((rule) => rule.test(name)),
    );
    const settings = group?.settings ?? this.#fallback;
    // What is not said is the broker's choice, as when it makes the topic by itself.
    const partitions = Number(settings['partitions'] ?? -1);
    const replication = Number(settings['replication.factor'] ?? -1);
    const config = Object.fromEntries(Object.entries(settings).filter(([key]) => !OWN_KEYS.has(key)));
    return {
      name,
      partitions,
      replication,
      ...(Object.keys(config).length > 0 ? { config } : {}),
    };
  }
}

/** What is wrong with the settings of groups, by setting, in Connect's words: the reference only finds it in the task. */
export function topicCreationFaults(raw: RawConfig): Readonly<Record<string, readonly string[]>> {
  const faults: Record<string, string[]> = {};
  const add = (name: string, message: string) => {
    faults[name] = [...(faults[name] ?? []), message];
  };
  const given = parseSetting('LIST', raw[`${PREFIX}groups`] ?? '');
  for (const group of new Set(['default', ...(given as readonly string[])])) {
    const prefix = `${PREFIX}${group}.`;
    for (const [key, type] of [
      ['partitions', 'INT'],
      ['replication.factor', 'SHORT'],
    ] as const) {
      const text = raw[prefix + key];
      if (text === undefined || text === null) continue;
      const value = parseSetting(type, text);
      if (value === undefined) add(prefix + key, invalid(prefix + key, text, `Not a number of type ${type}`));
      else if (value !== -1 && Number(value) < 1) {
        add(prefix + key, invalid(prefix + key, value, 'Value must be at least 1, or -1 for the broker’s default'));
      }
    }
    if (group !== 'default') checkRules(raw, prefix, add);
  }
  return faults;
}

function checkRules(raw: RawConfig, prefix: string, add: (name: string, message: string) => void): void {
  for (const name of [`${prefix}include`, `${prefix}exclude`]) {
    for (const rule of parseSetting('LIST', raw[name] ?? '') as readonly string[]) {
      const wrong = validRegex(rule, name);
      if (wrong !== null) add(name, invalid(name, rule, wrong));
    }
  }
}

/** Throws `config` for the first group that cannot work. */
export function checkGroups(raw: RawConfig): void {
  const [fault] = Object.values(topicCreationFaults(raw)).flat();
  if (fault !== undefined) throw new TributaryError('TRIB_CONFIG_INVALID', 'config', { what: fault });
  for (const group of parseSetting('LIST', raw[`${PREFIX}groups`] ?? '') as readonly string[]) {
    const name = `${PREFIX}${group}.include`;
    if (group === 'default' || (raw[name] ?? '').trim() !== '') continue;
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `Missing required configuration "${name}" which has no default value.`,
      fix: `Say which topics belong to the group "${group}", as regular expressions.`,
    });
  }
}

function groupOf(raw: RawConfig, name: string, fallback: Readonly<Record<string, string>>): Group {
  const settings = { ...fallback, ...settingsOf(raw, name) };
  const rules = (key: string) => (parseSetting('LIST', settings[key] ?? '') as readonly string[]).map(compileFullMatch);
  return { include: rules('include'), exclude: rules('exclude'), settings };
}

function settingsOf(raw: RawConfig, group: string): Record<string, string> {
  const prefix = `${PREFIX}${group}.`;
  const settings: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (key.startsWith(prefix) && value !== null) settings[key.slice(prefix.length)] = value;
  }
  return settings;
}
