import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  ConnectRecord,
  type SinkTask,
  type SourceTask,
  type SourceTaskContext,
  type TransformDef,
} from '../../../src/connect/index.ts';
import { type LoadedPlugins, loadPlugins, newest } from '../../../src/wiring/plugins.ts';
import { fakeHttp, sinkContext } from '../../support/fakes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const EXAMPLE = join(ROOT, 'test', 'example-plugin');

/** A folder in which the product and the example package are installed, as npm would do it. */
async function loadedExample(): Promise<LoadedPlugins> {
  const folder = mkdtempSync(join(tmpdir(), 'trib-plugin-'));
  after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'tributary'));
  cpSync(EXAMPLE, join(folder, 'node_modules', 'tributary-plugin-example'), { recursive: true });
  return loadPlugins(['tributary-plugin-example', 'not-installed'], folder);
}

const text = (value: string, offset: number) =>
  new ConnectRecord({ topic: 'mails', value, origin: { topic: 'mails', partition: 0, offset } });

test('a package brings plugins of its own, and one that is missing is told of', async () => {
  const { registry, sources, problems } = await loadedExample();

  assert.deepEqual(sources.at(-1), { from: 'tributary-plugin-example', plugins: 3 });
  assert.equal(registry.findConnector('HttpPostSink')?.className, 'example.HttpPostSink');
  assert.deepEqual(problems, [
    {
      from: 'not-installed',
      message: 'The package "not-installed" is not installed here (npm install not-installed).',
    },
  ]);
});

test("the example's transform and sink work", async () => {
  const { registry } = await loadedExample();
  const mask = (registry.find('transform', 'MaskEmail')!.def as TransformDef).create({ mask: '**' }, '', {});
  const connector = registry.findConnector('example.HttpPostSink')!.def.create();
  const task = connector.task() as SinkTask;
  const http = fakeHttp(() => ({ status: 202, headers: {}, body: '' }));
  const context = sinkContext({ http });
  const records = [text('ann@example.org came', 0), text('bob@example.org went', 1)];

  await task.start({ 'http.url': 'http://localhost/in' }, {}, context);
  await task.put(records.map((record) => mask(record)!));

  assert.deepEqual(http.bodies, ['**@example.org came\n**@example.org went\n']);
  assert.equal(context.counters.get('events_accepted'), 2);
  assert.deepEqual([...(await task.preCommit(new Map([['mails-0', 2]])))], [['mails-0', 2]]);
});

test("the example's source goes on where it ended", async () => {
  const { registry } = await loadedExample();
  const task = registry.findConnector('example.TickSource')!.def.create().task() as SourceTask;
  const clock = { sleep: async () => {} };
  const context = { clock, offset: async () => ({ next: 4 }) } as unknown as SourceTaskContext;

  await task.start({ topic: 'ticks', 'pause.ms': 1 }, {}, context);
  const [record] = (await task.poll())!;

  assert.deepEqual([record?.topic, record?.value, record?.sourceOffset], ['ticks', 'tick 5', { next: 5 }]);
});

test('the guide shows the example as it is', () => {
  const guide = readFileSync(join(ROOT, 'docs', 'guide', 'write-a-plugin.md'), 'utf8');

  const missing = ['package.json', 'index.js'].filter(
    (file) => !guide.includes(readFileSync(join(EXAMPLE, file), 'utf8')),
  );

  assert.deepEqual(missing, []);
});

test('of two plugins with one class the newest version is used, and ours before any', () => {
  const module = (from: string) => ({ from, url: '', foreign: true, classes: null });

  const { kept, losers } = newest([
    { module: module('a'), defs: [{ classes: ['x.One', 'x.Two'], version: '1.9.0' }] },
    { module: module('b'), defs: [{ classes: ['x.One'], version: '1.10.0' }] },
    { module: module('c'), defs: [{ classes: ['org.apache.kafka.connect.transforms.Cast$Key'], version: '99' }] },
  ]);

  assert.deepEqual(
    kept.map(({ module: { from }, defs }) => [from, defs.flatMap(({ classes }) => classes)]),
    [
      ['a', ['x.Two']],
      ['b', ['x.One']],
      ['c', []],
    ],
  );
  assert.deepEqual(losers, [
    { from: 'a', message: 'x.One 1.9.0 is not used: it comes from b, version 1.10.0.' },
    {
      from: 'c',
      message: 'org.apache.kafka.connect.transforms.Cast$Key 99 is not used: it comes from built-in.',
    },
  ]);
});
