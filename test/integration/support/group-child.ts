// A member of a group in a process of its own, to be killed or held up: tells on each line what it is told, and how long its session
// surely stands.
import { kafkaBroker } from '../../../src/adapters/kafkajs/index.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import { NotingMember } from '../../ports/group-member.ts';

const [brokers, group, name, sessionTimeoutMs] = process.argv.slice(2) as [string, string, string, string];
const broker = await kafkaBroker({ clock: systemClock(), config: { 'bootstrap.servers': brokers } });
const member = await new NotingMember(name).join(broker, {
  group,
  protocol: 'test',
  sessionTimeoutMs: Number(sessionTimeoutMs),
  heartbeatIntervalMs: 1_000,
  rebalanceTimeoutMs: 60_000,
});
setInterval(() => {
  const assignment = member.assignments.at(-1)?.text ?? '';
  const { aliveUntilMs } = member.membership;
  const told = JSON.stringify({ atMs: Date.now(), assignment, losses: member.losses.length, aliveUntilMs });
  process.stdout.write(`${told}\n`);
}, 50);
