// House rules that a machine can check: file sizes, names, words that do not belong, docs of public things, tests without a subject.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT, type Source, sourcesUnder } from './sources.ts';

const SOURCE_LINES_MAX = 400;
const TEST_LINES_MAX = 600;

const PRODUCT = [...sourcesUnder('src'), ...sourcesUnder('connectors')];
const TESTS = sourcesUnder('test');

/** Code with comments and text taken out, line by line, so that words in messages do not count. */
function bare(line: string): string {
  return line
    .replace(/(['"`])(?:\\.|(?!\1).)*\1/g, "''")
    .replace(/\/\/.*$/, '')
    .replace(/^\s*\*.*$/, '')
    .replace(/\/\*.*?\*\//g, '');
}

function faults(sources: readonly Source[], find: (line: string) => string | null): string[] {
  return sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const fault = find(line);
      return fault === null ? [] : [`${path}:${index + 1}: ${fault}`];
    }),
  );
}

test('no file is longer than one idea needs', () => {
  const long = [
    ...PRODUCT.filter(({ lines }) => lines.length > SOURCE_LINES_MAX + 1),
    ...TESTS.filter(({ lines }) => lines.length > TEST_LINES_MAX + 1),
  ];

  assert.deepEqual(
    long.map(({ path, lines }) => `${path}: ${lines.length} lines; split it by subject`),
    [],
  );
});

test('files are named after what is in them', () => {
  const banned = new Set(['utils.ts', 'util.ts', 'common.ts', 'misc.ts', 'helpers.ts']);
  const ill = PRODUCT.filter(({ path }) => banned.has(basename(path)) || !/^[a-z0-9.-]+$/.test(basename(path)));

  assert.deepEqual(
    ill.map(({ path }) => path),
    [],
  );
});

test('no unfinished work and no stray output stands in the product', () => {
  const words = faults(PRODUCT, (line) => (/\b(TODO|FIXME|XXX)\b/.test(line) ? 'finish it or name an issue' : null));
  const output = faults(PRODUCT, (line) => (/\bconsole\./.test(bare(line)) ? 'use the log' : null));

  assert.deepEqual([...words, ...output], []);
});

test('time comes from the clock port in the layers that decide by it', () => {
  const deciding = PRODUCT.filter(({ path }) => /^src\/(core|sql|engine|formats|plugins|lineage|connect)\//.test(path));

  const direct = faults(deciding, (line) =>
    /\b(Date\.now\(|setTimeout\(|setInterval\(|Math\.random\()/.test(bare(line))
      ? 'ask the clock that was handed in'
      : null,
  );

  assert.deepEqual(direct, []);
});

test('what the public layers export is documented', () => {
  const layers = PRODUCT.filter(({ path }) => /^src\/(core|connect|ports)\//.test(path));

  const silent = layers.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      if (!/^export (async )?(function|class|const)\b/.test(line)) return [];
      const above = lines[index - 1]?.trim() ?? '';
      return above.endsWith('*/') || /^export (async )?function .*\);$/.test(lines[index - 1] ?? '')
        ? []
        : [`${path}:${index + 1}: say what it is`];
    }),
  );

  assert.deepEqual(silent, []);
});

const WISHES = readFileSync(join(ROOT, 'docs/design/what-users-asked-for.md'), 'utf8');

test('every unit test has a subject', () => {
  const orphans = sourcesUnder('test/unit').filter(({ path }) => {
    if (!path.endsWith('.test.ts')) return false;
    // `task.faults.test.ts` tests one aspect of `task.ts`.
    // What users ask for cuts across sources: the subject of such a test is the line of the page that names it.
    if (path.startsWith('test/unit/users-want/')) return !WISHES.includes(basename(path));
    const file = path.replace(/^test\/unit\//, '').replace(/\.test\.ts$/, '');
    const subject = join(dirname(file), basename(file).split('.')[0]!);
    return ![`src/${file}.ts`, `src/${subject}.ts`, `${subject}.ts`, `src/${subject}`, subject].some((place) =>
      existsSync(join(ROOT, place)),
    );
  });

  assert.deepEqual(
    orphans.map(({ path }) => path),
    [],
  );
});

test('every package is used, and from the layer that may meet it', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const text = PRODUCT.map(({ lines }) => lines.join('\n')).join('\n');

  const unused = Object.keys(dependencies).filter((name) => !text.includes(`'${name}`));

  assert.deepEqual(unused, []);
});

test('no machine path or registry host has slipped in', () => {
  const places = faults([...PRODUCT, ...TESTS], (line) =>
    /\/(root|work)\/|registry\.npmjs|\/home\/\w/.test(line) &&
    !line.includes('house-rules') &&
    !line.includes('/(root|work)')
      ? 'not portable'
      : null,
  );

  assert.deepEqual(places, []);
});

test('every built-in stands in the list of its folder', () => {
  const DECLARED =
    /^export const (\w+)(?:: (?:Transform|Predicate|Converter|HeaderConverter)Def\b| = (?:scalar|aggregate|table)\()/;
  const listOf = (path: string) =>
    path.startsWith('src/sql/functions/') ? 'src/sql/functions/index.ts' : join(dirname(path), 'index.ts');

  const unlisted = PRODUCT.filter(({ path }) => /^src\/(plugins\/\w+|sql\/functions)\//.test(path)).flatMap(
    ({ path, lines }) => {
      const names = lines.flatMap((line) => DECLARED.exec(line)?.[1] ?? []);
      if (names.length === 0) return [];
      const list = readFileSync(join(ROOT, listOf(path)), 'utf8');
      return names.filter((name) => !new RegExp(`\\b${name}\\b`).test(list)).map((name) => `${path}: ${name}`);
    },
  );

  assert.deepEqual(unlisted, []);
});
