import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BackfillDefinition, parseDefinition } from '../../../../src/backfill/definition.ts';
import { openRows } from '../../../../src/backfill/rows/open.ts';
import type { Cell } from '../../../../src/backfill/rows/row-source.ts';
import { TributaryError } from '../../../../src/core/errors.ts';

const FOLDER = new URL('../../../fixtures/bigquery/', import.meta.url).pathname;

function definition(settings: object = {}): BackfillDefinition {
  return parseDefinition({ name: 'x', backfill: { source: 'x', into: 's', ...settings } });
}

/** Sums as the fixtures' manifest gives them, over files of min_order. */
async function sums(files: readonly string[], settings: object = {}): Promise<object> {
  let rows = 0;
  let users = 0n;
  let orders = 0n;
  let nulls = 0;
  for (const file of files) {
    const opened = await openRows(FOLDER + file, file, definition(settings));
    for await (const batch of opened.source.read(['USER_ID', 'min_order_id'])) {
      for (const row of batch.rows) {
        rows++;
        users += BigInt(String(row![0]));
        if (row![1] === null) nulls++;
        else orders += BigInt(String(row![1]));
      }
    }
  }
  return { rows, users: String(users), orders: String(orders), nulls };
}

const WHOLE = { rows: 2000, users: '14021963', orders: '205168421471657533', nulls: 10 };

async function readAll(
  file: string,
  wanted: readonly string[],
  settings: object = {},
): Promise<{ good: number; bad: [number, string][]; last: readonly Cell[] | null }> {
  const bad: [number, string][] = [];
  let good = 0;
  let last: readonly Cell[] | null = null;
  const opened = await openRows(FOLDER + file, file, definition(settings));
  for await (const batch of opened.source.read(wanted)) {
    batch.rows.forEach((row, index) => {
      if (row === null) bad.push([batch.lines[index]!, batch.faults.get(index)!]);
      else {
        good++;
        last = row;
      }
    });
  }
  return { good, bad, last };
}

describe('whole exports', () => {
  for (const [format, extension] of [
    ['csv_gz', 'csv.gz'],
    ['ndjson', 'json'],
    ['avro_snappy', 'avro'],
  ] as const) {
    test(`every row of ${format} is read, with all digits`, async () => {
      const files = [0, 1, 2].map((shard) => `min_order/${format}/min_order-00000000000${shard}.${extension}`);

      assert.deepEqual(await sums(files), WHOLE);
    });
  }

  test('tabs without a header, pipes, gzip under a wrong name, stated or not', async () => {
    const header = ['user_id', 'min_order_id'];
    const tab = await sums(['min_order/variants/tab_noheader.tsv'], { delimiter: 'tab', header });
    const pipe = await sums(['min_order/variants/pipe.csv'], { delimiter: '|' });
    const zipped = await sums(['min_order/variants/gz_named_csv.csv']);
    const plain = await sums(['min_order/variants/avro_none.avro']);

    assert.deepEqual(pipe, tab);
    assert.deepEqual(zipped, tab);
    assert.deepEqual(plain, tab);
    assert.equal((tab as { rows: number }).rows, 400);
  });

  test('empty shards have no rows', async () => {
    const none = { rows: 0, users: '0', orders: '0', nulls: 0 };

    assert.deepEqual(await sums(['min_order/variants/empty_shard-000000000001.csv']), none);
    assert.deepEqual(await sums(['min_order/variants/empty.avro']), none);
    assert.deepEqual(await sums(['min_order/variants/empty.json'], { format: 'ndjson' }), none);
  });

  test('columns are matched by name, so their order does not matter', async () => {
    assert.deepEqual(await sums(['corrupt/columns_swapped.csv']), WHOLE);
  });

  test('cells of many kinds: quotes, line ends, delimiters and empty texts in CSV', async () => {
    const pipe = await readAll('wide/pipe.csv', ['c_string', 'c_json'], { delimiter: '|' });
    const tab = await readAll('wide/tab_noheader.tsv', ['8', '14'], { delimiter: 'tab', header: false });
    const avro = await readAll('wide/avro_none.avro', ['c_string', 'c_items', 'c_struct']);

    assert.deepEqual([pipe.good, pipe.bad], [400, []]);
    assert.deepEqual([tab.good, tab.bad], [400, []]);
    assert.deepEqual(tab.last, pipe.last);
    assert.deepEqual([avro.good, avro.last![0]], [400, pipe.last![0]]);
  });
});

describe('bad rows and damaged files', () => {
  const damaged = (line: string) => (error: unknown) =>
    error instanceof TributaryError && error.code === 'TRIB_BACKFILL_FILE_DAMAGED' && error.message.startsWith(line);
  const wanted = ['user_id', 'min_order_id'];

  test('ragged rows are bad rows with their lines', async () => {
    assert.deepEqual(await readAll('corrupt/ragged_rows.csv', wanted).then(({ good, bad }) => ({ good, bad })), {
      good: 1998,
      bad: [
        [1001, 'the row has 4 cells, the header 2'],
        [1004, 'the row has 1 cells, the header 2'],
      ],
    });
  });

  test('lines that are no JSON are bad rows with their lines', async () => {
    const broken = await readAll('corrupt/bad_line.json', wanted);
    const cut = await readAll('corrupt/last_line_cut.json', wanted);

    assert.deepEqual([broken.good, broken.bad.map(([line]) => line)], [1999, [1001]]);
    assert.deepEqual([cut.good, cut.bad.map(([line]) => line)], [1999, [2000]]);
  });

  test('an unclosed quote fails the file and names its line', async () => {
    await assert.rejects(readAll('corrupt/unclosed_quote.csv', wanted), damaged('corrupt/unclosed_quote.csv:1001'));
  });

  test('cut or damaged files never end like whole ones', async () => {
    await assert.rejects(readAll('corrupt/gz_truncated.csv.gz', wanted), damaged('corrupt/gz_truncated.csv.gz'));
    await assert.rejects(readAll('corrupt/truncated.avro', wanted), damaged('corrupt/truncated.avro:1001'));
    await assert.rejects(
      readAll('corrupt/bad_sync_last_block.avro', wanted),
      damaged('corrupt/bad_sync_last_block.avro:'),
    );
    await assert.rejects(readAll('corrupt/zero_bytes.csv', wanted), damaged('corrupt/zero_bytes.csv:1'));
  });

  test('Parquet and a format that does not fit are told', async () => {
    const refused = (error: unknown): boolean =>
      error instanceof TributaryError && error.code === 'TRIB_BACKFILL_FORMAT' && error.kind === 'config';

    await assert.rejects(
      readAll('min_order/csv_gz/min_order-000000000000.csv.gz', wanted, { format: 'avro' }),
      refused,
    );
    await assert.rejects(readAll('min_order/variants/avro_none.avro', wanted, { format: 'csv' }), refused);
  });
});
