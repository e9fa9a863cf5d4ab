// The host is killed (SIGKILL) at random moments while data flows; Redis is emptied and the broker restarted in between. In the end
// the final topics and the Braze stand-in hold each expected event: none lost, none twice in topics, repeats at Braze only where an answer was lost.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { embeddedBroker } from '../../src/adapters/embedded-log/index.ts';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { BrazeStandIn } from '../../src/http/braze-stand-in.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { assertDelivered, assertTopics } from '../support/delivered.ts';
import { type DemoHost, type DemoSettings, startDemo } from '../support/demo-host.ts';
import { demoServices, emptyRedis, forgetDemo, realServices } from '../support/services.ts';

const KILLS = 20;
/**
 * An answer that was handed over this short a time before the kill may not have been read. On a busy machine a process waits longer
 * for its turn: what this process had to wait since the last kill is added.
 */
const ANSWER_IN_FLIGHT_MS = 25;
/** Who loses Redis together with the process is left with what was committed in Kafka: the commit follows an answer at once, in two round trips. */
const COMMIT_IN_FLIGHT_MS = 75;

/** Small seeded generator, so that a failing run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Fault {
  readonly afterKill: number;
  /** Empties the store that holds what was delivered. */
  readonly losesStore?: true;
  act(): Promise<void>;
}

async function survive(
  services: Readonly<Record<string, string>>,
  faults: readonly Fault[],
  openBroker: (dataDir: string) => Promise<Broker>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'trib-faults-'));
  const seed = Number(process.env['TRIB_SEED'] ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  const answeredAtMs = new Map<number, number>();
  const excused = new Set<number>();
  const nextKill = new Map<number, string>();
  const standIn = new BrazeStandIn({
    port: 0,
    host: '127.0.0.1',
    apiKey: 'stand-in-key',
    file: null,
    onAnswered: (request) => answeredAtMs.set(request, Date.now()),
  });
  const settings: DemoSettings = {
    dataDir,
    clusterId: 'faults',
    brazeEndpoint: await standIn.listen(),
    replayRecords: 2,
    replayPauseMs: 40,
    services,
  };
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  let host: DemoHost | null = null;
  try {
    for (let kill = 1; kill <= KILLS; kill++) {
      host = startDemo(settings);
      await ready(host);
      await pause(50 + random() * 900);
      host.process.kill('SIGKILL');
      const killedAtMs = Date.now();
      await host.ended;
      const losesStore = faults.some((fault) => fault.afterKill === kill && fault.losesStore === true);
      const inFlightMs = ANSWER_IN_FLIGHT_MS + (losesStore ? COMMIT_IN_FLIGHT_MS : 0) + turns.max / 1e6;
      turns.reset();
      for (const [request, atMs] of answeredAtMs)
        if (!nextKill.has(request)) nextKill.set(request, `${killedAtMs - atMs} ms before kill ${kill}`);
      for (const [request, atMs] of answeredAtMs) if (killedAtMs - atMs < inFlightMs) excused.add(request);
      for (const fault of faults) if (fault.afterKill === kill) await fault.act();
    }
    host = startDemo({ ...settings, replayRecords: 500, replayPauseMs: 0 }, ['--until-caught-up']);
    assert.equal(await host.ended, 0, `seed ${seed}: the last run ends well\n${host.output().slice(-4000)}`);
    const { repeats } = assertDelivered(standIn, excused, (request) => ` ${nextKill.get(request)}`);
    const broker = await openBroker(dataDir);
    try {
      await assertTopics(broker);
    } finally {
      await broker.close();
    }
    process.stderr.write(
      `seed ${seed}: ${KILLS} kills, ${standIn.accepted.length} events accepted, ${repeats} repeated after a lost answer\n`,
    );
  } catch (error) {
    process.stderr.write(`seed ${seed}\n${host?.output().slice(-3000) ?? ''}\n`);
    throw error;
  } finally {
    host?.process.kill('SIGKILL');
    turns.disable();
    await standIn.close();
    if (process.env['TRIB_KEEP'] === undefined) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Waits until the host serves. */
async function ready(host: DemoHost): Promise<void> {
  const sinceMs = Date.now();
  while (!host.output().includes('Connect REST')) {
    if (host.process.exitCode !== null || Date.now() - sinceMs > 60_000)
      throw new Error(`the host did not start:\n${host.output()}`);
    await pause(20);
  }
}

test('20 kills on the embedded adapters lose nothing and repeat nothing', { timeout: 300_000 }, async () => {
  const clock = systemClock();

  await survive({}, [], (dataDir) => embeddedBroker({ dir: join(dataDir, 'log'), clock }));
});

test('20 kills, an emptied Redis and a broker restart on real services lose nothing and repeat nothing', {
  skip: realServices() ? false : 'set KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL and TRIB_SERVICES',
  timeout: 420_000,
}, async () => {
  const services = demoServices();
  const clock = systemClock();
  const connect = () => kafkaBroker({ config: { 'bootstrap.servers': services['KAFKA_BROKERS']! }, clock });
  await forgetDemo(await connect(), 'faults');
  const restartBroker = async () => {
    execFileSync(`${process.env['TRIB_SERVICES']}/down`, ['kafka'], { stdio: 'ignore' });
    execFileSync(`${process.env['TRIB_SERVICES']}/up`, ['kafka'], { stdio: 'ignore' });
  };

  await survive(
    services,
    [
      { afterKill: 5, losesStore: true, act: emptyRedis },
      { afterKill: 10, act: restartBroker },
      { afterKill: 14, losesStore: true, act: emptyRedis },
    ],
    connect,
  );
});
