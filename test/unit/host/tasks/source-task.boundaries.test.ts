import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostWorld, SourceProbe } from '../../../support/host-world.ts';

const CONFIG = { 'connector.class': 'ProbeSource', topic: 'out', 'transaction.boundary': 'connector' };
const valuesOf = (records: readonly { value: string | null }[]) => records.map(({ value }) => value);

test('records are committed where the task says, and those it aborts are not written but done', async () => {
  const probe = new SourceProbe();
  probe.batchRows = 6;
  probe.lines.push('a', 'b', 'c', 'd', 'e', 'f');
  probe.ends = (transaction, batch) => {
    transaction.commitTransaction(batch[1]);
    transaction.abortTransaction(batch[3]);
    transaction.commitTransaction();
  };
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('s', CONFIG, null);
  await world.until('written', async () => (await world.read('out')).length === 4);

  assert.deepEqual(valuesOf(await world.read('out')), ['a', 'b', 'e', 'f']);
  assert.deepEqual(await world.worker.sourceAndSinkOffsets.list('s'), [
    { partition: { source: 'lines' }, offset: { line: 6 } },
  ]);
  await world.close();
});

test('a transaction spans batches until the task ends it; what is open when the task stops is read again', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a', 'b', 'c', 'd', 'e');
  probe.ends = (transaction, batch) => {
    if (batch.some(({ value }) => value === 'd')) transaction.commitTransaction();
  };
  const world = await hostWorld([probe.definition()]);
  await world.worker.create('s', CONFIG, null);
  await world.until('written', async () => (await world.read('out')).length === 4);
  await world.clock.sleep(1000);

  await world.worker.restartTask('s', 0);
  await world.until('started again', () => probe.starts.length === 2);

  assert.deepEqual(valuesOf(await world.read('out')), ['a', 'b', 'c', 'd']);
  assert.deepEqual(probe.starts, [null, 4]);
  await world.close();
});

test('a whole batch can be aborted, and its offsets are kept', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a', 'b', 'c');
  probe.ends = (transaction, batch) => {
    if (batch.some(({ value }) => value === 'a')) transaction.abortTransaction();
    else transaction.commitTransaction();
  };
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('s', CONFIG, null);
  await world.until('written', async () => (await world.read('out')).length === 1);

  assert.deepEqual(valuesOf(await world.read('out')), ['c']);
  await world.close();
});

test('commit and abort at one place fail the task', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a');
  probe.ends = (transaction) => {
    transaction.commitTransaction();
    transaction.abortTransaction();
  };
  const world = await hostWorld([probe.definition()]);

  await world.worker.create('s', CONFIG, null);
  await world.until('failed', () => world.worker.status('s').tasks[0]?.state === 'FAILED');

  assert.match(
    String(world.worker.status('s').tasks[0]?.trace),
    /TRIB_TRANSACTION_BOUNDARY|asked to abort a transaction/,
  );
  await world.close();
});

test('a connector that does not define boundaries is refused', async () => {
  const probe = new SourceProbe();
  const world = await hostWorld([probe.definition()]);

  await assert.rejects(world.worker.create('s', CONFIG, null), {
    message: /The connector does not support connector-defined transaction boundaries with the given configuration\./,
  });
  await world.close();
});
