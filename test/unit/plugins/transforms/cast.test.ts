import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig, parseConfigOrThrow } from '../../../../src/core/config/parse.ts';
import { arrayOf, primitive, Struct, structOf } from '../../../../src/core/data/schema.ts';
import { sample } from '../../../../src/plugins/sample.ts';
import { cast } from '../../../../src/plugins/transforms/cast.ts';

function castOf(spec: string) {
  return cast.create(parseConfigOrThrow(cast.config, { spec }, ''), cast.classes[1]!, {});
}

test('colons at the end of a spec do not count, and a field may have an empty name', () => {
  assert.deepEqual(
    castOf('a:int8:')(sample({ value: new Map([['a', '7']]) }))?.value,
    castOf('a:int8')(sample({ value: new Map([['a', '7']]) }))?.value,
  );
  assert.equal(castOf('string:')(sample({ value: true }))?.value, 'true');
  assert.deepEqual(castOf(':string')(sample({ value: new Map([['', true]]) }))?.value, new Map([['', 'true']]));
  assert.equal(parseConfig(cast.config, { spec: 'a:int8:c' }).reports[0]!.errors.length, 1);
});

test('a field that cannot be cast is refused only when it holds a value', () => {
  const schema = structOf([{ name: 'list', schema: arrayOf(primitive('int32'), { optional: true }) }]);
  const transform = castOf('list:string');

  const out = transform(sample({ valueSchema: schema, value: new Struct(schema, [null]) }));

  assert.equal(out?.valueSchema?.fields?.[0]?.schema.kind, 'string');
  assert.throws(() => transform(sample({ valueSchema: schema, value: new Struct(schema, [[1]]) })), { kind: 'data' });
});
