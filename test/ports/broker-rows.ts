// How tests write and compare records of a broker.

import assert from 'node:assert/strict';
import type { TributaryError } from '../../src/core/errors.ts';
import type { Broker, Headers, Lane, Reader, Records } from '../../src/ports/broker.ts';

/** A record as the tests write and compare it. */
export interface Row {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs?: number;
  readonly headers?: Headers;
}

/** Appends rows to a lane. */
export function appendRows(lane: Lane, rows: readonly Row[]): void {
  for (const row of rows) {
    const key = row.key === null ? null : Buffer.from(row.key);
    const value = row.value === null ? null : Buffer.from(row.value);
    lane.append(row.timestampMs ?? -1, key, 0, key?.length ?? 0, value, 0, value?.length ?? 0, row.headers ?? null);
  }
}

/** The rows of a poll's answer as `key=value@offset`. */
export function rowsOf(found: readonly Records[]): string[] {
  const rows: string[] = [];
  for (const records of found) {
    for (let i = 0; i < records.count; i++) {
      rows.push(
        `${cell(records, records.keyStarts[i]!, records.keyEnds[i]!)}=${cell(records, records.valueStarts[i]!, records.valueEnds[i]!)}@${records.offsets[i]!}`,
      );
    }
  }
  return rows;
}

function cell(records: Records, start: number, end: number): string {
  return start < 0 ? 'null' : records.bytes.toString('utf8', start, end);
}

/** Polls until `count` records have come (or ten seconds have passed). */
export async function pollRows(reader: Reader, count: number): Promise<string[]> {
  const rows: string[] = [];
  const deadline = Date.now() + 10_000;
  while (rows.length < count && Date.now() < deadline) rows.push(...rowsOf(await reader.poll(500)));
  return rows;
}

/** The call must fail with an error of that kind. */
export async function rejectsWith(kind: TributaryError['kind'], act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error: TributaryError) => {
    assert.equal(error.kind, kind, String(error.stack));
    return true;
  });
}

/** Waits for a marker, which the broker writes in its own time after a commit was answered; answers the stable end. */
export async function settledStable(broker: Broker, topic: string, expected: number): Promise<number | undefined> {
  for (let i = 0; ; i++) {
    const end = (await broker.offsets([`${topic}-0`], 'stable')).get(`${topic}-0`);
    if (end === expected || i === 40) return end;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
