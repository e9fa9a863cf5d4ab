// The documentation says what the code says, and its links lead somewhere.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { referencePages } from '../../docs/generator/index.ts';
import { loadPlugins } from '../../src/wiring/plugins.ts';
import { ROOT, sourcesUnder } from './sources.ts';

test('docs/reference is what `npm run docs` writes', async () => {
  const pages = await referencePages();

  const stale = [...pages].filter(([name, text]) => {
    const path = join(ROOT, 'docs/reference', name);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  });

  assert.deepEqual(
    stale.map(([name]) => `docs/reference/${name}: run npm run docs`),
    [],
  );
});

test('every plugin and every setting says what it is for, and every transform shows it', async () => {
  const { registry } = await loadPlugins([], '.');
  const defs = [...new Set(registry.list().map(({ def }) => def))];

  const silent = defs.flatMap((def) => [
    ...(def.doc === '' ? [def.name] : []),
    ...def.config.filter(({ doc }) => doc === '').map(({ name }) => `${def.name} ${name}`),
    ...(def.kind === 'transform' && (def.examples ?? []).length === 0 ? [`${def.name} has no example`] : []),
  ]);

  assert.deepEqual(silent, []);
});

test('every link of the documentation leads to a file', () => {
  const pages = [
    ...sourcesUnder('docs', '.md'),
    { path: 'README.md', lines: readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n') },
  ];

  const broken = pages.flatMap(({ path, lines }) =>
    lines.flatMap((line) =>
      [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
        .map((match) => match[1]!)
        .filter((target) => !existsSync(join(ROOT, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    ),
  );

  assert.deepEqual(broken, []);
});
