import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../../../src/core/data/schema.ts';
import { expandJson } from '../../../../src/plugins/debezium/expand-json.ts';

const RULES = { nulls: 'ignore', emptyLists: 'ignore' } as const;

function shape(schema: Schema | null): string {
  if (schema === null) return 'none';
  if (schema.kind === 'array') return `[${shape(schema.items!)}]`;
  if (schema.kind !== 'struct') return schema.kind;
  return `{${schema.fields!.map((field) => `${field.name}:${shape(field.schema)}`).join(',')}}`;
}

const shapes: readonly (readonly [json: string, shape: string])[] = [
  ['{"a":1,"b":"x","c":true,"d":1.5,"e":null,"j":[]}', '{a:int32,b:string,c:boolean,d:float64}'],
  ['{"k":5000000000,"f":[1,2],"g":{"h":"i"}}', '{k:int64,f:[int32],g:{h:string}}'],
  ['{"a":[{"b":1},{"c":"y"}]}', '{a:[{b:int32,c:string}]}'],
  ['{"a":1.0}', '{a:float64}'],
  ['[]', 'none'],
];
for (const [json, expected] of shapes) {
  test(`the schema of ${json}`, () => {
    assert.equal(shape(expandJson(json, 'payload', RULES)!.schema), expected);
  });
}

for (const text of [
  '12',
  'x',
  '{"a":[1,"x"]}',
  '{"a":[1,2.5]}',
  '{"a":[[]]}',
  '{"a":[null,null]}',
  '[null]',
  '{broken',
  '{"a":99999999999999999999}',
]) {
  test(`${text} stays text`, () => {
    assert.equal(expandJson(text, 'payload', RULES), null);
  });
}

test('nulls and empty lists get a type when the rules say so', () => {
  const expanded = expandJson('{"a":null,"b":[],"c":[null]}', 'payload', {
    nulls: 'optional_bytes',
    emptyLists: 'optional_string',
  });

  assert.equal(shape(expanded!.schema), '{a:bytes,b:[string],c:[bytes]}');
});

test('a null that is kept takes the type of what stands in its place elsewhere in the list', () => {
  const expanded = expandJson('{"a":[{"b":null},{"b":1}]}', 'payload', {
    nulls: 'optional_bytes',
    emptyLists: 'ignore',
  });

  assert.equal(shape(expanded!.schema), '{a:[{b:int32}]}');
});

test('an empty list within a list has no type, whatever the rules say', () => {
  assert.equal(expandJson('{"a":[[]]}', 'payload', { nulls: 'ignore', emptyLists: 'optional_string' }), null);
});
