import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { modulesOfPath } from '../../../src/wiring/plugin-path.ts';

const root = mkdtempSync(join(tmpdir(), 'trib-plugin-path-'));
after(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content = ''): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

test('files and sub-folders with JavaScript are modules, and jars are passed over', () => {
  put('many/one.mjs');
  put('many/types.d.ts');
  put('many/exported/package.json', '{"exports":{".":{"import":"./lib/main.js"}}}');
  put('many/exported/lib/main.js');
  put('many/with-main/package.json', '{"main":"start.js"}');
  put('many/with-main/start.js');
  put('many/plain/index.js');
  put('many/@scope/inner/index.js');
  put('many/kafka-connect-s3/lib/s3.jar');
  put('many/.hidden/index.js');

  const { modules, problems } = modulesOfPath(join(root, 'many'));

  assert.deepEqual(
    modules.map(({ file }) => file.slice(root.length + 6)),
    ['@scope/inner/index.js', 'exported/lib/main.js', 'one.mjs', 'plain/index.js', 'with-main/start.js'],
  );
  assert.deepEqual(problems, []);
});

test('a folder that is itself a package is one module', () => {
  put('single/package.json', '{"exports":"./index.js"}');
  put('single/index.js');
  put('single/helper.js');

  assert.deepEqual(
    modulesOfPath(join(root, 'single')).modules.map(({ file }) => file),
    [join(root, 'single/index.js')],
  );
});

test('what cannot be found is said', () => {
  put('broken/one/package.json', '{"exports":"./missing.js"}');

  assert.deepEqual(
    [...modulesOfPath(join(root, 'broken')).problems, ...modulesOfPath(join(root, 'none')).problems].map(
      ({ message }) => message,
    ),
    ['one names ./missing.js in its package.json, which is not there.', 'There is no such folder (plugin.path).'],
  );
});
