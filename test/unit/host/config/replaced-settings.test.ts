import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateConnector } from '../../../../src/host/index.ts';
import { hostWorld, SinkProbe, SourceProbe } from '../../../support/host-world.ts';

async function warningsOf(config: Record<string, string>): Promise<readonly string[]> {
  const world = await hostWorld([new SourceProbe().definition(), new SinkProbe().definition()]);
  const { warnings = [] } = await validateConnector({ name: 'a', ...config }, world.environment);
  await world.close();
  return warnings;
}
const SOURCE = { 'connector.class': 'ProbeSource', topic: 'out' };
const SINK = { 'connector.class': 'ProbeSink', topics: 'in' };
const UNWRAP = { transforms: 'u', 'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState' };
const MODE = 'transforms.u.delete.tombstone.handling.mode';

test('an option that newer versions of a transform have replaced is told with what it is now', async () => {
  const old = (drop: string | null, mode: string | null, more: Record<string, string> = {}) =>
    warningsOf({
      ...SINK,
      ...UNWRAP,
      ...(drop === null ? {} : { 'transforms.u.drop.tombstones': drop }),
      ...(mode === null ? {} : { 'transforms.u.delete.handling.mode': mode }),
      ...more,
    });
  const text = (option: string) =>
    `The setting "transforms.u.${option}" is of an older version and has no effect: "${MODE}" has replaced it.`;
  const set = (mode: string) => ` To go on as before, set it to "${mode}".`;

  assert.deepEqual(await old('false', null), [text('drop.tombstones') + set('tombstone')]);
  assert.deepEqual(await old('true', 'none'), [
    text('drop.tombstones') + set('delete-to-tombstone'),
    text('delete.handling.mode') + set('delete-to-tombstone'),
  ]);
  assert.deepEqual(await old('false', 'rewrite'), [
    text('drop.tombstones') + set('rewrite-with-tombstone'),
    text('delete.handling.mode') + set('rewrite-with-tombstone'),
  ]);
  assert.deepEqual(await old('false', null, { [MODE]: 'drop' }), [text('drop.tombstones')]);
});

test('a schema that is chosen for writing is told to have no effect while schemas are registered', async () => {
  const avro = { 'value.converter': 'io.confluent.connect.avro.AvroConverter' };
  const latest = { ...avro, 'value.converter.use.latest.version': 'true' };
  const off = { 'value.converter.auto.register.schemas': 'false' };
  const text = (name: string) =>
    `"value.converter.${name}" has no effect while "value.converter.auto.register.schemas" is true: records are written with a schema of their own, which is registered. Set "value.converter.auto.register.schemas" to "false".`;

  assert.deepEqual(await warningsOf({ ...SOURCE, ...latest }), [text('use.latest.version')]);
  assert.deepEqual(await warningsOf({ ...SOURCE, ...avro, 'value.converter.use.schema.id': '7' }), [
    text('use.schema.id'),
  ]);
  assert.deepEqual(await warningsOf({ ...SOURCE, ...latest, ...off }), []);
  assert.deepEqual(await warningsOf({ ...SOURCE, ...avro, 'value.converter.use.latest.version': 'false' }), []);
  assert.deepEqual(await warningsOf({ ...SINK, ...latest }), []);
});
