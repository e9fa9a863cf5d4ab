// Several workers in one group over one in-memory broker. Calls between them go from object to object.
import type { EmbeddedMembership } from '../../src/adapters/embedded-log/group.ts';
import { memoryBroker } from '../../src/adapters/embedded-log/index.ts';
import type { PluginDef } from '../../src/connect/index.ts';
import type { GroupSettings, HostSettings } from '../../src/host/environment.ts';
import { ALGORITHM_HEADER, SIGNATURE_HEADER } from '../../src/host/index.ts';
import type { Broker, Reader } from '../../src/ports/broker.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { HttpAnswer, HttpClient } from '../../src/ports/http-client.ts';
import { type HostWorld, hostWorld } from './host-world.ts';
import { turningClock } from './turning-clock.ts';

/** One worker of the group. */
export interface ClusterNode extends HostWorld {
  readonly id: string;
  /** As if the topics could not be read for a while. */
  readonly reading: { paused: boolean };
  /** As if the process stood still; `resume` wakes it. */
  stall(): void;
  resume(): void;
  /** As if the process had been killed: it is never heard of again. */
  kill(): void;
}

export interface ClusterWorld {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodes: ClusterNode[];
  /** Calls between workers, in order: `POST /connectors/a/tasks`. */
  readonly calls: string[];
  /** Another worker joins, with plugins of its own; at an address of its own unless one is given. */
  join(plugins: readonly PluginDef[], settings?: Partial<GroupSettings>, address?: string): Promise<ClusterNode>;
  leader(): ClusterNode;
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
}

const GROUP: GroupSettings = {
  id: 'test',
  sessionTimeoutMs: 10_000,
  heartbeatIntervalMs: 3000,
  rebalanceTimeoutMs: 60_000,
  maxDelayMs: 0,
  handsOver: false,
  syncTimeoutMs: 3000,
  unsyncBackoffMs: 300_000,
  keyTtlMs: 3_600_000,
};

export function clusterWorld(settings: Partial<HostSettings> = {}): ClusterWorld {
  const clock = turningClock();
  const broker = memoryBroker(clock);
  const nodes: ClusterNode[] = [];
  let port = 9001;
  const calls: string[] = [];
  const http: HttpClient = { send: (request) => called(nodes, calls, request), close: async () => {} };
  return {
    broker,
    clock,
    nodes,
    calls,
    join: async (plugins, group = {}, address = `localhost:${port++}`) => {
      const id = address;
      const reading = { paused: false };
      const seen = seenBroker(broker, clock, reading);
      const world = await hostWorld(plugins, {
        broker: seen.broker,
        clock,
        http,
        settings: { workerId: id, advertisedUrl: `http://${id}`, ...settings, group: { ...GROUP, ...group } },
      });
      const node: ClusterNode = {
        ...world,
        ...{ id, reading },
        stall: () => seen.member().stall(),
        resume: () => seen.member().resume(),
        kill: () => {
          seen.member().stall();
          nodes.splice(nodes.indexOf(node), 1);
        },
      };
      nodes.push(node);
      return node;
    },
    leader: () => nodes.find(({ worker }) => worker.isLeader)!,
    until: (what, holds) => nodes[0]!.until(what, holds),
  };
}

/** The broker, with a grip on the membership that is taken through it. */
function seenBroker(
  broker: Broker,
  clock: Clock,
  reading: { readonly paused: boolean },
): { readonly broker: Broker; member(): EmbeddedMembership } {
  let member: EmbeddedMembership | null = null;
  const seen = Object.create(broker) as Broker;
  seen.join = async (options, handler) => {
    member = (await broker.join(options, handler)) as EmbeddedMembership;
    return member;
  };
  seen.read = async (from, options) => {
    const reader = await broker.read(from, options);
    const held = Object.create(reader) as Reader;
    held.poll = async (maxWaitMs) => {
      const records = await reader.poll(maxWaitMs);
      // What was read while reading is held up comes when it goes on.
      while (reading.paused) await clock.sleep(100);
      return records;
    };
    held.close = () => reader.close();
    return held;
  };
  return { broker: seen, member: () => member! };
}

async function called(
  nodes: readonly ClusterNode[],
  calls: string[],
  request: Parameters<HttpClient['send']>[0],
): Promise<HttpAnswer> {
  const url = new URL(request.url);
  const node = nodes.find(({ id }) => id === url.host);
  if (node === undefined) throw new Error(`There is no worker at ${url.host}.`);
  calls.push(`${request.method} ${url.pathname}`);
  const [, , name = '', what] = url.pathname.split('/').map(decodeURIComponent);
  const body = Buffer.from(request.body ?? '');
  const { worker } = node;
  const fault = worker.signatureFault(body, request.headers[SIGNATURE_HEADER], request.headers[ALGORITHM_HEADER]);
  if (fault !== null) return { status: fault.status, headers: {}, body: fault.message };
  if (what === 'tasks') await worker.takeTasks(name, JSON.parse(body.toString()));
  else await worker.fence(name);
  return { status: 204, headers: {}, body: '' };
}
