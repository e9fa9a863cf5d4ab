import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyConnectorFiles, connectorsIn, readConfigFiles } from '../../../../src/host/config/config-files.ts';
import { hostWorld, SinkProbe } from '../../../support/host-world.ts';

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'trib-config-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('connectors are read in both shapes and as properties, back-fills by their member', async () => {
  const folder = folderOf({
    '1.json': '{"name":"enveloped","config":{"tasks.max":2,"topics":"in"},"initial_state":"PAUSED"}',
    '2.json': '{"name":"flat","connector.class":"ProbeSink"}',
    '3.properties': 'name=props\nconnector.class=ProbeSink\n',
    '4.json': '{"name":"history","backfill":{"into":"x"}}',
    'notes.txt': 'not read',
  });

  const { connectors, backfills, problems } = await readConfigFiles(folder);

  assert.deepEqual(
    connectors.map(({ name, config, target }) => ({ name, config, target })),
    [
      { name: 'enveloped', config: { 'tasks.max': '2', topics: 'in' }, target: 'PAUSED' },
      { name: 'flat', config: { name: 'flat', 'connector.class': 'ProbeSink' }, target: null },
      { name: 'props', config: { name: 'props', 'connector.class': 'ProbeSink' }, target: null },
    ],
  );
  assert.deepEqual(
    backfills.map(({ name, job }) => [name, job]),
    [['history', { name: 'history', backfill: { into: 'x' } }]],
  );
  assert.deepEqual(problems, []);
});

test('broken JSON is a problem with file, line and column, and quotes nothing of the file', async () => {
  const folder = folderOf({ 'a.json': '{\n  "name": "a",\n  "password": "swordfish"\n  "x": 1\n}\n' });

  const { connectors, problems } = await readConfigFiles(folder);

  assert.deepEqual(connectors, []);
  assert.equal(problems.length, 1);
  assert.match(problems[0]!.message, /a\.json:4:3: This is not valid JSON/);
  assert.equal(problems[0]!.message.includes('swordfish'), false);
});

test('a file is the truth for its connector: what differs is put, what is refused is told', async () => {
  const probe = new SinkProbe();
  const world = await hostWorld([probe.definition()]);
  const folder = folderOf({ 'a.json': '{"name":"a","connector.class":"ProbeSink","topics":"in"}' });
  await applyConnectorFiles((await readConfigFiles(folder)).connectors, world.worker);
  await world.until('it runs', () => probe.starts.length === 1);

  writeFileSync(join(folder, 'a.json'), '{"name":"a","connector.class":"ProbeSink","topics":"other"}');
  writeFileSync(join(folder, 'b.json'), '{"name":"b","connector.class":"ProbeSik"}');
  const problems = await applyConnectorFiles((await readConfigFiles(folder)).connectors, world.worker);
  await world.until('it runs anew', () => probe.starts.length === 2);

  assert.equal(probe.starts[1]?.['topics'], 'other');
  assert.equal(problems.length, 1);
  assert.match(problems[0]!.message, /Did you mean test\.ProbeSink\?/);
  await world.close();
});

test('a document that is no connector is answered with the shapes there are, a list with how it is written', () => {
  const shapes =
    /Give \{"name": "…", "config": \{.*\}\}, the settings alone with "name" among them, or an array of either\.$/;

  assert.throws(() => connectorsIn('[1,2]', 'a.json'), shapes);
  assert.throws(() => connectorsIn('{"connectors":[{"name":"a"}]}', 'a.json'), shapes);
  assert.throws(() => connectorsIn('{"connector.class":"X"}', 'a.json'), shapes);
  assert.throws(() => connectorsIn('{"name":"a","config":{"topics":["x","y"]}}', 'a.json'), {
    message: 'a.json: "topics" holds no text. A list is written as text: "topics": "x,y".',
  });
});
