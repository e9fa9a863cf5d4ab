import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { openAvro } from '../../../../src/backfill/rows/avro-rows.ts';
import { openCsv } from '../../../../src/backfill/rows/csv-rows.ts';
import { openNdjson } from '../../../../src/backfill/rows/ndjson-rows.ts';
import type { RowSource } from '../../../../src/backfill/rows/row-source.ts';

const FIXTURES = new URL('../../../fixtures/bigquery/', import.meta.url).pathname;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function rowsOf(source: RowSource, wanted: readonly string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const batch of source.read(wanted)) {
    batch.rows.forEach((row, i) => {
      found.push([batch.lines[i], row ?? batch.faults.get(i)]);
    });
  }
  return found;
}

async function csv(text: string, size = 1_000, delimiter = ','): Promise<unknown[]> {
  const chunks = pieces(Buffer.from(text), size);
  return rowsOf(await openCsv(chunks, { path: 'f.csv', delimiter, header: true }), ['A', 'b']);
}

describe('CSV', () => {
  const TRICKY = 'a,b\r\n1,"x ""y"", z"\r\n"two\r\nlines",\r\n,""\nü€𝄞,"end"';
  const ROWS = [
    [2, ['1', 'x "y", z']],
    [3, ['two\r\nlines', null]],
    [5, [null, '']],
    [6, ['ü€𝄞', 'end']],
  ];

  for (const size of [1, 2, 3, 5, 7, 1000]) {
    test(`quotes, line ends and letters of several bytes are read alike in pieces of ${size} bytes`, async () => {
      assert.deepEqual(await csv(TRICKY, size), ROWS);
    });
  }

  test('text behind a closing quote is a bad row, and the next row is good', async () => {
    assert.deepEqual(await csv('a,b\n"1"x,2\n3,4\n'), [
      [2, 'there is text behind a closing quote'],
      [3, ['3', '4']],
    ]);
  });

  test('blank lines are no rows, a byte order mark is no part of the first name', async () => {
    assert.deepEqual(await csv('\ufeffa,b\n\n1,2\n\n\n'), [[3, ['1', '2']]]);
  });

  test('a quote within an unquoted cell is itself', async () => {
    assert.deepEqual(await csv('a;b\n5" disk;2\n', 1_000, ';'), [[2, ['5" disk', '2']]]);
  });

  test('bytes that are no UTF-8 fail the file', async () => {
    const chunks = pieces(Buffer.from([97, 44, 98, 10, 255, 44, 49, 10]), 100);
    await assert.rejects(openCsv(chunks, { path: 'f.csv', delimiter: ',', header: true }), /is not UTF-8/);
  });
});

test('NDJSON in small pieces: keys in any case, left out keys are NULL, numbers keep their digits', async () => {
  const text = '{"A":9007199254740993,"B":"x"}\n{"b":1.50}\n\n[1]\n{"a":';
  for (const size of [1, 3, 1000]) {
    const rows = (await rowsOf(openNdjson(pieces(Buffer.from(text), size), 'f'), ['a', 'b'])) as [number, unknown][];
    assert.deepEqual(rows[0], [1, [9007199254740993n, 'x']]);
    assert.deepEqual(JSON.stringify(rows[1]), '[2,[null,{"text":"1.50"}]]');
    assert.deepEqual(rows[2], [4, 'the line is no JSON object']);
    assert.equal(rows[3]![0], 5);
    assert.equal(typeof rows[3]![1], 'string');
  }
});

test('an Avro file gives the same rows in pieces of any size', async () => {
  const bytes = readFileSync(`${FIXTURES}min_order/avro_snappy/min_order-000000000002.avro`);
  const wanted = ['MIN_ORDER_ID', 'user_id'];
  const whole = await rowsOf(await openAvro(pieces(bytes, 1_000_000), 'f'), wanted);

  assert.equal(whole.length, 300);
  for (const size of [1, 13, 500]) {
    assert.deepEqual(await rowsOf(await openAvro(pieces(bytes, size), 'f'), wanted), whole);
  }
});
