// A third-party source that ends its transactions itself, on the thread that isolation gives it.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { IsolationWorld } from '../support/isolation-world.ts';

/** Polls a0 a1 a2, then b0 …, each once: `b` is aborted as a batch, the others are committed behind their second record and at their end. */
const PLUGIN = `
import { isMainThread } from 'node:worker_threads';
import { ConnectRecord, primitive } from 'tributary/connect';
const TEXT = primitive('string');
class Task {
  async start(config, raw, context) {
    this.topic = raw.topic;
    this.context = context;
    this.batch = (await context.offset({ of: 'bounds' }))?.batch ?? 0;
    this.first = this.batch;
  }
  async poll() {
    if (this.batch === 4) {
      await this.context.clock.sleep(100, this.context.signal);
      return null;
    }
    const letter = 'abcd'[this.batch++];
    const records = [0, 1, 2].map((n) => new ConnectRecord({
      topic: this.topic, valueSchema: TEXT, value: letter + n + (isMainThread ? ' main' : ' thread') + ' from ' + this.first,
      sourcePartition: { of: 'bounds' }, sourceOffset: { batch: this.batch },
    }));
    const { transaction } = this.context;
    if (letter === 'b') transaction.abortTransaction();
    else {
      transaction.commitTransaction(records[1]);
      transaction.commitTransaction();
    }
    return records;
  }
  async stop() {}
}
let raw = {};
export const plugins = [{
  kind: 'source', name: 'BoundsSource', classes: ['test.BoundsSource'], version: '1.0', doc: 'Ends transactions itself.',
  config: [{ name: 'topic', type: 'STRING', importance: 'HIGH', doc: 'Where to.' }],
  create: () => ({
    start: async (config, given) => { raw = given; }, taskConfigs: () => [raw], task: () => new Task(), stop: async () => {},
    exactlyOnceSupport: () => 'supported', canDefineTransactionBoundaries: () => true,
  }),
}];
`;

const world = new IsolationWorld();
after(() => world.close());

test('a source in a thread ends its transactions as it likes, and goes on behind them after a restart', async () => {
  mkdirSync(world.path('bounds'));
  writeFileSync(world.path('bounds/package.json'), '{"name":"bounds","type":"module","exports":"./index.js"}');
  writeFileSync(world.path('bounds/index.js'), PLUGIN);
  await world.start({ 'plugin.path': world.path('bounds') });
  const out = { 'connector.class': 'FileStreamSink', topics: 'bounds', file: world.path('out.txt') };

  await world.create('bounds', {
    ...{ 'connector.class': 'BoundsSource', topic: 'bounds' },
    ...{ 'exactly.once.support': 'required', 'transaction.boundary': 'connector' },
  });
  await world.create('out', out);
  await world.until('all lines', () => world.linesOf('out.txt').length >= 9);
  await world.request('POST', '/connectors/bounds/restart?includeTasks=true');
  await world.running('bounds');
  const { body } = await world.request('GET', '/connectors/bounds/offsets');

  assert.deepEqual(
    world.linesOf('out.txt'),
    ['a', 'c', 'd'].flatMap((letter) => [0, 1, 2].map((n) => `${letter}${n} thread from 0`)),
  );
  assert.deepEqual(body, { offsets: [{ partition: { of: 'bounds' }, offset: { batch: 4 } }] });
});
