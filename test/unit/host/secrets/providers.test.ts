import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Redactor } from '../../../../src/core/redact.ts';
import { Providers } from '../../../../src/host/secrets/providers.ts';

function world(worker: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'trib-providers-'));
  writeFileSync(join(folder, 'secret.properties'), 'user=anna\npassword=sesame street\n');
  writeFileSync(join(folder, 'token'), 'abc\n');
  const redactor = new Redactor();
  return { folder, redactor, providers: new Providers({ environment: { HOST: 'kafka' }, worker }, redactor) };
}

test('references to files, folders and the environment are resolved, alone or within text', () => {
  const { folder, providers } = world();

  const resolved = providers.resolve({
    file: `\${file:${folder}/secret.properties:user}`,
    directory: `\${directory:${folder}:token}`,
    mixed: `\${env:HOST}:\${env:PORT:9092}/x`,
    plain: 'as it is',
    nothing: null,
  });

  assert.deepEqual(resolved, {
    file: 'anna',
    directory: 'abc\n',
    mixed: 'kafka:9092/x',
    plain: 'as it is',
    nothing: null,
  });
});

test('what cannot be resolved stays as it is written, but an unreadable file is an error', () => {
  const { folder, providers } = world();
  const open = {
    a: '${vault:x:y}',
    b: '${env:NONE}',
    c: `\${file:${folder}/secret.properties:none}`,
    d: `\${directory:${folder}:none}`,
  };

  assert.deepEqual(providers.resolve(open), open);
  assert.throws(
    () => providers.resolve({ a: `\${file:${folder}/gone.properties:x}` }),
    /Could not read properties from file/,
  );
});

test('a file outside the allowed paths acts as if it were empty', () => {
  const { folder, providers } = world({
    'config.providers': 'file',
    'config.providers.file.param.allowed.paths': '/nowhere',
  });
  const config = { a: `\${file:${folder}/secret.properties:user}` };

  assert.deepEqual(providers.resolve(config), config);
});

test('what came out of a secret file is blanked in texts from then on', () => {
  const { folder, redactor, providers } = world();

  providers.resolve({ a: `\${file:${folder}/secret.properties:password}` });

  assert.equal(redactor.redact('login with sesame street failed'), 'login with [hidden] failed');
});
