import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord, type Header } from '../../../../../src/connect/records.ts';
import { mapOf, primitive, Struct, structOf, type Value } from '../../../../../src/core/data/schema.ts';
import { TributaryError } from '../../../../../src/core/errors.ts';
import { changeEvent, TEXT } from '../../../../../src/plugins/debezium/sample-event.ts';
import { ScriptEngine } from '../../../../../src/plugins/debezium/script/engine.ts';
import { recordExpression, type Way } from '../../../../../src/plugins/debezium/script/expression.ts';

const engine = new ScriptEngine();
await engine.prepare();

const HEADERS: readonly Header[] = [
  { key: 'tenant', schema: TEXT, value: 'first' },
  { key: 'tenant', schema: TEXT, value: 'kr' },
];
const UPDATE = changeEvent('u', [7, 'old'], [7, 'new'], { headers: HEADERS });

const MIXED_SCHEMA = structOf(
  [
    { name: 'big', schema: primitive('int64') },
    { name: 'price', schema: primitive('bytes', { name: 'org.apache.kafka.connect.data.Decimal' }) },
    { name: 'raw', schema: primitive('bytes') },
    { name: 'tags', schema: { kind: 'array', optional: false, items: TEXT } },
    { name: 'counts', schema: mapOf(TEXT, primitive('int32')) },
    { name: 'level', schema: primitive('int32', { optional: true, defaultValue: 3 }) },
  ],
  { name: 'mixed' },
);
const MIXED = new ConnectRecord({
  topic: 'mixed',
  valueSchema: MIXED_SCHEMA,
  value: new Struct(MIXED_SCHEMA, [
    9007199254740993n,
    { unscaled: 1250n, scale: 2 },
    Buffer.from([1, 255]),
    ['a', 'b'],
    new Map<Value, Value>([['x', 1]]),
    null,
  ]),
});

/** What an expression gives, or that it fails. */
function outcome(text: string, record: ConnectRecord, way: Way): unknown {
  try {
    return recordExpression(engine, 'condition', text, way)(record);
  } catch (error) {
    if (error instanceof TributaryError && error.kind === 'data') return 'fails';
    throw error;
  }
}

const cases: readonly (readonly [string, ConnectRecord, unknown])[] = [
  ["value.op == 'u' && value.after.id > 5", UPDATE, true],
  ["value.op === 'c' || value.before.name !== 'old'", UPDATE, false],
  ['value.before.id', changeEvent('c', null, [7, 'new']), 'fails'],
  ['value.before?.id', changeEvent('c', null, [7, 'new']), undefined],
  ['value.before?.name.length ?? -1', changeEvent('c', null, [7, 'new']), -1],
  ['value.before == null', changeEvent('c', null, [7, 'new']), true],
  ['value.nothing', UPDATE, undefined],
  ["value['after']['id'] + 1", UPDATE, 8],
  ["header.tenant.value == 'kr'", UPDATE, true],
  ['headers.none', UPDATE, undefined],
  ['valueSchema.name()', UPDATE, 'shop.orders.Envelope'],
  ['valueSchema.type()', UPDATE, 'STRUCT'],
  ['keySchema', UPDATE, null],
  ["topic.startsWith('shop.') ? `${topic}.copy` : null", UPDATE, 'shop.orders.copy'],
  ["['u', 'd'].includes(value.op)", UPDATE, true],
  ['value.big > 9007199254740992', MIXED, true],
  ['value.big == 9007199254740993n', MIXED, true],
  ['value.big + 1', MIXED, 'fails'],
  ['value.price > 12.4 && value.price < 12.6', MIXED, true],
  ['value.raw[1]', MIXED, 255],
  ['value.raw.length', MIXED, 2],
  ['value.tags[1]', MIXED, 'b'],
  ['value.tags[9]', MIXED, undefined],
  ["value.tags.includes('b')", MIXED, true],
  ["value.tags.some((tag) => tag > 'a')", MIXED, true],
  ['value.counts.x', MIXED, 1],
  ["'x' in value.counts", MIXED, true],
  ['value.level', MIXED, 3],
  ['value == value', MIXED, true],
  ['value.tags === value.tags', MIXED, true],
  ["const { op } = value; if (op == 'u') return 'update'; return null", UPDATE, 'update'],
  ['Object.keys(value.after).join()', UPDATE, 'id,name'],
  ['/^n/.test(value.after.name)', UPDATE, true],
  ['value.after.__proto__', UPDATE, undefined],
  ['value.constructor', UPDATE, undefined],
];

for (const [text, record, expected] of cases) {
  test(`both ways give the same: ${text}`, () => {
    assert.deepEqual([outcome(text, record, 'either'), outcome(text, record, 'sandbox')], [expected, expected]);
  });
}

/** A generator of numbers; the seed is printed when the test fails. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ATOMS =
  "value.op|value.after|value.before|value.after.id|value.before.id|value?.before?.name|value.after.name|topic|header.tenant|header.tenant.value|header.none|valueSchema|valueSchema.name()|key|null|undefined|true|0|1|7|2.5|-1|'u'|'7'|''|10n|value.after.name.length|value.after['id']|topic[0]|value.nope|value.before?.name?.toUpperCase()".split(
    '|',
  );
const OPERATORS = '== != === !== < <= > >= + - * / % && || ??'.split(' ');

function expressionOf(random: (below: number) => number, depth: number): string {
  if (depth === 0) return ATOMS[random(ATOMS.length)]!;
  const inner = () => expressionOf(random, depth - 1 - random(depth));
  switch (random(8)) {
    case 0:
      return `!${inner()}`;
    case 1:
      return `(typeof ${inner()})`;
    case 2:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    case 3:
      return `\`<\${${inner()}}>\``;
    case 4:
      return `['u', 7, null].includes(${inner()})`;
    default:
      return `((${inner()}) ${OPERATORS[random(OPERATORS.length)]} (${inner()}))`;
  }
}

test('any expression gives the same compiled as in the sandbox', () => {
  const seed = 20260724;
  const random = randomOf(seed);
  const records = [UPDATE, changeEvent('c', null, [7, null]), changeEvent('d', [1, 'x'], null), MIXED];
  let compared = 0;
  for (let i = 0; i < 400; i++) {
    const text = expressionOf(random, 4);
    const record = records[random(records.length)]!;
    const [either, sandbox] = [outcome(text, record, 'either'), outcome(text, record, 'sandbox')];
    assert.deepEqual(either, sandbox, `seed ${seed}, expression ${text}`);
    compared++;
  }

  assert.equal(compared, 400);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["value.op = = 'u'", /condition, line 1, column 12: Unexpected token\. Write a JavaScript expression/],
  ["value.op ==\n  'u' &&", /condition, line 2, column 9: Unexpected token/],
  ["vlaue.op == 'u'", /line 1, column 1: "vlaue" is not known: did you mean "value"/],
  ['valueSchema.name', /line 1, column 13: "name" of a schema is a method: write valueSchema\.name\(\)/],
  ['valueSchema.fields()', /a schema has no "fields": it has name, version/],
  ['', /condition is empty/],
  ['if (value.op) { 1 }', /the last statement must be an expression or return a value/],
  ["import('fs')", /nothing can be imported/],
  [`${'('.repeat(9000)}1`, /nested too deeply|Unexpected token/],
];

for (const [text, message] of refused) {
  test(`a text that is no expression is refused with its place: ${text.slice(0, 30)}`, () => {
    assert.throws(() => recordExpression(engine, 'condition', text), { kind: 'config', message });
  });
}
