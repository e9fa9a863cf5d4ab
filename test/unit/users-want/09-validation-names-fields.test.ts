import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SinkProbe } from '../../support/host-world.ts';
import { restWorld } from '../../support/rest-world.ts';
import { sinkConfig } from './world.ts';

interface Infos {
  readonly error_count: number;
  readonly configs: readonly { readonly value: { readonly name: string; readonly errors: readonly string[] } }[];
}

const FAULTY = sinkConfig({
  name: 'a',
  'tasks.max': 'many',
  transforms: 'mask,lost',
  'transforms.mask.type': 'org.apache.kafka.connect.transforms.MaskField$Value',
  'transforms.lost.type': 'NoSuchTransform',
  'errors.tolerance': 'some',
  'eror.log': 'x',
  'errors.log.enabel': 'true',
});

async function answers() {
  const world = await restWorld([new SinkProbe().definition()]);
  const validated = await world.call('PUT', '/connector-plugins/ProbeSink/config/validate', FAULTY);
  const created = await world.call('POST', '/connectors', { name: 'a', config: FAULTY });
  await world.close();
  return { infos: validated.body as Infos, created, message: (created.body as { message: string }).message };
}

test('9: create refuses with the very errors that validate tells, each with its field', async () => {
  const { infos, created, message } = await answers();

  const told = infos.configs.flatMap(({ value }) => value.errors.map((error) => ({ name: value.name, error })));
  assert.equal(created.status, 400);
  assert.ok(told.length >= 4);
  assert.deepEqual(
    told.filter(({ error }) => !message.includes(error)),
    [],
  );
  const fields = new Set(told.map(({ name }) => name));
  for (const field of ['tasks.max', 'transforms.mask.fields', 'transforms.lost.type', 'errors.tolerance']) {
    assert.ok(fields.has(field), field);
    assert.ok(message.includes(field), `${field} in: ${message}`);
  }
});

test('9: a setting that nobody knows is told with the one that was meant', async () => {
  const { message } = await answers();

  assert.match(message, /"errors\.log\.enabel".*Did you mean "errors\.log\.enable"\?/);
  assert.doesNotMatch(message, /^\s+at /m);
});
