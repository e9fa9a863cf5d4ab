// What every job queue must do. Run over the embedded one (test/ports) and BullMQ (test/integration).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { TributaryError } from '../../src/core/errors.ts';
import type { Job, JobQueue, JobState, JobStatus } from '../../src/ports/job-queue.ts';

const OPTIONS = { concurrency: 2, attempts: 3 };

/** Resolves when the job has come to one of the states. */
async function until(queue: JobQueue, type: string, id: string, ...states: JobState[]): Promise<JobStatus> {
  for (;;) {
    const status = await queue.get(type, id);
    if (status !== null && states.includes(status.state)) return status;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const aborted = (job: Job): Promise<never> =>
  new Promise((_, reject) => {
    if (job.signal.aborted) reject(new Error('stopped'));
    job.signal.addEventListener('abort', () => reject(new Error('stopped')));
  });
const busy = (): TributaryError => new TributaryError('TRIB_TEST', 'transient', { what: 'Busy.' });

/** @param make opens the queue; called again it opens what the former one has left. */
export function jobQueueContract(name: string, make: () => Promise<JobQueue>): void {
  describe(`job queue contract: ${name}`, () => {
    const using = (run: (queue: JobQueue, type: string) => Promise<void>) => async () => {
      const queue = await make();
      try {
        await run(queue, `type-${randomUUID().slice(0, 8)}`);
      } finally {
        await queue.close();
      }
    };

    test(
      'an added job waits until somebody works, then completes with its result',
      using(async (queue, type) => {
        assert.equal(await queue.add(type, 'load:1', { file: 'a.csv', n: 1 }), true);
        assert.equal((await queue.get(type, 'load:1'))!.state, 'waiting');

        await queue.work(type, OPTIONS, async (job) => ({ seen: job.data, attempt: job.attempt, id: job.id }));

        assert.deepEqual(await until(queue, type, 'load:1', 'completed'), {
          type,
          id: 'load:1',
          data: { file: 'a.csv', n: 1 },
          state: 'completed',
          attempt: 1,
          progress: null,
          error: null,
          result: { seen: { file: 'a.csv', n: 1 }, attempt: 1, id: 'load:1' },
        });
      }),
    );

    test(
      'a job is added once, in whatever state it is, until it is removed',
      using(async (queue, type) => {
        let runs = 0;
        await queue.work(type, OPTIONS, async () => ++runs);
        assert.deepEqual(await Promise.all([queue.add(type, '7', 1), queue.add(type, '7', 2)]), [true, false]);
        await until(queue, type, '7', 'completed');

        assert.equal(await queue.add(type, '7', 3), false);
        assert.equal(runs, 1);
        await queue.remove(type, '7');
        assert.equal(await queue.get(type, '7'), null);
        assert.equal(await queue.add(type, '7', 4), true);
        assert.equal((await until(queue, type, '7', 'completed')).result, 2);
      }),
    );

    test(
      'a transient failure is tried again and goes on from the saved progress',
      using(async (queue, type) => {
        const seen: unknown[] = [];
        await queue.work(type, OPTIONS, async (job) => {
          seen.push([job.attempt, job.progress]);
          if (job.attempt === 1) {
            await job.checkpoint({ rows: 10 });
            throw busy();
          }
          return 'done';
        });

        await queue.add(type, 'a', null);
        const status = await until(queue, type, 'a', 'completed');

        assert.deepEqual(seen, [
          [1, null],
          [2, { rows: 10 }],
        ]);
        assert.deepEqual([status.attempt, status.progress, status.error], [2, { rows: 10 }, null]);
      }),
    );

    test(
      'other failures fail the job at once; retry puts it back with its progress',
      using(async (queue, type) => {
        await queue.work(type, OPTIONS, async (job) => {
          if (job.progress === null) {
            await job.checkpoint('half');
            throw new TributaryError('TRIB_TEST', 'data', { what: 'Row 7 is bad.' });
          }
          return job.progress;
        });
        await queue.add(type, 'a', null);

        const failed = await until(queue, type, 'a', 'failed');
        assert.deepEqual([failed.error, failed.attempt], ['Row 7 is bad.', 1]);
        await queue.retry(type, 'a');

        const done = await until(queue, type, 'a', 'completed');
        assert.deepEqual([done.result, done.error, done.attempt], ['half', null, 2]);
      }),
    );

    test(
      'transient failures end after the allowed retries',
      using(async (queue, type) => {
        let runs = 0;
        await queue.work(type, { concurrency: 1, attempts: 1 }, async () => {
          runs++;
          throw busy();
        });
        await queue.add(type, 'a', null);

        assert.equal((await until(queue, type, 'a', 'failed')).error, 'Busy.');
        assert.equal(runs, 2);
      }),
    );

    test(
      'cancel stops an active job and keeps a waiting one from running; both can be retried',
      using(async (queue, type) => {
        let hold = true;
        const ran: string[] = [];
        await queue.work(type, { concurrency: 1, attempts: 3 }, async (job) => {
          ran.push(job.id);
          if (hold) await aborted(job);
          return 'ran';
        });
        await queue.add(type, 'active', null);
        await until(queue, type, 'active', 'active');
        await queue.add(type, 'waiting', null);

        await queue.cancel(type, 'waiting');
        await queue.cancel(type, 'active');
        assert.equal((await until(queue, type, 'active', 'cancelled')).error, null);
        assert.equal((await until(queue, type, 'waiting', 'cancelled')).error, null);
        assert.deepEqual(ran, ['active']);

        hold = false;
        await queue.retry(type, 'active');
        await queue.retry(type, 'waiting');
        assert.equal((await until(queue, type, 'active', 'completed')).result, 'ran');
        assert.equal((await until(queue, type, 'waiting', 'completed')).result, 'ran');
      }),
    );

    test(
      'no more than `concurrency` jobs run at once, and the list shows all',
      using(async (queue, type) => {
        let running = 0;
        let most = 0;
        await queue.work(type, OPTIONS, async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
        });
        for (const id of ['a', 'b', 'c', 'd', 'e']) await queue.add(type, id, { id });
        for (const id of ['a', 'b', 'c', 'd', 'e']) await until(queue, type, id, 'completed');

        assert.ok(most <= 2);
        const jobs = await queue.list(type);
        assert.deepEqual(jobs.map((job) => [job.id, job.state]).sort(), [
          ['a', 'completed'],
          ['b', 'completed'],
          ['c', 'completed'],
          ['d', 'completed'],
          ['e', 'completed'],
        ]);
        assert.deepEqual(await queue.list(`${type}-other`), []);
      }),
    );

    test(
      'unknown jobs are null to get and notFound to cancel and retry',
      using(async (queue, type) => {
        const notFound = (error: unknown): boolean => error instanceof TributaryError && error.kind === 'notFound';

        assert.equal(await queue.get(type, 'x'), null);
        await assert.rejects(queue.cancel(type, 'x'), notFound);
        await assert.rejects(queue.retry(type, 'x'), notFound);
        await queue.remove(type, 'x');
      }),
    );

    test('a job that was running when its host stopped is run on by the next one, from its progress', async () => {
      const type = `type-${randomUUID().slice(0, 8)}`;
      const first = await make();
      await first.work(type, OPTIONS, async (job) => {
        await job.checkpoint({ rows: 3 });
        await aborted(job);
      });
      await first.add(type, 'a', { file: 'x' });
      await first.add(type, 'done', null);
      while ((await first.get(type, 'a'))?.progress === null) await new Promise((resolve) => setImmediate(resolve));
      await first.close();

      const second = await make();
      assert.deepEqual((await second.get(type, 'a'))!.state, 'waiting');
      await second.work(type, OPTIONS, async (job) => [job.data, job.progress, job.attempt]);
      assert.deepEqual((await until(second, type, 'a', 'completed')).result, [{ file: 'x' }, { rows: 3 }, 2]);
      await until(second, type, 'done', 'completed');
      await second.close();
    });
  });
}
