// Compares what was delivered with what had to be: in the stand-in for Braze and in the final topics.
import assert from 'node:assert/strict';
import type { BrazeStandIn } from '../../src/http/braze-stand-in.ts';
import { type Broker, partitionKey } from '../../src/ports/broker.ts';
import { expectedFirstOrders, expectedSignUps, expectedToggles } from './expected.ts';

/** Topics that hold the pipelines' results. */
export const FINAL_TOPICS = ['STREAM.EVENT.JOIN', 'STREAM.MIN_ORDER', 'STREAM.OPTION.CHANGED'] as const;

interface BrazeEvent {
  readonly external_id: string;
  readonly name: string;
  readonly time: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** Fails unless each expected event arrived; a repeat must come from a request whose answer was not handed over in time. */
export function assertDelivered(
  standIn: BrazeStandIn,
  excusedRequests: ReadonlySet<number>,
  about: (request: number) => string = () => '',
): { readonly repeats: number } {
  const first = new Map<string, number>();
  let repeats = 0;
  for (const { request, object } of standIn.accepted) {
    const identity = JSON.stringify(object);
    const before = first.get(identity);
    if (before === undefined) {
      first.set(identity, request);
      continue;
    }
    repeats++;
    assert.ok(
      !standIn.answered.has(before) || excusedRequests.has(before),
      `delivered again although request ${before} was answered${about(before)}: ${identity}`,
    );
    // A repeat may itself be repeated: the next one is judged against it.
    first.set(identity, request);
  }
  assertEvents([...first.keys()].map((text) => JSON.parse(text) as BrazeEvent));
  return { repeats };
}

function assertEvents(events: readonly BrazeEvent[]): void {
  const signUps = events.filter(({ name }) => name === 'event_signed_up');
  const wanted = expectedSignUps();
  assert.deepEqual(
    signUps.map(({ external_id, time }) => `${external_id} ${time}`).sort(),
    wanted.map(({ user, time }) => `${user} ${time}`).sort(),
  );
  const names = new Map(wanted.map(({ user, time, names: known }) => [`${user} ${time}`, known]));
  for (const { external_id, time, properties } of signUps)
    assert.ok(
      names.get(`${external_id} ${time}`)?.includes(String(properties?.['event'])),
      `the name of ${external_id} ${time}`,
    );
  assert.deepEqual(
    events
      .filter(({ name }) => name === 'first_order')
      .map(({ external_id }) => external_id)
      .sort(),
    expectedFirstOrders(),
  );
  const toggles = events.filter(({ name }) => name === 'option_changed');
  assert.deepEqual(
    toggles
      .map(({ external_id, properties }) => `${external_id} ${properties?.['option']} ${properties?.['enabled']}`)
      .sort(),
    expectedToggles()
      .map(({ user, option, enabled }) => `${user} ${option} ${enabled}`)
      .sort(),
  );
}

/** Fails unless the final topics, read committed, hold as many records as expected and none twice. */
export async function assertTopics(broker: Broker): Promise<void> {
  const [signUps, firstOrders, toggles] = await Promise.all(
    FINAL_TOPICS.map((topic) => committedRecords(broker, topic)),
  );
  assert.equal(firstOrders!.length, expectedFirstOrders().length, 'first orders in their topic');
  assert.equal(new Set(firstOrders).size, firstOrders!.length, 'a first order stands twice in its topic');
  assert.equal(signUps!.length, expectedSignUps().length, 'sign-ups in their topic');
  assert.equal(toggles!.length, expectedToggles().length, 'toggles in their topic');
}

/** Key and value text of all committed records of a topic. */
export async function committedRecords(broker: Broker, topic: string): Promise<string[]> {
  const info = await broker.topic(topic);
  assert.ok(info, `the topic ${topic} exists`);
  const partitions = Array.from({ length: info.partitions }, (_, partition) => partitionKey(topic, partition));
  const [from, ends] = await Promise.all([
    broker.offsets(partitions, 'earliest'),
    broker.offsets(partitions, 'stable'),
  ]);
  const reader = await broker.read(from, { isolation: 'committed' });
  const positions = new Map(from);
  const found: string[] = [];
  try {
    while (partitions.some((partition) => positions.get(partition)! < ends.get(partition)!)) {
      for (const records of await reader.poll(500)) {
        positions.set(partitionKey(records.topic, records.partition), records.nextOffset);
        for (let i = 0; i < records.count; i++) {
          const key = records.bytes.toString('utf8', Math.max(0, records.keyStarts[i]!), records.keyEnds[i]);
          const value = records.bytes.toString('utf8', Math.max(0, records.valueStarts[i]!), records.valueEnds[i]);
          found.push(`${key} ${value}`);
        }
      }
    }
  } finally {
    await reader.close();
  }
  return found;
}
