// From sources to files: globs, the numbering of export shards, and how to tell whether a file is still the one that was planned.

import { glob, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TributaryError } from '../core/errors.ts';

/** A file of a plan. Its number is its place in the plan and names its progress. */
export interface PlannedFile {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** `…-000000000012.csv.gz`: how BigQuery numbers the files of one export. */
const SHARD = /^(.*-)(\d{12})(\D*)$/;

/**
 * The files of the sources, in the order of their names. Throws `config` when nothing is found or a numbered series that was asked
 * for by a pattern has gaps: an export that lacks a shard is never taken as whole.
 */
export async function planFiles(sources: readonly string[], folder: string): Promise<readonly PlannedFile[]> {
  const paths = new Set<string>();
  for (const source of sources) {
    if (source.includes('://')) throw remote(source);
    const found = await matches(source, folder);
    if (found.length === 0) throw none(source, folder);
    for (const path of found) paths.add(path);
    if (isPattern(source)) checkSeries(found, source);
  }
  const sorted = [...paths].sort();
  return await Promise.all(
    sorted.map(async (path, number) => {
      const { size, mtimeMs } = await stat(resolve(folder, path));
      return { number, path, bytes: size, modifiedMs: Math.trunc(mtimeMs) };
    }),
  );
}

function isPattern(source: string): boolean {
  return /[*?[{]/.test(source);
}

async function matches(source: string, folder: string): Promise<readonly string[]> {
  if (!isPattern(source)) {
    const found = await stat(resolve(folder, source)).catch(() => null);
    return found?.isFile() === true ? [source] : [];
  }
  const found: string[] = [];
  for await (const path of glob(source, { cwd: folder })) {
    if ((await stat(resolve(folder, path))).isFile()) found.push(path);
  }
  return found;
}

function checkSeries(paths: readonly string[], source: string): void {
  const series = new Map<string, number[]>();
  for (const path of paths) {
    const shard = SHARD.exec(path);
    if (shard === null) continue;
    const key = `${shard[1]}*${shard[3]}`;
    series.set(key, [...(series.get(key) ?? []), Number(shard[2])]);
  }
  for (const [key, numbers] of series) {
    const held = new Set(numbers);
    const last = Math.max(...numbers);
    const missing: string[] = [];
    for (let number = 0; number < last && missing.length < 5; number++) {
      if (!held.has(number)) missing.push(String(number).padStart(12, '0'));
    }
    if (missing.length === 0) continue;
    throw new TributaryError('TRIB_BACKFILL_SHARD_MISSING', 'config', {
      what: `Of the series ${key} the numbers ${missing.join(', ')} are missing (the last one found is ${last}).`,
      where: source,
      fix: 'Copy the whole export and retry; to load a part on purpose, name its files one by one.',
    });
  }
}

function none(source: string, folder: string): TributaryError {
  return new TributaryError('TRIB_BACKFILL_NO_FILES', 'config', {
    what: `No file matches ${source} in ${folder}.`,
    fix: 'Check the path; it is relative to the folder where the host was started.',
  });
}

function remote(source: string): TributaryError {
  return new TributaryError('TRIB_BACKFILL_REMOTE', 'config', {
    what: `${source} is not on this machine: back-fills read files and globs.`,
    fix: 'Copy the export first, e.g. `gcloud storage cp "gs://bucket/run/*" exports/`.',
  });
}
