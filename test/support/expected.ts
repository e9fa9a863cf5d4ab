// What the three pipelines of the demo must deliver, computed straight from the recorded events (in their JSON form) and the export files,
// with none of the product's code: plain maps and loops.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const ROOT = join(import.meta.dirname, '..', '..');

interface Envelope {
  readonly op: string;
  readonly after: Readonly<Record<string, unknown>> | null;
}

/** Envelopes of a recorded topic in recorded order; tombstones left out. 64-bit ids are kept as text. */
function envelopes(topic: string): Envelope[] {
  const text = readFileSync(join(ROOT, 'test', 'fixtures', 'debezium', 'json', `${topic}.ndjson`), 'utf8');
  const found: Envelope[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const { value } = JSON.parse(line) as { value: string | null };
    if (value === null) continue;
    // User ids beyond 2^53 must not pass through a double.
    const exact = Buffer.from(value, 'base64')
      .toString()
      .replace(/:(\d{16,})/g, ':"$1"');
    found.push((JSON.parse(exact) as { payload: Envelope }).payload);
  }
  return found;
}

export interface SignUp {
  readonly user: string;
  readonly time: string;
  /** Names the event has ever had: which one a sign-up got depends on when its event was renamed. */
  readonly names: readonly string[];
}

/** Pipeline 1: every sign-up (snapshot or insert) whose event ever got a name. */
export function expectedSignUps(): SignUp[] {
  const names = new Map<string, string[]>();
  for (const { after } of envelopes('EVENT_MYSQL.EVENT.NAME')) {
    if (after === null) continue;
    const known = names.get(String(after['id'])) ?? [];
    known.push(String(after['name']));
    names.set(String(after['id']), known);
  }
  const expected: SignUp[] = [];
  for (const { op, after } of envelopes('EVENT_MYSQL.EVENT.SUBMIT')) {
    if ((op !== 'r' && op !== 'c') || after === null || after['event_id'] === null) continue;
    const known = names.get(String(after['event_id']));
    if (known === undefined) continue;
    expected.push({
      user: String(after['user_id']),
      time: new Date(Number(BigInt(String(after['created_at'])) / 1000n)).toISOString(),
      names: known,
    });
  }
  return expected;
}

/** The exported smallest order ids by user. */
export function exportedOrders(): Map<string, bigint> {
  const folder = join(ROOT, 'config', 'demo', 'exports');
  const orders = new Map<string, bigint>();
  for (const file of readdirSync(folder)) {
    for (const line of gunzipSync(readFileSync(join(folder, file)))
      .toString()
      .split('\n')
      .slice(1)) {
      if (line === '') continue;
      const [user, order] = line.split(',');
      orders.set(user!, BigInt(order!));
    }
  }
  return orders;
}

/** Pipeline 2: users with a live order and no older one in the export. */
export function expectedFirstOrders(): string[] {
  const exported = exportedOrders();
  const smallest = new Map<string, bigint>();
  for (const { op, after } of envelopes('TRADE_MYSQL.TRADE.ORDER')) {
    if (op !== 'c' || after === null || after['user_id'] === null || after['order_id'] === null) continue;
    const user = String(after['user_id']);
    const order = BigInt(String(after['order_id']));
    const known = smallest.get(user);
    if (known === undefined || order < known) smallest.set(user, order);
  }
  return [...smallest]
    .filter(([user, order]) => (exported.get(user) ?? order) >= order)
    .map(([user]) => user)
    .sort();
}

export interface Toggle {
  readonly user: string;
  readonly option: string;
  readonly enabled: boolean;
}

/** Pipeline 3: real changes of (user, option), in their order; snapshot rows set the state silently, deletes do not touch it. */
export function expectedToggles(): Toggle[] {
  const standing = new Map<string, boolean>();
  const expected: Toggle[] = [];
  for (const { op, after } of envelopes('MEMBER_MYSQL.MEMBER.OPTION')) {
    if (after === null || after['user_id'] === null || !['r', 'c', 'u'].includes(op)) continue;
    const user = String(after['user_id']);
    const option = String(after['option_key']);
    const enabled = Number(after['enabled']) !== 0;
    const key = `${user}|${option}`;
    if (op !== 'r' && standing.get(key) !== enabled) expected.push({ user, option, enabled });
    standing.set(key, enabled);
  }
  return expected;
}
