import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import { TributaryError } from '../../../src/core/errors.ts';
import type { Broker, Reader } from '../../../src/ports/broker.ts';
import { CommandLog } from '../../../src/queries/command-log.ts';
import type { LogEntry } from '../../../src/queries/log-entry.ts';
import { type Faults, faultyBroker } from '../../support/faulty-ports.ts';
import { turningClock } from '../../support/turning-clock.ts';

const ENTRY = {
  commandId: 'type/T/create',
  statement: 'CREATE TYPE T AS INT;',
  properties: {},
  owner: null,
  paused: [],
};
const COMMANDS = [{ kind: 'putType', name: 'T', type: { base: 'INTEGER' } }] as const;
const OTHER = { ...ENTRY, commandId: 'type/U/create', commands: COMMANDS };

interface Opened {
  readonly log: CommandLog;
  readonly seen: { readonly offset: number; readonly entry: LogEntry }[];
}

async function opened(broker: Broker, shared: boolean): Promise<Opened> {
  const seen: Opened['seen'] = [];
  const log = new CommandLog({
    broker,
    clock: turningClock(),
    clusterId: 'trib',
    shared,
    onEntry: (offset, entry) => seen.push({ offset, entry }),
  });
  after(() => log.close());
  await log.open();
  return { log, seen };
}

test('what was appended is read back in order with its offsets', async () => {
  const broker = memoryBroker(turningClock());
  const { log } = await opened(broker, false);
  const first = await log.append({ ...ENTRY, commands: COMMANDS }, -1);
  const drop = { ...ENTRY, commandId: 'type/T/drop', commands: [{ kind: 'dropType', name: 'T' }] as const };
  const second = await log.append(drop, first);

  const { seen } = await opened(broker, false);

  assert.deepEqual(
    seen.map(({ offset, entry }) => [offset, entry.commandId, entry.commands]),
    [
      [first, 'type/T/create', COMMANDS],
      [second, 'type/T/drop', [{ kind: 'dropType', name: 'T' }]],
    ],
  );
});

test('an entry that was bound before another host wrote is refused, and the writer has read the other then', async () => {
  const broker = memoryBroker(turningClock());
  const one = await opened(broker, true);
  const two = await opened(broker, true);
  await one.log.append({ ...ENTRY, commands: COMMANDS }, -1);

  await assert.rejects(two.log.append(OTHER, -1), { code: 'TRIB_COMMAND_OVERTAKEN' });

  assert.deepEqual(
    two.seen.map(({ entry }) => entry.commandId),
    ['type/T/create'],
  );
  await two.log.append(OTHER, two.seen[0]!.offset);
  await one.log.sync();
  assert.deepEqual(
    one.seen.map(({ entry }) => entry.commandId),
    ['type/T/create', 'type/U/create'],
  );
});

test('a host that has lost the log to another notices when it writes', async () => {
  const broker = memoryBroker(turningClock());
  const one = await opened(broker, true);
  const two = await opened(broker, true);
  const first = await one.log.append({ ...ENTRY, commands: COMMANDS }, -1);
  await two.log.sync();
  const second = await two.log.append(OTHER, first);

  await assert.rejects(one.log.append({ ...ENTRY, commands: COMMANDS }, first), { code: 'TRIB_COMMAND_OVERTAKEN' });

  await one.log.append({ ...ENTRY, commands: COMMANDS }, second);
  await two.log.sync();
  assert.equal(two.seen.length, 3);
});

test('an entry whose commit was acknowledged too late is found, not written twice', async () => {
  const broker = memoryBroker(turningClock());
  const faults: { -readonly [K in keyof Faults]: Faults[K] } = { calls: 0, at: 0, when: 'after', dead: false };
  const { log } = await opened(faultyBroker(broker, faults), false);
  faults.at = faults.calls + 1;

  const offset = await log.append({ ...ENTRY, commands: COMMANDS }, -1);

  assert.equal(offset, 0);
  assert.equal((await opened(broker, false)).seen.length, 1);
});

test('an entry of a later release is named with its place', async () => {
  const broker = memoryBroker(turningClock());
  await opened(broker, false);
  const producer = await broker.produce();
  const value = Buffer.from('{"version":99}');
  producer.lane('_trib_command_topic', 0).append(1, null, 0, 0, value, 0, value.length, null);
  await producer.flush();

  await assert.rejects(opened(broker, false), /_trib_command_topic-0@0: .*version 99/);
});

test('a broker that refuses to be read is asked again: who waits is told why, and the log goes on when it is mended', async () => {
  const broker = memoryBroker(turningClock());
  const { log: writer } = await opened(broker, true);
  const refused = new TributaryError('TRIB_KAFKA_CREDENTIALS', 'fatal', { what: 'The credentials are refused.' });
  let refusing = false;
  const wary = Object.assign(Object.create(broker) as Broker, {
    read: async (...args: Parameters<Broker['read']>) => {
      const reader = await broker.read(...args);
      const poll = (waitMs: number) => (refusing ? Promise.reject(refused) : reader.poll(waitMs));
      return Object.assign(Object.create(reader) as Reader, { poll });
    },
  });
  const { log, seen } = await opened(wary, true);
  refusing = true;
  await writer.append({ ...ENTRY, commands: COMMANDS }, -1);

  // The poll that was under way may still bring the entry; from the next one on nothing comes.
  await log.sync().catch(() => {});
  await writer.append(OTHER, 0);
  await assert.rejects(log.sync(), { code: 'TRIB_KAFKA_CREDENTIALS' });
  refusing = false;
  for (let turn = 0; turn < 1000 && seen.length < 2; turn++) await new Promise(setImmediate);

  assert.deepEqual(
    seen.map(({ entry }) => entry.commandId),
    ['type/T/create', 'type/U/create'],
  );
});
