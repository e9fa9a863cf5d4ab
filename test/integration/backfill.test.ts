// A back-fill on real Kafka, Redis and registry, its host killed in mid-load.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Redis } from 'ioredis';
import type { Broker } from '../../src/ports/broker.ts';
import { backfillHost } from './support/backfill-host.ts';

const { KAFKA_BROKERS, REDIS_URL, SCHEMA_REGISTRY_URL } = process.env;
const missing = [KAFKA_BROKERS, REDIS_URL, SCHEMA_REGISTRY_URL].includes(undefined);
const skip = missing ? 'KAFKA_BROKERS, REDIS_URL or SCHEMA_REGISTRY_URL is not set' : false;
const folder = mkdtempSync(join(tmpdir(), 'trib-backfill-'));
const cluster = `test-${randomUUID().slice(0, 8)}`;
const ROWS = 120_000;

after(async () => {
  rmSync(folder, { recursive: true, force: true });
  if (skip !== false) return;
  const redis = new Redis(REDIS_URL!);
  const keys = await redis.keys(`${cluster}:*`);
  if (keys.length > 0) await redis.del(...keys);
  redis.disconnect();
});

function csv(from: number, count: number): string {
  return `user_id,min_order_id\n${Array.from({ length: count }, (_, i) => `${from + i},${from + i}`).join('\n')}\n`;
}

/** Starts a host and ends when it is through, or kills it (−9) when `when` says so. */
function hostRun(when: (line: string) => boolean): Promise<{ killed: boolean; last: string }> {
  const script = new URL('./support/backfill-host.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=source', script, cluster, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let killed = false;
  let last = '';
  child.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      last = line;
      if (!killed && when(line)) {
        killed = true;
        child.kill('SIGKILL');
      }
    }
  });
  return new Promise((resolve) => child.once('close', () => resolve({ killed, last })));
}

/** Counts committed records and distinct keys. */
async function countOf(broker: Broker): Promise<[records: number, keys: number]> {
  const key = `${cluster}-orders-0`;
  const end = (await broker.offsets([key], 'stable')).get(key)!;
  const reader = await broker.read(new Map([[key, 0]]), { isolation: 'committed' });
  const keys = new Set<string>();
  let records = 0;
  for (let position = 0; position < end; ) {
    for (const batch of await reader.poll(500)) {
      for (let i = 0; i < batch.count; i++) {
        keys.add(batch.bytes.toString('hex', batch.keyStarts[i]!, batch.keyEnds[i]!));
      }
      records += batch.count;
      position = batch.nextOffset;
    }
  }
  await reader.close();
  return [records, keys.size];
}

test('a host killed twice in mid-load, and a wiped Redis: every row is there once', {
  skip,
  timeout: 120_000,
}, async () => {
  writeFileSync(join(folder, 'orders-000000000000.csv.gz'), gzipSync(csv(1, ROWS / 2)));
  writeFileSync(join(folder, 'orders-000000000001.csv.gz'), gzipSync(csv(1 + ROWS / 2, ROWS / 2)));
  const loaded = (least: number) => (line: string) => {
    const [state, rows] = line.split(' ');
    return state === 'loading' && Number(rows) >= least;
  };

  const first = await hostRun(loaded(10_000));
  const second = await hostRun(loaded(50_000));
  const redis = new Redis(REDIS_URL!);
  const keys = await redis.keys(`${cluster}:*`);
  await redis.del(...keys);
  redis.disconnect();
  const third = await hostRun(() => false);

  assert.deepEqual([first.killed, second.killed, third.killed], [true, true, false]);
  assert.match(third.last, new RegExp(`^released ${ROWS} `));
  const host = await backfillHost(cluster, folder);
  assert.deepEqual(await countOf(host.broker), [ROWS, ROWS]);
  assert.equal(host.backfills.status('history').state, 'released');
  await host.broker.deleteTopics([`${cluster}-orders`, `_${cluster}_backfills`]);
  await host.close();
});
