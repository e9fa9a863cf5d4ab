import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Redis } from 'ioredis';
import { BullJobQueue } from '../../src/adapters/bullmq/job-queue.ts';
import { jobQueueContract } from '../ports/job-queue.contract.ts';

const url = process.env['REDIS_URL'];
const clusterId = `test-${randomUUID().slice(0, 8)}`;
const clock = {
  now: () => Date.now(),
  sleep: (ms: number, stop?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      stop?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

if (url === undefined) test('job queue contract: BullMQ', { skip: 'REDIS_URL is not set' }, () => {});
else {
  jobQueueContract('BullMQ', async () => new BullJobQueue({ url, clusterId, clock }));
  after(async () => {
    const client = new Redis(url);
    const keys = await client.keys(`${clusterId}:*`);
    if (keys.length > 0) await client.del(...keys);
    client.disconnect();
  });
}
