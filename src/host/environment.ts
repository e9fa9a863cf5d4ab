// What the host is given by whoever wires it: ports, plugins, settings, and the services it hands on to processors.
import type { ParsedConfig, RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Logs } from '../core/log.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Redactor } from '../core/redact.ts';
import type { PluginRegistry } from '../plugins/registry.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpClient } from '../ports/http-client.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Providers } from './secrets/providers.ts';
import type { StoreTopic } from './stores/store-topic.ts';
import type { Isolation } from './tasks/isolation.ts';

/** Everything from outside that the host uses. Made once, in `wiring.ts`; the host closes none of it. */
export interface Environment {
  readonly broker: Broker;
  /** Another cluster by Kafka's client settings; null: they name none, so the host's own is meant. The caller closes it. */
  openBroker(raw: RawConfig): Promise<Broker | null>;
  readonly registry: SchemaRegistry;
  /** A registry by URL and settings of a converter; null: the host's own. */
  registryOf(url: string | null, raw: RawConfig): SchemaRegistry;
  readonly store: StateStore;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly plugins: PluginRegistry;
  readonly providers: Providers;
  readonly redactor: Redactor;
  readonly logs: Logs;
  readonly metrics: Metrics;
  readonly services: Services;
  readonly settings: HostSettings;
  /** Absent: everything runs on this thread. */
  readonly isolation?: Isolation;
}

/** How this worker finds the others and shares the work with them. */
export interface GroupSettings {
  /** `group.id`. */
  readonly id: string;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  /** `scheduled.rebalance.max.delay.ms`: how long the work of a worker that went away is kept for it. */
  readonly maxDelayMs: number;
  /** `shutdown.hand.over.enable`: a worker that is shut down does not come back, so its work is handed on at once. */
  readonly handsOver: boolean;
  /** `worker.sync.timeout.ms`: within this time the config topic must be read as far as the leader has. */
  readonly syncTimeoutMs: number;
  /** `worker.unsync.backoff.ms`: how long a worker that could not stays away. */
  readonly unsyncBackoffMs: number;
  /** `inter.worker.key.ttl.ms`. */
  readonly keyTtlMs: number;
}

/** Worker settings as the host uses them. */
export interface HostSettings {
  readonly clusterId: string;
  /** `host:port` shown as `worker_id`. */
  readonly workerId: string;
  readonly keyConverter: string;
  readonly valueConverter: string;
  readonly headerConverter: string;
  /** The worker's settings as given: converters inherit `key.converter.…` and so on from here. */
  readonly raw: RawConfig;
  /** The topics that hold configs, source offsets and states. */
  readonly stores: { readonly config: StoreTopic; readonly offsets: StoreTopic; readonly status: StoreTopic };
  /** Of other internal topics; -1: the broker's default. */
  readonly replication: number;
  /** Null: this host stands alone and owns all work. */
  readonly group: GroupSettings | null;
  /** Where other workers, and clients sent on by them, reach this one. */
  readonly advertisedUrl: string;
  readonly advertisedKsqlUrl: string | null;
  /** What transactional ids of tasks begin with: `group.id`, or `cluster.id` of a host that stands alone. */
  readonly transactionalPrefix: string;
  readonly offsetFlushIntervalMs: number;
  readonly shutdownTimeoutMs: number;
  /** Sources write records and offsets in one transaction; else at least once, without control records in their topics. */
  readonly exactlyOnceSources: boolean;
  /** Whether connectors and task sets may be stored without transactions where the broker does not allow them. */
  readonly leaderTransactions: 'required' | 'preferred';
  readonly topicCreation: boolean;
  readonly topicTracking: boolean;
  readonly topicTrackingReset: boolean;
  readonly overridePolicy: 'All' | 'None' | 'Principal' | 'Allowlist';
  /** Default of `task.restart.enable` of connectors. */
  readonly taskRestart: boolean;
}

/** Parts of the product that processors find by name, e.g. `sql`, `backfills`. */
export class Services {
  readonly #services = new Map<string, unknown>();

  provide(name: string, service: unknown): void {
    this.#services.set(name, service);
  }

  /** Throws `notFound`. */
  get(name: string): unknown {
    const service = this.#services.get(name);
    if (service !== undefined) return service;
    throw new TributaryError('TRIB_SERVICE_UNKNOWN', 'notFound', {
      what: `This host has no service "${name}".`,
      fix: `It has: ${[...this.#services.keys()].join(', ') || 'none'}.`,
    });
  }
}

/** A connector's settings in both forms: as given to plugins (references resolved) and parsed by its definition. */
export interface ResolvedConfig {
  readonly raw: RawConfig;
  readonly parsed: ParsedConfig;
}

/** The id that all copies of a task share: opening it fences the older ones. */
export function taskTransactionalId(settings: HostSettings, connector: string, task: number): string {
  return `${settings.transactionalPrefix}-${connector}-${task}`;
}
