// The one place that picks adapters. They are loaded only when chosen.
import { join } from 'node:path';
import type { RegistryAccess } from '../adapters/registry/access.ts';
import type { LentPorts } from '../adapters/remote/index.ts';
import type { RawConfig } from '../core/config/define.ts';
import { TributaryError } from '../core/errors.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpClient } from '../ports/http-client.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** The outside, opened. */
export interface Adapters {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  registryOf(url: string | null, raw: RawConfig): SchemaRegistry;
  readonly store: StateStore;
  readonly queue: JobQueue;
  /** What stands behind each port, for people: `kafka 127.0.0.1:9092`, `embedded log`. */
  readonly names: Readonly<Record<'broker' | 'registry' | 'store', string>>;
  close(): Promise<void>;
}

/** The ports that a thread needs as well. */
export type Ports = Omit<Adapters, 'queue' | 'names'>;

/** What opening ports needs of the worker's settings. */
export type PortSettings = Pick<WorkerSettings, 'parsed' | 'raw' | 'host'>;

/** Opens what the settings name. Throws `transient` for what cannot be reached now: the caller tries again. */
export async function openAdapters(settings: WorkerSettings, http: HttpClient, clock: Clock): Promise<Adapters> {
  const ports = await openPorts(settings, { http, clock, lent: null });
  const folder = settings.parsed['data.dir'] as string;
  const brokers = settings.parsed['bootstrap.servers'] as string;
  const url = settings.parsed['schema.registry.url'] as string;
  const storeUrl = settings.parsed['state.store.url'] as string;
  let queue: JobQueue | null = null;
  try {
    const { clusterId } = settings.host;
    queue = await openQueue(storeUrl, folder, clusterId, clock);
    // What is down at start is waited for here, with one plain line of the caller's, and not by every task for itself. A queue that was
    // opened on a Redis that is down would stay broken, too.
    if (url !== 'embedded') await ports.registry.latest(`${clusterId}-start`);
    if (storeUrl !== 'lmdb') {
      await ports.store.peek(`${clusterId}-start`, 'start', [Buffer.from('start')]);
      await queue.get('start', 'start');
    }
    const opened = queue;
    return {
      ...ports,
      queue,
      names: {
        broker: brokers === 'embedded' ? `embedded log in ${join(folder, 'log')}` : `Kafka at ${brokers}`,
        registry: url === 'embedded' ? 'embedded' : withoutUser(url),
        store: storeUrl === 'lmdb' ? 'LMDB' : withoutUser(storeUrl),
      },
      close: async () => {
        await opened.close().catch(() => {});
        await ports.close();
      },
    };
  } catch (error) {
    await queue?.close().catch(() => {});
    await ports.close();
    throw error;
  }
}

/** Opens broker, registry and store. `lent`: those of this process, for a thread, which opens only what is a server. */
export async function openPorts(
  settings: PortSettings,
  { http, clock, lent }: { readonly http: HttpClient; readonly clock: Clock; readonly lent: LentPorts | null },
): Promise<Ports> {
  const folder = settings.parsed['data.dir'] as string;
  const { clusterId } = settings.host;
  const closers: (() => Promise<void>)[] = [];
  const opened = <T extends { close(): Promise<void> }>(port: T): T => {
    closers.unshift(() => port.close());
    return port;
  };
  const closeAll = async (): Promise<void> => {
    for (const close of closers) await close().catch(() => {});
  };
  try {
    const brokers = settings.parsed['bootstrap.servers'] as string;
    const broker =
      lent !== null && brokers === 'embedded'
        ? lent.broker
        : opened(await openBroker(brokers, folder, settings.raw, clock));
    const url = settings.parsed['schema.registry.url'] as string;
    const userInfo = settings.parsed['schema.registry.basic.auth.user.info'] as string | null;
    const registries = new Map<string, SchemaRegistry>();
    const openRegistry = await registryOpener(folder, http, clock, lent?.registry ?? null);
    const { accessSettings, registryAccess } = await import('../adapters/registry/access.ts');
    const registryAt = (at: string, user: string | null): SchemaRegistry => {
      const id = `${at} ${user ?? ''}`;
      let registry = registries.get(id);
      if (registry === undefined) {
        registry = opened(openRegistry(at, user));
        registries.set(id, registry);
      }
      return registry;
    };
    const registryWith = (at: string, own: RawConfig): SchemaRegistry => {
      const id = JSON.stringify([at, own]);
      let registry = registries.get(id);
      if (registry === undefined) {
        const access = registryAccess(at, own);
        registry = opened(openRegistry(at, null, access));
        registries.set(id, registry);
      }
      return registry;
    };
    // Only what says it is of the registry: `ssl.*` and `sasl.*` of the worker are of Kafka.
    const ofRegistry = Object.entries(settings.raw).filter(([name]) => name.startsWith('schema.registry.'));
    const way = accessSettings(Object.fromEntries(ofRegistry));
    const isPlain = Object.keys(way).every((name) => name === 'basic.auth.user.info') || url === 'embedded';
    // What asks this one tries again itself.
    const registry = isPlain ? registryAt(url, userInfo) : registryWith(url, { 'max.retries': '0', ...way });
    const storeUrl = settings.parsed['state.store.url'] as string;
    const store =
      lent !== null && storeUrl === 'lmdb' ? lent.store : opened(await openStore(storeUrl, folder, clusterId, clock));
    return {
      broker,
      registry,
      registryOf: (at, raw) => {
        const own = accessSettings({ 'sasl.jaas.config': settings.raw['sasl.jaas.config'] ?? null, ...raw });
        if (Object.keys(own).length === 0 && (at === null || at === url)) return registry;
        return (at ?? url) === 'embedded' ? registryAt('embedded', null) : registryWith(at ?? url, own);
      },
      store,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function openBroker(brokers: string, folder: string, raw: RawConfig, clock: Clock): Promise<Broker> {
  if (brokers === 'embedded') {
    const { embeddedBroker } = await import('../adapters/embedded-log/index.ts');
    return embeddedBroker({ dir: join(folder, 'log'), clock });
  }
  const { openKafka } = await import('./kafka.ts');
  return openKafka(brokers, raw, clock);
}

async function registryOpener(
  folder: string,
  http: HttpClient,
  clock: Clock,
  lent: SchemaRegistry | null,
): Promise<(url: string, userInfo: string | null, access?: RegistryAccess) => SchemaRegistry> {
  const [{ EmbeddedRegistry }, { ConfluentRegistry }, { lazyClient }] = await Promise.all([
    import('../adapters/registry/embedded.ts'),
    import('../adapters/registry/confluent.ts'),
    import('../adapters/http/lazy-client.ts'),
  ]);
  return (url, userInfo, access) => {
    if (url === 'embedded') return lent ?? new EmbeddedRegistry(join(folder, 'registry'));
    if (access === undefined)
      return new ConfluentRegistry({ url, http, clock, ...(userInfo === null ? {} : { userInfo }) });
    const { tls } = access;
    if (tls === null) return new ConfluentRegistry({ url, access, http, clock });
    return new ConfluentRegistry({ url, access, http: lazyClient({ tls }), ownsHttp: true, clock });
  };
}

async function openStore(url: string, folder: string, clusterId: string, clock: Clock): Promise<StateStore> {
  if (isRedis(url)) {
    const { RedisStateStore } = await import('../adapters/redis/state-store.ts');
    return new RedisStateStore({ url, clusterId });
  }
  if (url !== 'lmdb') {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `state.store.url is "${withoutUser(url)}".`,
      fix: 'Use "lmdb" or redis://host:port.',
    });
  }
  const { LmdbStateStore } = await import('../adapters/lmdb/state-store.ts');
  return new LmdbStateStore({ folder: join(folder, 'state'), clock });
}

/** The queue follows the state store. */
async function openQueue(url: string, folder: string, clusterId: string, clock: Clock): Promise<JobQueue> {
  if (isRedis(url)) {
    const { BullJobQueue } = await import('../adapters/bullmq/job-queue.ts');
    return new BullJobQueue({ url, clusterId, clock });
  }
  const { EmbeddedJobQueue } = await import('../adapters/embedded-queue/job-queue.ts');
  return new EmbeddedJobQueue({ folder: join(folder, 'jobs'), clock });
}

function isRedis(url: string): boolean {
  return /^rediss?:\/\//.test(url);
}

function withoutUser(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
