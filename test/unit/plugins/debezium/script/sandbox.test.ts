import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../../src/core/errors.ts';
import { changeEvent } from '../../../../../src/plugins/debezium/sample-event.ts';
import { ScriptEngine } from '../../../../../src/plugins/debezium/script/engine.ts';
import { recordExpression } from '../../../../../src/plugins/debezium/script/expression.ts';

const engine = new ScriptEngine();
await engine.prepare();
const RECORD = changeEvent('u', [7, 'old'], [7, 'new']);

function attempt(text: string): unknown {
  try {
    return recordExpression(engine, 'condition', text)(RECORD);
  } catch (error) {
    if (error instanceof TributaryError && (error.kind === 'data' || error.kind === 'config')) return error.kind;
    throw error;
  }
}

// Names of the host are not even known at configuration; what is made at run time finds nothing.
const escapes: readonly (readonly [string, unknown])[] = [
  ['process.exit(1)', 'config'],
  ["require('fs')", 'config'],
  ["import('node:fs')", 'config'],
  ['eval("1")', 'config'],
  ['Function("return process")()', 'config'],
  ['new Proxy({}, {})', 'config'],
  ['Reflect.ownKeys(value)', 'config'],
  ['setTimeout(() => 1, 0)', 'config'],
  ['fetch("http://127.0.0.1")', 'config'],
  ['WebAssembly.compile', 'config'],
  ["typeof globalThis['process']", 'undefined'],
  ["typeof globalThis['req' + 'uire']", 'undefined'],
  ["typeof globalThis['eval']", 'undefined'],
  ["typeof globalThis['Func' + 'tion']", 'undefined'],
  ["(() => 1)['constructor']", undefined],
  ["(() => 1).constructor('return 1')()", 'data'],
  ["(async () => 1).constructor('return 1')", 'data'],
  ["(function* () {}).constructor('yield 1')", 'data'],
  ["''['constructor']['constructor']", undefined],
  ["[].map['constructor']", undefined],
  ["value['constructor']", undefined],
  ["value['__proto__']", undefined],
  ["value.after['constructor']", undefined],
  ["topic['constructor']['constructor']", undefined],
  ['Object.getPrototypeOf(value)', null],
  ['value.after.id = 8; value.after.id', 'data'],
  ['delete value.after; 1', 'data'],
  ['Object.setPrototypeOf(value, { polluted: true }); 1', 'data'],
  ['Object.prototype.polluted = true; 1', 'data'],
  ["({})['__proto__'].polluted = true; 1", 'data'],
  ['Array.prototype.includes = () => true; 1', 'data'],
  ['Object.defineProperty(String.prototype, "x", { value: 1 }); 1', 'data'],
  ['globalThis.count = 1; 1', 'data'],
  ['arguments.callee', 'data'],
  ['(function () { return this })()', undefined],
  ['try { null.x } catch (error) { return String(error.constructor.constructor) }', 'undefined'],
];

for (const [text, expected] of escapes) {
  test(`no way out: ${text}`, () => {
    assert.equal(attempt(text), expected);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
}

const endless: readonly (readonly [string, RegExp])[] = [
  ['while (true) {} 1', /ran too long/],
  ['for (;;) { try { while (true) {} } catch {} finally { } } 1', /ran too long/],
  ["/(a+)+$/.test('a'.repeat(40) + 'b')", /ran too long/],
  ['throw { get message() { while (true) {} } }; 1', /ran too long/],
  ['const all = []; while (true) all.push(new Array(1000).fill(1)); 1', /ran too long|memory/],
  ["'x'.repeat(2 ** 29)", /memory/],
  ['(function again() { return again() + 1 })()', /stack overflow/],
  ['new Array(2 ** 32 - 1).indexOf(1)', /takes a list of at most/],
  ['Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0)', /takes a list of at most/],
];

for (const [text, message] of endless) {
  test(`ended by its limits, and the next record is evaluated: ${text}`, () => {
    const evaluate = recordExpression(engine, 'condition', `if (value.op == 'c') return 'fine'; ${text}`);

    assert.throws(() => evaluate(RECORD), { kind: 'data', message });
    assert.equal(evaluate(changeEvent('c', null, [1, 'x'])), 'fine');
  });
}

test('nothing is kept from record to record', () => {
  const evaluate = recordExpression(
    engine,
    'condition',
    "const seen = globalThis['seen']; try { globalThis['seen'] = 1 } catch {} return seen",
  );

  assert.deepEqual([evaluate(RECORD), evaluate(RECORD)], [undefined, undefined]);
});
