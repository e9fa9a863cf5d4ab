// The code that stands around an expression inside the sandbox.
//
// It makes the record's members readable, turns the result into text, and then freezes all that the language itself brings, so
// that no evaluation leaves anything behind for the next one. Methods of lists take lists of a bounded length only: they loop
// inside the interpreter, where no time limit is looked at.
import type { Variable } from './record-view.ts';

const LIST_MAX = 100_000;

/** Source of a function (read) → () → text. `body` has been parsed before: it is the inside of a function. */
export function guestSource(body: string, variables: readonly Variable[]): string {
  const given = variables.map((name) => `root(${JSON.stringify(name)})`).join(', ');
  return `(function (read) {
'use strict';
${GUEST}
const main = function (${variables.join(', ')}) {{
${body}
}};
return () => {
  try {
    return textOf(main(${given}));
  } catch (error) {
    return 'e' + describe(error);
  }
};
})`;
}

const GUEST = `
const { create, freeze, getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf, defineProperty } = Object;
const { ownKeys, apply } = Reflect;
const isArray = Array.isArray, parse = JSON.parse, numberOf = Number, bigintOf = BigInt, textOfAny = String;
const LocalProxy = Proxy, Bytes = Uint8Array, LocalRangeError = RangeError, LocalMap = Map;
const slice = Function.prototype.call.bind(String.prototype.slice);
const indexOf = Function.prototype.call.bind(String.prototype.indexOf);

const root = (name) => valueOf(read('v' + name));

function valueOf(text) {
  const rest = slice(text, 1);
  switch (text[0]) {
    case 's': return rest;
    case 'd': return numberOf(rest);
    case 'i': return bigintOf(rest);
    case 't': return true;
    case 'f': return false;
    case 'z': return null;
    case 'o': return objectOf(rest);
    case 'c': return schemaOf(rest);
    case 'b': return bytesOf(rest);
    case 'a': {
      const colon = indexOf(rest, ':');
      return listOf(slice(rest, 0, colon), numberOf(slice(rest, colon + 1)));
    }
    default: return undefined;
  }
}

// A member is asked for when it is read, and then kept: the same object is the same object.
function objectOf(number) {
  const kept = create(null);
  let names = null;
  const has = (name) => typeof name === 'string' && (names ??= parse(read('n' + number))).indexOf(name) >= 0;
  const get = (name) => {
    if (typeof name !== 'string') return undefined;
    if (!(name in kept)) kept[name] = valueOf(read('m' + number + ':' + name));
    return kept[name];
  };
  return new LocalProxy(create(null), {
    get: (_, name) => get(name),
    has: (_, name) => has(name),
    ownKeys: () => { has(''); return [...names]; },
    getOwnPropertyDescriptor: (_, name) =>
      has(name) ? { value: get(name), enumerable: true, configurable: true, writable: false } : undefined,
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}

function listOf(number, length) {
  const list = [];
  for (let i = 0; i < length; i++) list[i] = valueOf(read('m' + number + ':' + i));
  return freeze(list);
}

function bytesOf(hex) {
  const bytes = new Bytes(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = numberOf('0x' + slice(hex, 2 * i, 2 * i + 2));
  return bytes;
}

function schemaOf(number) {
  const schema = create(null);
  for (const name of ['name', 'version', 'doc', 'type', 'isOptional']) {
    schema[name] = () => valueOf(read('s' + number + ':' + name));
  }
  return freeze(schema);
}

function textOf(result) {
  switch (typeof result) {
    case 'string': return 's' + result;
    case 'number': return 'd' + (result === 0 && 1 / result < 0 ? '-0' : result);
    case 'bigint': return 'i' + result;
    case 'boolean': return result ? 't' : 'f';
    case 'undefined': return 'u';
    default: return result === null ? 'z' : 'o';
  }
}

function describe(error) {
  try {
    return typeof error === 'object' && error !== null ? slice(textOfAny(error.message), 0, 200) : slice(textOfAny(error), 0, 200);
  } catch {
    return 'it threw something that has no text';
  }
}

for (const name of getOwnPropertyNames(Array.prototype)) {
  const own = getOwnPropertyDescriptor(Array.prototype, name);
  if (typeof own.value !== 'function' || name === 'constructor') continue;
  const method = own.value;
  defineProperty(Array.prototype, name, { ...own, value: { [name](...given) {
    if (!isArray(this) || this.length > ${LIST_MAX}) throw new LocalRangeError(name + ' takes a list of at most ${LIST_MAX} members');
    return apply(method, this, given);
  } }[name] });
}

// Without these nothing passes for a list that is none, and no text becomes code.
for (const name of ['Proxy', 'Reflect', 'eval', 'Function', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry']) {
  delete globalThis[name];
}
for (const make of [function () {}, function* () {}, async function () {}, async function* () {}]) {
  const prototype = getPrototypeOf(make);
  defineProperty(prototype, 'constructor', { value: undefined, writable: false, configurable: false });
}

const frozen = new LocalMap();
(function freezeAll(thing) {
  if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null || frozen.has(thing)) return;
  frozen.set(thing, true);
  freeze(thing);
  for (const key of ownKeys(thing)) {
    const own = getOwnPropertyDescriptor(thing, key);
    freezeAll(own.value);
    freezeAll(own.get);
    freezeAll(own.set);
  }
  freezeAll(getPrototypeOf(thing));
})(globalThis);
for (const make of [function* () {}, async function () {}, async function* () {}, [][Symbol.iterator](), ''[Symbol.iterator]()]) {
  (function freezeChain(thing) {
    if (thing === null || thing === undefined) return;
    if (typeof thing === 'function' && thing.prototype) freeze(thing.prototype);
    freeze(thing);
    freezeChain(getPrototypeOf(thing));
  })(make);
}
`;
