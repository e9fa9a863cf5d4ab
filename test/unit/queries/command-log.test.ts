import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import { CommandLog } from '../../../src/queries/command-log.ts';
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

test('what was appended is read back in order with its offsets', async () => {
  const broker = memoryBroker(turningClock());
  const log = new CommandLog(broker, 'trib');
  await log.open();
  const first = await log.append({ ...ENTRY, commands: COMMANDS });
  const second = await log.append({ ...ENTRY, commandId: 'type/T/drop', commands: [{ kind: 'dropType', name: 'T' }] });

  const found = await new CommandLog(broker, 'trib').open();

  assert.deepEqual(
    found.map(({ offset, entry }) => [offset, entry.commandId, entry.commands]),
    [
      [first, 'type/T/create', COMMANDS],
      [second, 'type/T/drop', [{ kind: 'dropType', name: 'T' }]],
    ],
  );
});

test('an older host is refused once another has opened the log', async () => {
  const broker = memoryBroker(turningClock());
  const older = new CommandLog(broker, 'trib');
  await older.open();
  await new CommandLog(broker, 'trib').open();
  const newer = new CommandLog(broker, 'trib');
  await newer.open();

  await newer.append({ ...ENTRY, commands: COMMANDS });

  assert.equal((await new CommandLog(broker, 'trib').open()).length, 1);
});

test('an entry whose commit was acknowledged too late is found, not written twice', async () => {
  const broker = memoryBroker(turningClock());
  const faults: { -readonly [K in keyof Faults]: Faults[K] } = { calls: 0, at: 0, when: 'after', dead: false };
  const log = new CommandLog(faultyBroker(broker, faults), 'trib');
  await log.open();
  faults.at = faults.calls + 1;

  const offset = await log.append({ ...ENTRY, commands: COMMANDS });

  assert.equal(offset, 0);
  assert.equal((await new CommandLog(broker, 'trib').open()).length, 1);
});

test('an entry of a later release is named with its place', async () => {
  const broker = memoryBroker(turningClock());
  await new CommandLog(broker, 'trib').open();
  const producer = await broker.produce();
  const value = Buffer.from('{"version":99}');
  producer.lane('_trib_command_topic', 0).append(1, null, 0, 0, value, 0, value.length, null);
  await producer.flush();

  await assert.rejects(new CommandLog(broker, 'trib').open(), /_trib_command_topic-0@0: .*version 99/);
});
