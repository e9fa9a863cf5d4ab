import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { RedisStateStore } from '../../src/adapters/redis/state-store.ts';
import { TributaryError } from '../../src/core/errors.ts';
import { isStateLost } from '../../src/ports/state-store.ts';
import { stateStoreContract } from '../ports/state-store.contract.ts';

const url = process.env['REDIS_URL'];
const clusterId = `test-${randomUUID().slice(0, 8)}`;
const store = (): RedisStateStore => new RedisStateStore({ url: url!, clusterId });
const a = Buffer.from('a');

if (url === undefined) test('state store contract: Redis', { skip: 'REDIS_URL is not set' }, () => {});
else stateStoreContract('Redis', async () => store(), true);

/** Does to one task what FLUSHALL does to all, without harming others on the same server. */
async function flush(task: string): Promise<void> {
  const client = new Redis(url!);
  const keys = await client.keys(`${clusterId}:state:{${task}}*`);
  await client.del(...keys);
  client.disconnect();
}

describe('Redis state store', { skip: url === undefined ? 'REDIS_URL is not set' : false }, () => {
  test('after a flush in mid-run the old token reads and writes nothing, and open starts from nothing', async () => {
    const redis = store();
    const { token } = await redis.open('flushed');
    await redis.write('flushed', token, new Map([['s', [[a, a] as const]]]), new Map([['log-0', 1]]));

    await flush('flushed');

    await assert.rejects(redis.read('flushed', token, 's', [a]), isStateLost);
    await assert.rejects(
      redis.write('flushed', token, new Map([['s', [[a, a] as const]]]), new Map([['log-0', 2]])),
      isStateLost,
    );
    const again = await redis.open('flushed');
    assert.deepEqual(again.position, new Map());
    assert.deepEqual(await redis.read('flushed', again.token, 's', [a]), [null]);
    await redis.remove('flushed');
    await redis.close();
  });

  test('a server that came back from an older snapshot is told by its count of writes', async () => {
    const redis = store();
    const { token } = await redis.open('rewound');
    await redis.write('rewound', token, new Map([['s', [[a, Buffer.from('1')] as const]]]), new Map([['log-0', 1]]));
    await redis.write('rewound', token, new Map([['s', [[a, Buffer.from('2')] as const]]]), new Map([['log-0', 2]]));
    const client = new Redis(url!);
    await client.hset(`${clusterId}:state:{rewound}`, 'seq', '1', 'position', '{"log-0":1}');
    client.disconnect();

    await assert.rejects(redis.read('rewound', token, 's', [a]), isStateLost);
    await assert.rejects(redis.write('rewound', token, new Map(), new Map([['log-0', 3]])), isStateLost);
    assert.deepEqual((await redis.open('rewound')).position, new Map([['log-0', 1]]));
    await redis.remove('rewound');
    await redis.close();
  });

  test('two holders in two processes: the newer one fences the older one', async () => {
    const one = store();
    const two = store();
    const old = await one.open('moved');
    await two.open('moved');

    await assert.rejects(
      one.write('moved', old.token, new Map(), new Map()),
      (error: unknown) => error instanceof TributaryError && error.code === 'TRIB_STATE_FENCED',
    );
    await one.remove('moved');
    await one.close();
    await two.close();
  });

  test('an unreachable server is a transient error without the password', async () => {
    const redis = new RedisStateStore({ url: 'redis://user:hunter2@127.0.0.1:1', clusterId });

    await assert.rejects(
      redis.open('x'),
      (error: unknown) =>
        error instanceof TributaryError && error.kind === 'transient' && !error.message.includes('hunter2'),
    );
    await redis.close();
  });
});
