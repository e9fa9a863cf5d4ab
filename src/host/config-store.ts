// What connectors there are, kept in a compacted topic with Kafka Connect's record forms, so that state can be moved between
// the two in both directions.
//
// Law: one writer at a time. Every change is one transaction under a fixed id, so a host that was taken over cannot write, and
// a task set is seen whole or not at all. Memory follows only after the commit.
import type { RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Broker, TransactionalProducer } from '../ports/broker.ts';
import { readWhole } from './compacted-topic.ts';
import type { TargetState } from './states.ts';

/** What is stored of a connector. Secrets stand as they were given: references are not resolved here. */
export interface StoredConnector {
  readonly name: string;
  readonly config: RawConfig;
  readonly target: TargetState;
  readonly tasks: readonly RawConfig[];
}

interface Draft {
  config: RawConfig | null;
  target: TargetState;
  tasks: readonly RawConfig[];
  pending: Map<number, RawConfig>;
}

export class ConfigStore {
  readonly #broker: Broker;
  readonly #topic: string;
  readonly #transactionalId: string;
  readonly #replication: number;
  readonly #drafts = new Map<string, Draft>();
  #producer: TransactionalProducer | null = null;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(
    broker: Broker,
    options: { readonly topic: string; readonly transactionalId: string; readonly replication: number },
  ) {
    this.#broker = broker;
    this.#topic = options.topic;
    this.#transactionalId = options.transactionalId;
    this.#replication = options.replication;
  }

  /** Takes the store over (fencing an older host) and reads it. */
  async open(): Promise<void> {
    const config = { 'cleanup.policy': 'compact' };
    const spec = {
      name: this.#topic,
      partitions: 1,
      ...(this.#replication > 0 ? { replication: this.#replication } : {}),
      config,
    };
    await this.#broker.createTopics([spec]);
    this.#producer = await this.#broker.transact(this.#transactionalId);
    await readWhole(this.#broker, spec, (key, value) => this.#fold(key, value));
  }

  list(): readonly StoredConnector[] {
    return [...this.#drafts].flatMap(([name, draft]) =>
      draft.config === null ? [] : [{ name, config: draft.config, target: draft.target, tasks: draft.tasks }],
    );
  }

  /** Creates or replaces; with `target` the target state is written before the config, in the same transaction. */
  putConnector(name: string, config: RawConfig, target: TargetState | null): Promise<void> {
    const entries: Entry[] = [];
    if (target !== null) entries.push(targetEntry(name, target));
    entries.push([`connector-${name}`, { properties: config }]);
    return this.#write(entries);
  }

  putTarget(name: string, target: TargetState): Promise<void> {
    const entries: Entry[] = target === 'STOPPED' ? [[`commit-${name}`, { tasks: 0 }]] : [];
    return this.#write([...entries, targetEntry(name, target)]);
  }

  putTasks(name: string, tasks: readonly RawConfig[]): Promise<void> {
    const entries: Entry[] = tasks.map((properties, index) => [`task-${name}-${index}`, { properties }]);
    return this.#write([...entries, [`commit-${name}`, { tasks: tasks.length }]]);
  }

  remove(name: string): Promise<void> {
    return this.#write([
      [`connector-${name}`, null],
      [`target-state-${name}`, null],
    ]);
  }

  async close(): Promise<void> {
    await this.#writes.catch(() => {});
    await this.#producer?.close();
    this.#producer = null;
  }

  /** Writes are queued: the producer has one owner and one transaction at a time. */
  #write(entries: readonly Entry[]): Promise<void> {
    const next = this.#writes.then(() => this.#commitSurely(entries));
    this.#writes = next.catch(() => {});
    return next;
  }

  /** A commit of unknown outcome is done again: the entries are absolute, so twice is as good as once. */
  async #commitSurely(entries: readonly Entry[]): Promise<void> {
    try {
      await this.#commit(entries);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.code !== 'TRIB_TRANSACTION_IN_DOUBT') throw error;
      await this.#producer?.close().catch(() => {});
      this.#producer = await this.#broker.transact(this.#transactionalId);
      await this.#commit(entries);
    }
  }

  async #commit(entries: readonly Entry[]): Promise<void> {
    const producer = this.#producer;
    if (producer === null) {
      throw new TributaryError('TRIB_HOST_CLOSED', 'transient', {
        what: 'The config topic is not open: the host is starting or shutting down.',
      });
    }
    producer.begin();
    try {
      const lane = producer.lane(this.#topic, 0);
      for (const [key, value] of entries) {
        const keyBytes = Buffer.from(key);
        const valueBytes = value === null ? null : Buffer.from(JSON.stringify(value));
        lane.append(-1, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes?.length ?? 0, null);
      }
      await producer.commit(null, new Map());
    } catch (error) {
      await producer.abort().catch(() => {});
      throw error;
    }
    for (const [key, value] of entries) this.#fold(key, value === null ? null : JSON.stringify(value));
  }

  #fold(key: string, text: string | null): void {
    const value = text === null ? null : parsed(text);
    if (key.startsWith('connector-')) this.#draft(key.slice(10)).config = propertiesOf(value);
    else if (key.startsWith('target-state-')) this.#draft(key.slice(13)).target = targetOf(value);
    else if (key.startsWith('task-')) this.#foldTask(key.slice(5), value);
    else if (key.startsWith('commit-')) this.#foldCommit(key.slice(7), value);
  }

  #foldTask(id: string, value: unknown): void {
    const dash = id.lastIndexOf('-');
    const properties = propertiesOf(value);
    if (properties !== null) this.#draft(id.slice(0, dash)).pending.set(Number(id.slice(dash + 1)), properties);
  }

  /** Task records count only once a commit names how many there are. */
  #foldCommit(name: string, value: unknown): void {
    const draft = this.#draft(name);
    const count = isObject(value) && typeof value['tasks'] === 'number' ? value['tasks'] : 0;
    const tasks = Array.from({ length: count }, (_, index) => draft.pending.get(index));
    draft.tasks = tasks.every((task) => task !== undefined) ? tasks : [];
    draft.pending = new Map(draft.tasks.entries());
  }

  #draft(name: string): Draft {
    let draft = this.#drafts.get(name);
    if (draft === undefined) {
      draft = { config: null, target: 'STARTED', tasks: [], pending: new Map() };
      this.#drafts.set(name, draft);
    }
    return draft;
  }
}

type Entry = readonly [key: string, value: object | null];

/** `state` is what old workers read: they know no STOPPED. */
function targetEntry(name: string, target: TargetState): Entry {
  return [`target-state-${name}`, { state: target === 'STOPPED' ? 'PAUSED' : target, 'state.v2': target }];
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
