import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG } from '../../../../connectors/braze-sink/config.ts';
import { BrazeSinkTask } from '../../../../connectors/braze-sink/task.ts';
import { MemoryStateStore } from '../../../../src/adapters/memory/state-store.ts';
import { ConnectRecord, TributaryError } from '../../../../src/connect/index.ts';
import { parseConfig } from '../../../../src/core/config/parse.ts';
import { fakeClock, fakeHttp, type RecordingContext, sinkContext } from '../../../support/fakes.ts';

const SUCCESS = { status: 201, headers: {}, body: '{"message":"success"}' };

async function started(context: RecordingContext, settings: Record<string, string> = {}): Promise<BrazeSinkTask> {
  const raw = { 'braze.endpoint': 'http://x', 'braze.api.key': 'k', 'braze.event.name': 'e', ...settings };
  const task = new BrazeSinkTask();
  await task.start(parseConfig(CONFIG, raw).values, raw, context);
  await task.open(['t-0']);
  return task;
}

function records(from: number, to: number, user: (offset: number) => string = String): ConnectRecord[] {
  return Array.from(
    { length: to - from },
    (_, i) =>
      new ConnectRecord({
        topic: 't',
        key: user(from + i),
        value: new Map([['n', from + i]]),
        timestampMs: 0,
        origin: { topic: 't', partition: 0, offset: from + i },
      }),
  );
}

const sizes = (bodies: readonly string[]) =>
  bodies.map((body) => (JSON.parse(body) as { events: unknown[] }).events.length);

async function settled(task: BrazeSinkTask): Promise<Map<string, number>> {
  for (let i = 0; i < 50; i++) await task.put([]);
  return (await task.preCommit(new Map([['t-0', 0]]))) as Map<string, number>;
}

test('records travel in full requests and all become committable', async () => {
  const http = fakeHttp(() => SUCCESS);
  const task = await started(sinkContext({ http }));

  await task.put(records(0, 200));

  assert.deepEqual(await settled(task), new Map([['t-0', 200]]));
  assert.deepEqual(sizes(http.bodies), [75, 75, 50]);
});

test('the objects of one user are never in two requests at once and keep their order', async () => {
  let open = 0;
  const seen: number[] = [];
  const http = fakeHttp((body) => {
    assert.equal(open, 0);
    open++;
    queueMicrotask(() => open--);
    for (const event of (JSON.parse(body) as { events: { properties: { n: number } }[] }).events)
      seen.push(event.properties.n);
    return SUCCESS;
  });
  const task = await started(sinkContext({ http }), { 'braze.objects.per.request': '2' });

  await task.put(records(0, 7, () => 'same'));
  await settled(task);

  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6]);
});

test('a rejected object is reported by its own record and the others are delivered', async () => {
  const http = fakeHttp(() => ({
    status: 201,
    headers: {},
    body: JSON.stringify({ message: 'success', errors: [{ type: 'bad one', input_array: 'events', index: 2 }] }),
  }));
  const context = sinkContext({ http });
  const task = await started(context);

  await task.put(records(10, 15));
  const committable = await settled(task);

  assert.deepEqual(
    context.rejected.map(({ offset }) => offset),
    [12],
  );
  assert.deepEqual(committable, new Map([['t-0', 15]]));
  assert.equal(context.counters.get('events_accepted'), 4);
});

test('a rejected object is reported with what Braze answered', async () => {
  const body = JSON.stringify({ message: 'odd', errors: [{ type: 'bad one', input_array: 'events', index: 0 }] });
  const http = fakeHttp(() => ({ status: 400, headers: {}, body }));
  const answers: unknown[] = [];
  const task = await started({ ...sinkContext({ http }), reject: (_record, _why, answer) => answers.push(answer) });

  await task.put(records(10, 11));
  await settled(task);

  assert.deepEqual(answers, [{ status: 400, body }]);
});

test('a lower limit is learnt from a refusal without losing or repeating an object', async () => {
  const taken: number[] = [];
  const http = fakeHttp((body) => {
    const { events } = JSON.parse(body) as { events: { properties: { n: number } }[] };
    if (events.length > 20) return { status: 400, headers: {}, body: '{"message":"Max input length exceeded"}' };
    taken.push(...events.map((event) => event.properties.n));
    return SUCCESS;
  });
  const task = await started(sinkContext({ http }));

  await task.put(records(0, 75));
  await settled(task);

  assert.deepEqual(
    taken.sort((a, b) => a - b),
    Array.from({ length: 75 }, (_, i) => i),
  );
});

test('a 429 waits as told and sends the same again', async () => {
  const http = fakeHttp((_, index) =>
    index === 0 ? { status: 429, headers: { 'x-ratelimit-retry-after': '2' }, body: '' } : SUCCESS,
  );
  const context = sinkContext({ http });
  const task = await started(context);

  await task.put(records(0, 3));
  await settled(task);

  assert.equal(http.bodies.length, 2);
  assert.equal(http.bodies[0], http.bodies[1]);
  assert.ok((context.clock as unknown as { slept: number[] }).slept.includes(2000));
});

test('a wrong key fails the task, commits nothing and does not show the key', async () => {
  const http = fakeHttp(() => ({ status: 401, headers: {}, body: '{"message":"Invalid API Key"}' }));
  const task = await started(sinkContext({ http }), { 'braze.api.key': 'very-secret' });

  await assert.rejects(
    async () => {
      await task.put(records(0, 3));
      await settled(task);
    },
    (error: TributaryError) => error.code === 'TRIB_BRAZE_UNAUTHORIZED' && !error.message.includes('very-secret'),
  );
});

test('after a kill, records whose answer was seen are not sent again', async () => {
  const store = new MemoryStateStore(fakeClock());
  const first = await started(sinkContext({ store }));
  await first.put(records(0, 10));
  await settled(first);
  const http = fakeHttp(() => SUCCESS);

  const second = await started(sinkContext({ store, http }));
  await second.put(records(0, 12));
  const committable = await settled(second);

  assert.deepEqual(sizes(http.bodies), [2]);
  assert.deepEqual(committable, new Map([['t-0', 12]]));
});

test('offsets never pass a record whose answer is missing', async () => {
  const http = { send: () => new Promise<never>(() => {}), close: async () => {} };
  const task = await started(sinkContext({ http }));

  await task.put(records(5, 8));

  assert.deepEqual(await task.preCommit(new Map([['t-0', 8]])), new Map([['t-0', 5]]));
});

test('a lost answer is sent again and counted', async () => {
  const lost = new TributaryError('TRIB_HTTP_RESET', 'transient', { what: 'The connection was reset.' });
  const http = fakeHttp((_, index) => (index === 0 ? lost : SUCCESS));
  const context = sinkContext({ http });
  const task = await started(context);

  await task.put(records(0, 2));
  await settled(task);

  assert.equal(http.bodies.length, 2);
  assert.equal(context.counters.get('events_sent_again'), 2);
});

test('while the state store is down nothing is sent twice, and delivery goes on when it is back', async () => {
  const taken: number[] = [];
  const http = fakeHttp((body) => {
    for (const { properties } of (JSON.parse(body) as { events: { properties: { n: number } }[] }).events)
      taken.push(properties.n);
    return SUCCESS;
  });
  const store = new MemoryStateStore(fakeClock());
  const write = store.write.bind(store);
  let fails = 3;
  store.write = async (...given) => {
    if (fails-- > 0) throw new TributaryError('TRIB_REDIS_UNREACHABLE', 'transient', { what: 'Redis is down.' });
    return write(...given);
  };
  const task = await started(sinkContext({ http, store }), { 'braze.objects.per.request': '5' });

  await task.put(records(0, 5));
  await task.put(records(5, 20));

  assert.deepEqual(await settled(task), new Map([['t-0', 20]]));
  assert.deepEqual(
    taken.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  );
});
