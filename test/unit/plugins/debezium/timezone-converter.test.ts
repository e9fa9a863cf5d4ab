import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { primitive, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { timezoneConverter } from '../../../../src/plugins/debezium/timezone-converter.ts';
import { sample } from '../../../../src/plugins/sample.ts';

function converted(type: string, text: string) {
  const config = { 'converted.timezone': 'Europe/Paris' };
  const row = structOf([{ name: 'at', schema: primitive('string', { name: `io.debezium.time.${type}` }) }]);
  const schema = structOf([{ name: 'after', schema: row }], { name: 't.Envelope' });
  const transform = timezoneConverter.create(
    parseConfigOrThrow(timezoneConverter.config, config, ''),
    timezoneConverter.classes[0]!,
    config,
  );
  const out = transform(sample({ valueSchema: schema, value: new Struct(schema, [new Struct(row, [text])]) }));
  assert.ok(out?.value instanceof Struct && out.value.cells[0] instanceof Struct);
  return out.value.cells[0].cells[0];
}

test('a zoned text keeps its instant, and an offset of old times has seconds', () => {
  assert.deepEqual(
    [
      converted('ZonedTimestamp', '2023-07-14T22:13:20.120Z'),
      converted('ZonedTimestamp', '1900-01-01T00:00:00Z'),
      converted('ZonedTimestamp', 'infinity'),
      converted('ZonedTime', '22:13:20.5+02:00'),
    ],
    ['2023-07-15T00:13:20.12+02:00', '1900-01-01T00:09:21+00:09:21', 'infinity', '21:13:20.5+01:00'],
  );
});

for (const [type, text] of [
  ['ZonedTimestamp', 'soon'],
  ['ZonedTimestamp', '2023-07-14T22:13:20'],
  ['ZonedTimestamp', '2023-02-30T22:13:20Z'],
  ['ZonedTimestamp', '22:13:20Z'],
  ['ZonedTime', '25:13:20Z'],
  ['ZonedTime', '2023-07-14T22:13:20Z'],
] as const) {
  test(`${text} is refused as ${type}`, () => {
    assert.throws(() => converted(type, text), { kind: 'data' });
  });
}
