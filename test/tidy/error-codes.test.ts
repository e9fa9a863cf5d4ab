// Every code that is thrown stands in docs/reference/errors.md, and every code that stands there is thrown.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, type Source, sourcesUnder } from './sources.ts';

const PRODUCT = [...sourcesUnder('src'), ...sourcesUnder('connectors')];

/** A whole code as a text; names of environment variables and words looked for in answers are none. */
const CODE = /(?<!\[|includes\(|startsWith\(|replace\()'(TRIB_[A-Z0-9_]+)'/g;
/** An id of the catalogue of SQL rejections, as the binder and the parser name it. */
const SQL_ID = /'(?!UTF|ISO|SHA)([A-Z]{2,8}-[0-9]{1,2})'/g;

function found(sources: readonly Source[], pattern: RegExp): string[] {
  return sources.flatMap(({ lines }) =>
    lines
      .filter((line) => !/^\s*(\/\/|\*)/.test(line))
      .flatMap((line) => [...line.matchAll(pattern)].map((m) => m[1]!)),
  );
}

function thrown(): string[] {
  const sql = PRODUCT.filter(({ path }) => path.startsWith('src/sql/'));
  const ids = found(sql, SQL_ID).map((id) => `TRIB_SQL_${id.replaceAll('-', '_')}`);
  return sorted([...found(PRODUCT, CODE), ...ids]);
}

function documented(): string[] {
  const text = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8');
  const named = [...text.matchAll(/^\| `([A-Z0-9_-]+)` \|/gm)].map((match) => match[1]!);
  return sorted(named.map((name) => (name.startsWith('TRIB_') ? name : `TRIB_SQL_${name.replaceAll('-', '_')}`)));
}

function sorted(codes: readonly string[]): string[] {
  return [...new Set(codes)].sort();
}

test('every error code that is thrown is explained in docs/reference/errors.md', () => {
  const known = new Set(documented());

  assert.deepEqual(
    thrown().filter((code) => !known.has(code)),
    [],
  );
});

test('docs/reference/errors.md explains no code that is gone', () => {
  const used = new Set(thrown());

  assert.deepEqual(
    documented().filter((code) => !used.has(code)),
    [],
  );
});
