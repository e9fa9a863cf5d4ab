import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EmbeddedJobQueue } from '../../src/adapters/embedded-queue/job-queue.ts';
import { jobQueueContract } from './job-queue.contract.ts';

const clock = { now: () => 1_700_000_000_000, sleep: async () => {} };
const folder = mkdtempSync(join(tmpdir(), 'trib-jobs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

jobQueueContract('embedded', async () => new EmbeddedJobQueue({ folder, clock }));

test('an embedded queue killed in mid-write comes back without the cut line', async () => {
  const own = join(folder, 'killed');
  const first = new EmbeddedJobQueue({ folder: own, clock });
  const saved = Promise.withResolvers<void>();
  const stuck = Promise.withResolvers<void>();
  await first.add('load', 'a', { n: 1 });
  await first.work('load', { concurrency: 1, attempts: 0 }, async (job) => {
    await job.checkpoint(5);
    saved.resolve();
    await stuck.promise;
  });
  await saved.promise;
  // The process is gone here: nothing is closed, and its last line is cut.
  appendFileSync(join(own, 'jobs.ndjson'), '{"op":"set","type":"lo');

  const second = new EmbeddedJobQueue({ folder: own, clock });
  const job = await second.get('load', 'a');

  assert.deepEqual([job!.state, job!.progress, job!.attempt], ['waiting', 5, 1]);
  assert.equal(readFileSync(join(own, 'jobs.ndjson'), 'utf8').split('\n').length, 2);
  await second.close();
  stuck.resolve();
  await first.close();
});
