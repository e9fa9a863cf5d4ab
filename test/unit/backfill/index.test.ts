import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { memoryBroker } from '../../../src/adapters/embedded-log/index.ts';
import { EmbeddedJobQueue } from '../../../src/adapters/embedded-queue/job-queue.ts';
import { EmbeddedRegistry } from '../../../src/adapters/registry/embedded.ts';
import {
  type BackfillState,
  type BackfillStatus,
  Backfills,
  type BackfillsOptions,
} from '../../../src/backfill/index.ts';
import { primitive, structOf } from '../../../src/core/data/schema.ts';
import { TributaryError } from '../../../src/core/errors.ts';
import type { Broker, TransactionalProducer } from '../../../src/ports/broker.ts';

const FIXTURES = new URL('../../fixtures/bigquery/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'trib-backfill-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let nowMs = 1_700_000_000_000;
const clock = {
  now: () => nowMs,
  sleep: (ms: number) => {
    nowMs += ms;
    return new Promise<void>((resolve) => setImmediate(resolve));
  },
};

const optional = { optional: true };
const TARGET = {
  topic: 'ORDERS',
  key: {
    ...{ format: 'JSON', unwrapped: true, properties: {} },
    schema: structOf([{ name: 'ACCOUNT_ID', schema: primitive('int64', optional) }]),
  },
  value: {
    ...{ format: 'JSON', unwrapped: false, properties: {} },
    schema: structOf([{ name: 'ORDER_ID', schema: primitive('int64', optional) }]),
  },
  partitions: 2,
};

interface World {
  readonly broker: Broker;
  readonly queue: EmbeddedJobQueue;
  readonly backfills: Backfills;
  readonly caughtUp: string[];
}

async function world(over: Partial<BackfillsOptions> = {}): Promise<World> {
  const broker = over.broker ?? memoryBroker(clock);
  const queue = (over.queue as EmbeddedJobQueue | undefined) ?? new EmbeddedJobQueue({ folder: null, clock });
  const caughtUp: string[] = [];
  await broker.createTopics([{ name: 'ORDERS', partitions: 2 }]);
  const backfills = new Backfills({
    ...{ broker, queue, clock, clusterId: 'test', folder, registry: new EmbeddedRegistry(null) },
    target: async () => TARGET,
    caughtUp: async (table) => void caughtUp.push(table),
    ...over,
  });
  await backfills.start();
  return { broker, queue, backfills, caughtUp };
}

const job = (source: string | string[], settings: object = {}, name = 'history'): object => ({
  name,
  backfill: {
    ...{ source, into: 'orders', columns: { ACCOUNT_ID: 'user_id', ORDER_ID: 'min_order_id' } },
    ...settings,
  },
});

async function until(backfills: Backfills, name: string, ...states: BackfillState[]): Promise<BackfillStatus> {
  for (;;) {
    const status = backfills.status(name);
    if (states.includes(status.state)) return status;
    if (status.state === 'failed') throw new Error(status.error!);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface Read {
  readonly key: string | null;
  readonly value: string;
  readonly partition: number;
  readonly timeMs: number;
  readonly marked: boolean;
}

/** All committed records of the target. */
async function written(broker: Broker): Promise<Read[]> {
  const keys = ['ORDERS-0', 'ORDERS-1'];
  const ends = await broker.offsets(keys, 'stable');
  const reader = await broker.read(new Map(keys.map((key) => [key, 0])), { isolation: 'committed' });
  const position = new Map(keys.map((key) => [key, 0]));
  const found: Read[] = [];
  while (keys.some((key) => position.get(key)! < ends.get(key)!)) {
    for (const records of await reader.poll(10)) {
      for (let i = 0; i < records.count; i++) {
        const [keyStart, valueStart, header] = [
          records.keyStarts[i]!,
          records.valueStarts[i]!,
          records.headerStarts[i]!,
        ];
        found.push({
          key: keyStart < 0 ? null : records.bytes.toString('utf8', keyStart, records.keyEnds[i]!),
          value: records.bytes.toString('utf8', valueStart, records.valueEnds[i]!),
          partition: records.partition,
          timeMs: records.timestampsMs[i]!,
          marked: records.bytes.toString('latin1', header, header + 60).includes('__trib.backfill'),
        });
      }
      position.set(`ORDERS-${records.partition}`, records.nextOffset);
    }
  }
  await reader.close();
  return found;
}

const SUM = 14021963n;
const totals = (rows: readonly Read[]): [number, bigint, number] => [
  rows.length,
  rows.reduce((total, row) => total + BigInt(row.key!), 0n),
  new Set(rows.map((row) => row.key)).size,
];
const fixture = (path: string): string => join(FIXTURES, path);
const copied = (path: string, name: string): string => {
  copyFileSync(fixture(path), join(folder, name));
  return name;
};
const csv = (from: number, count: number): string =>
  `user_id,min_order_id\n${Array.from({ length: count }, (_, i) => `${from + i},${from + i}7`).join('\n')}\n`;

describe('a whole job', () => {
  test('every row is written once, marked, under its key, and tables are waited for before the release', async () => {
    const { backfills, broker, caughtUp } = await world();
    const released = backfills.released('history', new AbortController().signal);

    await backfills.submit(job(fixture('min_order/csv_gz/*.csv.gz'), { 'wait.for': ['t1', 't2'] }));
    await released;

    const status = backfills.status('history');
    const rows = await written(broker);
    assert.deepEqual(
      [status.state, status.rows, status.rowsTotal, status.badRows, status.error],
      ['released', 2000, 2000, 0, null],
    );
    assert.deepEqual(
      status.files.map((file) => [file.state, file.rows]),
      [
        ['loaded', 1000],
        ['loaded', 700],
        ['loaded', 300],
      ],
    );
    assert.deepEqual(caughtUp, ['t1', 't2']);
    assert.deepEqual(totals(rows), [2000, SUM, 2000]);
    assert.ok(rows.every((row) => row.marked && row.timeMs >= 1_700_000_000_000));
    assert.ok(rows.some((row) => row.value === '{"ORDER_ID":10481342417467565}'));
    assert.deepEqual(new Set(rows.map((row) => row.partition)), new Set([0, 1]));
    await backfills.stop();
  });

  test('NDJSON and Avro give the same rows', async () => {
    const { backfills, broker } = await world();
    await backfills.submit(job(fixture('min_order/ndjson/*.json'), {}, 'json'));
    await until(backfills, 'json', 'released');
    const first = await written(broker);

    await backfills.submit(job(fixture('min_order/avro_snappy/*.avro'), {}, 'avro'));
    await until(backfills, 'avro', 'released');

    const second = (await written(broker)).slice(0);
    const sorted = (rows: readonly Read[]): string[] => rows.map((row) => `${row.key}=${row.value}`).sort();
    assert.deepEqual(totals(first), [2000, SUM, 2000]);
    assert.deepEqual(sorted(second), [...sorted(first), ...sorted(first)].sort());
    await backfills.stop();
  });

  test('record times come from a column, constants and NULL fill columns', async () => {
    writeFileSync(join(folder, 'times.csv'), 'id,at\n1,2024-02-29 01:02:03 UTC\n');
    const { backfills, broker } = await world();

    await backfills.submit(
      job('times.csv', { columns: { account_id: 'ID', ORDER_ID: { value: 7 } }, timestamp: 'at' }),
    );
    await until(backfills, 'history', 'released');

    const [row] = await written(broker);
    assert.deepEqual([row!.key, row!.value, row!.timeMs], ['1', '{"ORDER_ID":7}', 1_709_168_523_000]);
    await backfills.stop();
  });
});

describe('the same job again', () => {
  test('the same definition is the same job, also after a restart; a changed one is a conflict unless it is a rerun', async () => {
    writeFileSync(join(folder, 'again.csv'), csv(1, 3));
    const { backfills, broker, queue } = await world();
    await backfills.submit(job('again.csv'));
    await until(backfills, 'history', 'released');
    await backfills.stop();

    const next = await world({ broker, queue });
    assert.equal((await next.backfills.submit(job('again.csv'))).state, 'released');
    assert.equal((await written(broker)).length, 3);
    await assert.rejects(
      next.backfills.submit(job('again.csv', { 'bad.rows.max': 1 })),
      (error: unknown) => error instanceof TributaryError && error.kind === 'conflict',
    );
    const rerun = await next.backfills.submit(job('again.csv', { 'bad.rows.max': 1 }), { rerun: true });
    assert.match(rerun.id, /-r2$/);
    await until(next.backfills, 'history', 'released');
    assert.equal((await written(broker)).length, 6);
    await next.backfills.stop();
  });

  test('a queue that was wiped is filled again, and nothing is written twice', async () => {
    writeFileSync(join(folder, 'wiped.csv'), csv(1, 3));
    const { backfills, broker } = await world({ caughtUp: () => new Promise(() => {}) });
    await backfills.submit(job('wiped.csv', { 'wait.for': ['t'] }));
    await until(backfills, 'history', 'waiting');

    const next = await world({ broker });
    await until(next.backfills, 'history', 'released');

    assert.equal((await written(broker)).length, 3);
    await next.backfills.stop();
  });

  test('a queue that remembers a wiped broker is not believed', async () => {
    writeFileSync(join(folder, 'forgot.csv'), csv(1, 3));
    const { backfills, queue } = await world();
    await backfills.submit(job('forgot.csv'));
    await until(backfills, 'history', 'released');
    await backfills.stop();

    const next = await world({ queue });
    await next.backfills.submit(job('forgot.csv'));
    await until(next.backfills, 'history', 'released');

    assert.equal((await written(next.broker)).length, 3);
    await next.backfills.stop();
  });
});

/** A broker whose transactions break at the given commit, as often as told. */
function breaking(broker: Broker, atCommits: number[], how: 'before' | 'after'): Broker {
  let commits = 0;
  return new Proxy(broker, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (name !== 'transact') return typeof member === 'function' ? member.bind(target) : member;
      return async (id: string) => {
        const producer = await target.transact(id);
        const commit = producer.commit.bind(producer);
        const broken: TransactionalProducer = Object.create(producer) as TransactionalProducer;
        return Object.assign(broken, {
          ...{ begin: () => producer.begin(), lane: producer.lane.bind(producer), drain: () => producer.drain() },
          ...{ abort: () => producer.abort(), close: () => producer.close() },
          commit: async (group: string, inputs: ReadonlyMap<string, number>) => {
            const fails = atCommits.includes(++commits);
            const gone = new TributaryError('TRIB_TEST', 'transient', { what: 'The broker is away.' });
            if (fails && how === 'before') throw gone;
            const ends = await commit(group, inputs);
            if (fails) throw gone;
            return ends;
          },
        });
      };
    },
  });
}

describe('crashes', () => {
  for (const how of ['before', 'after'] as const) {
    test(`a commit that breaks ${how} it is done neither loses nor repeats a row`, async () => {
      writeFileSync(join(folder, 'many.csv.gz'), gzipSync(csv(1, 35_000)));
      const broker = breaking(memoryBroker(clock), [2, 3, 5], how);
      const { backfills } = await world({ broker });

      await backfills.submit(job('many.csv.gz'));
      await until(backfills, 'history', 'released');

      const rows = await written(broker);
      assert.deepEqual(totals(rows), [35_000, (35_000n * 35_001n) / 2n, 35_000]);
      await backfills.stop();
    });
  }
});

describe('bad rows and damaged files', () => {
  const failed = async (backfills: Backfills): Promise<BackfillStatus> => {
    for (;;) {
      const status = backfills.status('history');
      if (status.state === 'failed') return status;
      assert.notEqual(status.state, 'released');
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test('a bad row fails the job before a row is sent; mended and retried, it loads', async () => {
    const { backfills, broker } = await world();
    await backfills.submit(job(copied('corrupt/bad_int_row.csv', 'orders.csv')));

    const status = await failed(backfills);
    assert.match(status.error!, /^orders\.csv:1001: column ACCOUNT_ID: "abc" is not a 64-bit integer\./);
    assert.equal((await written(broker)).length, 0);

    writeFileSync(join(folder, 'orders.csv'), csv(1, 50));
    await backfills.retry('history');
    await until(backfills, 'history', 'released');
    assert.equal((await written(broker)).length, 50);
    await backfills.stop();
  });

  test('allowed bad rows are skipped and reported with file and line', async () => {
    const { backfills, broker } = await world();
    await backfills.submit(job(copied('corrupt/wrong_type_line.json', 'wrong.json'), { 'bad.rows.max': 2 }));

    const status = await until(backfills, 'history', 'released');
    assert.deepEqual([status.rows, status.badRows], [2000, 2]);
    assert.deepEqual(
      status.badRowReports.map(({ file, line }) => [file, line]),
      [
        ['wrong.json', 1001],
        ['wrong.json', 1002],
      ],
    );
    assert.equal((await written(broker)).length, 1998);
    await backfills.stop();
  });

  for (const [file, message] of [
    ['gz_truncated.csv.gz', /gz_truncated\.csv\.gz: The gzip data ends in the middle/],
    ['unclosed_quote.csv', /unclosed_quote\.csv:1001: A quote is opened and never closed/],
    [
      'renamed_column.csv',
      /renamed_column\.csv: The file has no column min_order_id, from which ORDER_ID is to be filled/,
    ],
    ['missing_column.csv', /missing_column\.csv: The file has no column min_order_id/],
    ['wrong_type_column.csv', /wrong_type_column\.csv:2: column ORDER_ID: /],
    ['truncated.avro', /truncated\.avro:1001: Block 3/],
    ['zero_bytes.csv', /zero_bytes\.csv:1: The file is empty/],
    ['not_parquet.parquet', /not_parquet\.parquet/],
  ] as const) {
    test(`${file} fails with its reason, and no row is sent`, async () => {
      const { backfills, broker } = await world();
      await backfills.submit(job(fixture(`corrupt/${file}`)));

      assert.match((await failed(backfills)).error!, message);
      assert.equal((await written(broker)).length, 0);
      await backfills.stop();
    });
  }

  test('a missing shard, no file at all and a wrong count of rows are told', async () => {
    const { backfills, broker } = await world();
    await backfills.submit(job(fixture('corrupt/missing_shard/*.csv')));
    assert.match((await failed(backfills)).error!, /000000000001 are missing/);
    await backfills.submit(job('nothing-*.csv'), { rerun: true });
    assert.match((await failed(backfills)).error!, /No file matches nothing-\*\.csv/);
    await backfills.submit(job(fixture('min_order/ndjson/*.json'), { 'expected.rows': 2001 }), { rerun: true });
    assert.match((await failed(backfills)).error!, /hold 2000 rows together, but expected\.rows says 2001/);

    assert.equal((await written(broker)).length, 0);
    await backfills.stop();
  });

  test('faults of a definition are told all at once, with the nearest names', async () => {
    const { backfills } = await world();

    await assert.rejects(
      backfills.submit({ name: 'a b', backfill: { sorce: 'x', into: 'orders', format: 'parquet' } }),
      (error: unknown) =>
        error instanceof TributaryError &&
        error.kind === 'config' &&
        /name is "a b"/.test(error.message) &&
        /did you mean "source"\?/.test(error.message) &&
        /use one of csv, ndjson, avro/.test(error.message),
    );
    mkdirSync(join(folder, 'empty'), { recursive: true });
    await backfills.submit(job(fixture('min_order/ndjson/*.json'), { columns: { ACOUNT_ID: 'user_id' } }));
    assert.match((await failed(backfills)).error!, /orders has no column ACOUNT_ID: did you mean ACCOUNT_ID\?/);
    await backfills.stop();
  });
});

describe('life of a job', () => {
  test('a job waits for a stream that does not exist yet, and says so', async () => {
    writeFileSync(join(folder, 'early.csv'), csv(1, 3));
    let exists = false;
    const { backfills } = await world({
      target: async () => {
        if (exists) return TARGET;
        throw new TributaryError('TRIB_TEST', 'notFound', { what: 'No stream orders.' });
      },
    });
    await backfills.submit(job('early.csv'));
    while (backfills.status('history').note === null) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(backfills.status('history').note, 'waiting for orders: No stream orders.');

    exists = true;

    await until(backfills, 'history', 'released');
    await backfills.stop();
  });

  test('a cancelled job stops, is never released, and goes on where it was when retried', async () => {
    writeFileSync(join(folder, 'cancel.csv'), csv(1, 30_000));
    const { backfills, broker } = await world();
    await backfills.submit(job('cancel.csv'));
    while (backfills.status('history').state !== 'loading') await new Promise((resolve) => setImmediate(resolve));

    assert.equal((await backfills.cancel('history')).state, 'cancelled');
    const aborting = new AbortController();
    const released = backfills.released('history', aborting.signal);
    aborting.abort();
    await assert.rejects(released);

    await backfills.retry('history');
    await until(backfills, 'history', 'released');
    assert.deepEqual(totals(await written(broker)), [30_000, (30_000n * 30_001n) / 2n, 30_000]);
    await backfills.stop();
  });

  test('a job stopped in mid-load is driven on by the next host', async () => {
    writeFileSync(join(folder, 'stopped.csv'), csv(1, 30_000));
    const { backfills, broker, queue } = await world();
    await backfills.submit(job('stopped.csv'));
    while (backfills.status('history').state !== 'loading') await new Promise((resolve) => setImmediate(resolve));
    await backfills.stop();

    const next = await world({ broker, queue });
    await until(next.backfills, 'history', 'released');

    assert.deepEqual(totals(await written(broker)), [30_000, (30_000n * 30_001n) / 2n, 30_000]);
    assert.deepEqual(
      next.backfills.list().map((status) => [status.name, status.state]),
      [['history', 'released']],
    );
    await next.backfills.stop();
  });

  test('an unknown name is notFound, with the nearest one', async () => {
    const { backfills } = await world();
    await backfills.submit(job('early.csv', {}, 'history'));

    assert.throws(
      () => backfills.status('histry'),
      (error: unknown) =>
        error instanceof TributaryError && error.kind === 'notFound' && error.message.endsWith('Did you mean history?'),
    );
    await backfills.stop();
  });
});
