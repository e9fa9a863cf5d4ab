// Parts that stand beside the connectors: what processors find by name, what they add to HTTP and to the facts.
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { Backfills } from '../backfill/index.ts';
import { quoted, TributaryError } from '../core/errors.ts';
import type { Environment, Worker } from '../host/index.ts';
import { backfillResources } from '../http/backfill.ts';
import { BrazeStandIn } from '../http/braze-stand-in.ts';
import { ksqlApp } from '../http/ksql-app.ts';
import type { Resource } from '../http/rest-app.ts';
import { QueryEngine } from '../queries/index.ts';
import type { Adapters } from './adapters.ts';
import type { FactSources } from './facts.ts';
import { SharedWork } from './shared-work.ts';
import { backfillFacts, queryFacts } from './sql-facts.ts';
import { PRODUCT_VERSION } from './version.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** The services of a worker, started. */
export interface ServiceSet {
  readonly facts: FactSources;
  /** Served at the Connect listener. */
  readonly restResources: readonly Resource[];
  /** Answers the ksqlDB listener; null when there is none. */
  readonly ksqlApp: RequestListener | null;
  /** Takes a back-fill document as a file or `POST /backfills` holds it. */
  submitBackfill(job: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Starts them. Throws `transient` while something cannot be reached: what was started is closed again. */
export async function startServices(worker: Worker, adapters: Adapters, settings: WorkerSettings): Promise<ServiceSet> {
  const { environment } = worker;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closers.toReversed()) await step();
  };
  try {
    const standIn = await startStandIn(settings);
    if (standIn !== null) closers.push(() => standIn.close());
    const shared = new SharedWork(worker);
    const engine = await startEngine(environment, shared);
    closers.push(() => engine.close());
    const backfills = await startBackfills(environment, adapters, engine, shared);
    closers.push(() => backfills.stop());
    environment.services.provide('sql', engine);
    environment.services.provide('backfills', backfills);
    return {
      facts: { queries: () => queryFacts(engine), backfills: () => backfillFacts(backfills, engine) },
      restResources: backfillResources(backfills),
      ksqlApp: ksqlApp(engine, {
        version: PRODUCT_VERSION,
        address: environment.settings.workerId,
        kafkaClusterId: environment.settings.clusterId,
        serviceId: `${environment.settings.clusterId}_`,
        http: environment.http,
      }),
      submitBackfill: async (job) => {
        await backfills.submit(job);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startEngine(environment: Environment, shared: SharedWork): Promise<QueryEngine> {
  const { broker, registry, store, clock, logs, settings } = environment;
  const log = logs.logger('sql');
  const { seat } = shared;
  const group = seat === null ? null : { ...seat, hostId: settings.workerId, url: settings.advertisedKsqlUrl };
  const engine = new QueryEngine(
    { broker, registry, store, clock, log, random: () => Math.random(), group },
    { clusterId: settings.clusterId },
  );
  shared.queries = engine;
  try {
    await engine.start();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

async function startBackfills(
  environment: Environment,
  adapters: Adapters,
  engine: QueryEngine,
  shared: SharedWork,
): Promise<Backfills> {
  const { broker, registry, clock, logs, settings } = environment;
  const log = logs.logger('backfill');
  const backfills = new Backfills({
    broker,
    registry,
    queue: adapters.queue,
    clock,
    clusterId: settings.clusterId,
    folder: '.',
    group: shared.backfillSeat(),
    target: (name) => engine.targetOf(name),
    caughtUp: (table, signal) => engine.caughtUp(table, signal),
    log: (level, message, fields) => log[level](message, fields),
  });
  shared.backfills = backfills;
  await backfills.start();
  return backfills;
}

/** The stand-in for Braze, at the address of `braze.stand.in`; null when it is off. */
async function startStandIn(settings: WorkerSettings): Promise<BrazeStandIn | null> {
  const address = settings.parsed['braze.stand.in'] as string | null;
  if (address === null || address === '' || address === 'off') return null;
  const { hostname, port } = standInUrl(address);
  const standIn = new BrazeStandIn({
    host: hostname,
    port: Number(port),
    apiKey: process.env['BRAZE_API_KEY'] ?? 'stand-in-key',
    file: join(settings.parsed['data.dir'] as string, 'braze-stand-in.ndjson'),
  });
  try {
    await standIn.listen();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new TributaryError('TRIB_PORT_IN_USE', 'config', {
      what: `Port ${port} of the Braze stand-in is in use.`,
      where: `braze.stand.in=${address}`,
      fix: 'Stop what uses it, or set TRIB_BRAZE_STAND_IN and BRAZE_ENDPOINT to another address.',
      cause,
    });
  }
  return standIn;
}

/** The address of the stand-in. Throws `config`. */
export function standInUrl(address: string): URL {
  if (URL.canParse(address)) {
    const url = new URL(address);
    if (url.protocol === 'http:') return url;
  }
  throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
    what: `braze.stand.in is ${quoted(address)}, which is no http address.`,
    fix: 'Write e.g. http://127.0.0.1:8085 (TRIB_BRAZE_STAND_IN in the demo, and the same in BRAZE_ENDPOINT).',
  });
}
