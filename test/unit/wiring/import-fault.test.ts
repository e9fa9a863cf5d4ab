import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { importPlaced } from '../../../src/wiring/import-fault.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-fault-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, ...lines: string[]): string {
  const file = join(folder, name);
  writeFileSync(file, lines.join('\n'));
  return file;
}
const messageOf = (file: string): Promise<string> =>
  importPlaced(pathToFileURL(file).href).then(
    () => 'imported',
    (error: Error) => error.message,
  );

test('a module with wrong syntax is told with file, line and column', async () => {
  const file = put('wrong.mjs', 'export const plugins = [', '  foo(;', ']');

  assert.equal(await messageOf(file), `SyntaxError: Unexpected token ';' (${file}:2:7)`);
});

test('of a module that ends too early the last line is told', async () => {
  const file = put('short.mjs', 'export const plugins = [', '  { kind: "sink",');

  assert.match(await messageOf(file), /^SyntaxError: Unexpected end of input \(.*short\.mjs:\d(:\d+)?\)$/);
});

test('of what a module imports the wrong file is told', async () => {
  const part = put('part.mjs', 'const x = 1;', 'let y = = 2;');
  const file = put('whole.mjs', "import './part.mjs';", 'export const plugins = [];');

  assert.equal(await messageOf(file), `SyntaxError: Unexpected token '=' (${part}:2:9)`);
});

test('so are an export that is not there, a script of the older kind, and what is thrown at import', async () => {
  put('ok.mjs', 'export const y = 1;');
  const file = put('missing.mjs', "import { x } from './ok.mjs';", 'export const plugins = [x];');
  const script = put('older.cjs', 'const x = 1;', 'let y = = 2;');
  const thrower = put('throws.mjs', 'export const plugins = [', '  nope.x,', '];');

  assert.match(await messageOf(file), /does not provide an export named 'x' \(.*missing\.mjs:1:10\)$/);
  assert.equal(await messageOf(script), `SyntaxError: Unexpected token '=' (${script}:2:9)`);
  assert.equal(await messageOf(thrower), `ReferenceError: nope is not defined (${thrower}:2:3)`);
});

test('what Node names by itself is told as it is', async () => {
  const file = put('lost.mjs', "import './nowhere.mjs';");

  assert.match(await messageOf(file), /^Cannot find module '.*nowhere\.mjs' imported from .*lost\.mjs$/);
});
