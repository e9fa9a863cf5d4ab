import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONFIG } from '../../../../connectors/replay/connector.ts';
import { ReplayTask } from '../../../../connectors/replay/task.ts';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import type { SourceTaskContext } from '../../../../src/connect/index.ts';
import { parseConfig } from '../../../../src/core/config/parse.ts';
import { sinkContext } from '../../../support/fakes.ts';

const line = (topic: string, timestamp: number, value: string) =>
  JSON.stringify({ topic, partition: 0, timestamp, key: null, value: Buffer.from(value).toString('base64') });

/** Values of two polls of a task that starts at the given lines. */
async function replayed(lines: Readonly<Record<string, number>>): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trib-replay-'));
  const files = [join(folder, 'a'), join(folder, 'b')];
  writeFileSync(files[0]!, `${[line('a', 1, 'a1'), line('a', 4, 'a2'), line('a', 5, 'a3')].join('\n')}\n`);
  writeFileSync(files[1]!, `${[line('b', 2, 'b1'), line('b', 3, 'b2')].join('\n')}\n`);
  const raw = { 'replay.files': files.join(','), 'replay.records.per.poll': '2' };
  const context: SourceTaskContext = {
    ...sinkContext(),
    registry: new EmbeddedRegistry(null),
    transaction: null,
    offset: async (partition) => ({ line: lines[String(partition['file']).at(-1)!] ?? 0 }),
  };
  const task = new ReplayTask();
  try {
    await task.start(parseConfig(CONFIG, raw).values, raw, context);
    const values: string[] = [];
    for (let batch = await task.poll(); batch !== null; batch = await task.poll())
      values.push(...batch.map((record) => Buffer.from(record.value as Uint8Array).toString()));
    return values;
  } finally {
    await task.stop();
    rmSync(folder, { recursive: true });
  }
}

test('records come in the order of their recorded times over all files', async () => {
  assert.deepEqual(await replayed({}), ['a1', 'b1', 'b2', 'a2', 'a3']);
});

test('a restart goes on with the line after the last stored one, and skips none', async () => {
  assert.deepEqual(await replayed({ a: 1, b: 1 }), ['b2', 'a2', 'a3']);
  assert.deepEqual(await replayed({ a: 3, b: 2 }), []);
});
