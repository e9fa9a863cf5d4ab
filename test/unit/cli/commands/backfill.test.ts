import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import express from 'express';
import { memoryBroker } from '../../../../src/adapters/embedded-log/index.ts';
import { EmbeddedJobQueue } from '../../../../src/adapters/embedded-queue/job-queue.ts';
import { EmbeddedRegistry } from '../../../../src/adapters/registry/embedded.ts';
import { Backfills } from '../../../../src/backfill/index.ts';
import { backfill } from '../../../../src/cli/commands/backfill.ts';
import type { CliIo } from '../../../../src/cli/io.ts';
import { primitive, structOf } from '../../../../src/core/data/schema.ts';
import { Redactor } from '../../../../src/core/redact.ts';
import { backfillRouter } from '../../../../src/http/backfill.ts';
import { errorHandler } from '../../../../src/http/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'trib-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let nowMs = 0;
const sleep = async (): Promise<void> => {
  nowMs += 500;
  await new Promise((resolve) => setImmediate(resolve));
};
const clock = { now: () => nowMs, sleep };
const optional = { optional: true };
const side = (name: string) => ({
  ...{ format: 'JSON', unwrapped: false, properties: {} },
  schema: structOf([{ name, schema: primitive('int64', optional) }]),
});

async function serve(): Promise<{ url: string; server: Server; backfills: Backfills }> {
  const broker = memoryBroker(clock);
  await broker.createTopics([{ name: 'T', partitions: 1 }]);
  const backfills = new Backfills({
    ...{ broker, clock, clusterId: 'c', folder, registry: new EmbeddedRegistry(null) },
    queue: new EmbeddedJobQueue({ folder: null, clock }),
    target: async () => ({ topic: 'T', key: side('ID'), value: side('N'), partitions: 1 }),
    caughtUp: async () => {},
  });
  await backfills.start();
  const app = express();
  app.use(backfillRouter(backfills));
  app.use(errorHandler(new Redactor(), () => {}));
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, backfills };
}

function io(isTerminal: boolean): CliIo & { outText: string; errText: string } {
  const held = {
    ...{ outText: '', errText: '', isTerminal, environment: {}, sleep, onInterrupt: () => () => {} },
    out: (text: string) => {
      held.outText += text;
    },
    err: (text: string) => {
      held.errText += text;
    },
  };
  return held;
}

function jobFile(name: string, csv: string): string {
  writeFileSync(join(folder, `${name}.csv`), csv);
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ name, backfill: { source: `${name}.csv`, into: 't' } }));
  return path;
}

describe('trib backfill', () => {
  test('start follows the job to its release; list, status and a second start show it', async () => {
    const { url, server, backfills } = await serve();
    const screen = io(false);

    assert.equal(await backfill(['start', jobFile('good', 'id,n\n1,2\n3,4\n'), '--server', url], screen), 0);
    assert.match(screen.errText, /good {2}released · 2 rows\n$/);

    const shown = io(false);
    await backfill(['list', '--server', url], shown);
    await backfill(['status', 'good', '--server', url], shown);
    assert.equal(
      shown.outText,
      [
        'NAME  STEP      INTO  ROWS  FILES  BAD',
        'good  released  t        2      1    0',
        'good → t: released · 2 rows',
        'FILE      STATE   ROWS  BAD',
        'good.csv  loaded     2    0',
        '',
      ].join('\n'),
    );
    const again = await fetch(`${url}/backfills`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ name: 'good', backfill: { source: 'good.csv', into: 't' } }),
    });
    assert.deepEqual([again.status, ((await again.json()) as { rows: number }).rows], [200, 2]);
    await backfills.stop();
    server.close();
  });

  test('a failed job ends with exit code 1 and its reason; on a terminal there is a bar', async () => {
    const { url, server, backfills } = await serve();
    const screen = io(true);

    assert.equal(await backfill(['start', jobFile('bad', 'id,n\n1,x\n'), '--server', url], screen), 1);

    assert.match(screen.errText, /error {2}bad\.csv:2: column N: "x" is not a 64-bit integer\./);
    assert.ok(screen.errText.includes('\r\x1b[2K'));
    await backfills.stop();
    server.close();
  });

  test('unknown jobs are exit code 4, a changed definition is 5, wrong verbs are told', async () => {
    const { url, server, backfills } = await serve();
    const screen = io(false);
    await backfill(['start', jobFile('twice', 'id,n\n1,2\n'), '--server', url], screen);
    writeFileSync(
      join(folder, 'twice.json'),
      JSON.stringify({ name: 'twice', backfill: { source: 'twice.csv', into: 'other' } }),
    );

    await assert.rejects(
      backfill(['cancel', 'twise', '--server', url], screen),
      (error: unknown) => (error as { code: number }).code === 4 && /Did you mean twice\?/.test(String(error)),
    );
    await assert.rejects(
      backfill(['start', join(folder, 'twice.json'), '--server', url], screen),
      (error: unknown) => (error as { code: number }).code === 5,
    );
    await assert.rejects(backfill(['stat', 'x'], screen), /Did you mean "start"\?/);
    await backfills.stop();
    server.close();
  });
});
