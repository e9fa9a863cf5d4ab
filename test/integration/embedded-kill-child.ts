// Commits transactions over two topics and a group as fast as it can, until it is killed; prints each commit it was told of.

import { embeddedBroker } from '../../src/adapters/embedded-log/index.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { appendRows } from '../ports/broker-rows.ts';

const broker = await embeddedBroker({ dir: process.argv[2]!, clock: systemClock() });
const config = { 'segment.bytes': '20000' };
await broker.createTopics([
  { name: 'left', partitions: 1, config },
  { name: 'right', partitions: 1, config },
]);
const output = await broker.transact('id');
let n = (await broker.committed('group', ['input-0'])).get('input-0') ?? 0;
for (;;) {
  output.begin();
  appendRows(output.lane('left', 0), [{ key: 'k', value: String(n) }]);
  // Half of the records are in the log before the other half is even made.
  await output.flush();
  appendRows(output.lane('right', 0), [{ key: 'k', value: String(n) }]);
  n++;
  await output.commit('group', new Map([['input-0', n]]));
  process.stdout.write(`${n}\n`);
}
