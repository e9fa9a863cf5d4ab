// Members of a group that are killed, held up, or cut off, over real Kafka: how soon the others go on, and that no two work at once.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kafkaBroker } from '../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Broker } from '../../src/ports/broker.ts';
import { agreed, NotingMember, until } from '../ports/group-member.ts';
import { cutProxy } from '../support/cut-proxy.ts';

const brokers = process.env['KAFKA_BROKERS'];
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
const CHILD = fileURLToPath(new URL('./support/group-child.ts', import.meta.url));

interface Told {
  readonly atMs: number;
  readonly assignment: string;
  readonly losses: number;
  readonly aliveUntilMs: number;
}

class Child {
  readonly process: ChildProcess;
  told: Told = { atMs: 0, assignment: '', losses: 0, aliveUntilMs: 0 };

  constructor(group: string, name: string) {
    const args = [CHILD, brokers!, group, name, String(SESSION_TIMEOUT_MS)];
    this.process = spawn(process.execPath, ['--conditions=source', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      this.told = JSON.parse(line) as Told;
    });
  }
}

if (brokers === undefined) test('group faults: Kafka', { skip: 'KAFKA_BROKERS is not set' });
else
  describe('group faults: Kafka', () => {
    const prefix = `gf-${process.pid}-${Date.now().toString(36)}-`;
    const [host, port] = brokers.split(':') as [string, string];
    const children: Child[] = [];
    let broker: Broker;
    let count = 0;

    before(async () => {
      broker = await open(brokers);
    });
    after(async () => {
      for (const child of children) child.process.kill('SIGKILL');
      await broker.close();
    });

    function open(at: string): Promise<Broker> {
      return kafkaBroker({ clock: systemClock(), config: { 'bootstrap.servers': at } });
    }

    function join(name: string, group: string, by: Broker = broker): Promise<NotingMember> {
      return new NotingMember(name).join(by, {
        group,
        protocol: 'test',
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
        rebalanceTimeoutMs: 60_000,
      });
    }

    function spawned(group: string, name: string): Child {
      const child = new Child(group, name);
      children.push(child);
      return child;
    }

    async function leave(...members: NotingMember[]): Promise<void> {
      for (const member of members) await member.membership.leave();
    }

    test('when the leader is killed the others go on once its session is over, under another leader', async (t) => {
      const group = `${prefix}${count++}`;
      const child = spawned(group, 'a');
      await until('the child leads', () => child.told.assignment !== '');
      const rest = [await join('b', group), await join('c', group)];
      await until('all three are in', () =>
        rest.every(({ assignments }) => / of a b c /.test(assignments.at(-1)?.text ?? '')),
      );
      const leader = rest[0]!.last.round.leaderId;

      const killedMs = Date.now();
      child.process.kill('SIGKILL');
      await agreed(rest);
      const tookMs = Date.now() - killedMs;

      t.diagnostic(`the others went on ${tookMs} ms after the kill, at a session time-out of ${SESSION_TIMEOUT_MS} ms`);
      assert.ok(tookMs < SESSION_TIMEOUT_MS + 2 * HEARTBEAT_INTERVAL_MS, `${tookMs} ms`);
      assert.notEqual(rest[0]!.last.round.leaderId, leader);
      assert.deepEqual(
        rest.map(({ losses }) => losses),
        [[], []],
      );
      await leave(...rest);
    });

    test('a process that is stopped for long finds its session over when it goes on, and comes back', async (t) => {
      const group = `${prefix}${count++}`;
      const rest = [await join('b', group), await join('c', group)];
      const child = spawned(group, 'a');
      await until('all three are in', () => / of a b c /.test(child.told.assignment));

      child.process.kill('SIGSTOP');
      // What it has told by now is all that it believed while it stood still.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { aliveUntilMs } = child.told;
      await agreed(rest);
      const wentOnMs = Date.now();
      child.process.kill('SIGCONT');
      await until('it was told', () => child.told.losses === 1);
      await until('it is back', () => / of a b c /.test(child.told.assignment) && child.told.aliveUntilMs > Date.now());

      t.diagnostic(`its session surely stood until ${wentOnMs - aliveUntilMs} ms before the others went on`);
      assert.ok(wentOnMs >= aliveUntilMs);
      await leave(...rest);
    });

    test('a member that is cut off hears of its loss at once when the session is over, and comes back when the cut is mended', async (t) => {
      const group = `${prefix}${count++}`;
      const proxy = await cutProxy(host, Number(port));
      const far = await open(`${host}:${proxy.port}`);
      const cut = await join('a', group, far);
      await agreed([cut]);
      const near = await join('b', group);
      await agreed([cut, near]);

      proxy.cut();
      const cutMs = Date.now();
      await until('it was told', () => cut.losses.length === 1);
      const lostMs = Date.now();
      await agreed([near]);
      const wentOnMs = Date.now();
      proxy.mend();
      await agreed([cut, near]);
      const backMs = Date.now();

      t.diagnostic(`lost ${lostMs - cutMs} ms after the cut, the other went on at ${wentOnMs - cutMs} ms`);
      t.diagnostic(`back ${backMs - wentOnMs} ms after the mending`);
      assert.ok(lostMs - cutMs <= SESSION_TIMEOUT_MS + 200, `told after ${lostMs - cutMs} ms`);
      assert.ok(lostMs <= wentOnMs);
      await leave(cut, near);
      await far.close();
      await proxy.close();
    });

    test('a short cut costs no session', async () => {
      const group = `${prefix}${count++}`;
      const proxy = await cutProxy(host, Number(port));
      const far = await open(`${host}:${proxy.port}`);
      const cut = await join('a', group, far);
      await agreed([cut]);
      const before = cut.membership.aliveUntilMs;

      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      proxy.mend();
      await until('heart-beats go on', () => cut.membership.aliveUntilMs > before + 4_000);

      assert.deepEqual([cut.losses, cut.assignments.length], [[], 1]);
      await leave(cut);
      await far.close();
      await proxy.close();
    });
  });
