// What a back-fill job says, checked once; and the id that follows from it.
//
// Law: the id is a digest of the definition (and the number of the run), so the same file in version control is the same job on
// every start, and its progress is found again by that id alone.

import { createHash } from 'node:crypto';
import { nearest, quoted, TributaryError } from '../core/errors.ts';

/** Where a target column's cells come from: a source column's name, null (always NULL), or a constant. */
export type ColumnSource = string | null | { readonly value: string | number | boolean };

export interface BackfillDefinition {
  readonly name: string;
  /** Files or globs (`*`, `?`, `[…]`, `**`), relative to the working folder. */
  readonly source: readonly string[];
  /** Null: told by the content. */
  readonly format: 'csv' | 'ndjson' | 'avro' | null;
  /** Stream or table the rows go into. */
  readonly into: string;
  /** Target column ← source. Target columns left out take the source column of the same name. */
  readonly columns: Readonly<Record<string, ColumnSource>>;
  /** CSV: the first line names the columns; or the names, when the files have no such line (`false` names them 1, 2, 3…). */
  readonly header: boolean | readonly string[];
  /** CSV: one character. */
  readonly delimiter: string;
  /** Source column of the record time; null: the time of loading. */
  readonly timestamp: string | null;
  /** Tables that must have caught up with the rows before the job is released. */
  readonly waitFor: readonly string[];
  /** Bad rows to skip and report; one more fails the job before a row is sent. */
  readonly badRowsMax: number;
  /** Rows all files must hold together; null: not checked. */
  readonly expectedRows: number | null;
  /** What to do with a time finer than a millisecond, which SQL types cannot hold. */
  readonly subMillisecond: 'fail' | 'truncate';
  /** Read and convert every row once before the first one is sent. */
  readonly check: boolean;
}

const FORMATS: Readonly<Record<string, BackfillDefinition['format']>> = {
  csv: 'csv',
  json: 'ndjson',
  ndjson: 'ndjson',
  newline_delimited_json: 'ndjson',
  avro: 'avro',
};
const SETTINGS = [
  ...['source', 'format', 'into', 'columns', 'header', 'delimiter', 'timestamp', 'wait.for', 'bad.rows.max'],
  ...['expected.rows', 'sub.millisecond', 'check'],
] as const;

/** Reads `{"name", "backfill": {…}}`. Throws a `config` error that lists every fault. */
export function parseDefinition(given: unknown): BackfillDefinition {
  const faults: string[] = [];
  const root = objectOf(given) ?? {};
  const settings = objectOf(root['backfill']) ?? {};
  const name = root['name'];
  if (typeof name !== 'string' || !/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
    faults.push(`name is ${quoted(name)}: give 1 to 100 letters, digits, ".", "_" or "-"`);
  }
  if (objectOf(root['backfill']) === null) faults.push('"backfill" must be an object of settings');
  for (const setting of Object.keys(settings)) {
    if ((SETTINGS as readonly string[]).includes(setting)) continue;
    const near = nearest(setting, SETTINGS);
    faults.push(`there is no setting "${setting}"${near === null ? '' : `, did you mean "${near}"?`}`);
  }
  const read = new SettingReader(settings, faults);
  const definition: BackfillDefinition = {
    name: String(name),
    source: read.list('source', true),
    format: read.format(),
    into: read.text('into') ?? read.missing('into', 'the stream or table to load'),
    columns: read.columns(),
    header: read.header(),
    delimiter: read.delimiter(),
    timestamp: read.text('timestamp'),
    waitFor: read.list('wait.for', false),
    badRowsMax: read.count('bad.rows.max', 0) ?? 0,
    expectedRows: read.count('expected.rows', null),
    subMillisecond: read.choice('sub.millisecond', ['fail', 'truncate']),
    check: read.flag('check', true),
  };
  if (faults.length > 0) {
    throw new TributaryError('TRIB_BACKFILL_INVALID', 'config', {
      what: `${faults.join('; ')}.`,
      where: `back-fill ${quoted(name)}`,
    });
  }
  return definition;
}

/** The job's id: readable name, digest, and the number of the run beyond the first. */
export function idOf(definition: BackfillDefinition, run: number): string {
  return `${definition.name}-${digestOf(definition)}${run > 1 ? `-r${run}` : ''}`;
}

/** Digest of all that decides what is loaded; how carefully it is checked before does not count. */
export function digestOf(definition: BackfillDefinition): string {
  const { check: _, ...deciding } = definition;
  return createHash('sha256').update(canonical(deciding)).digest('hex').slice(0, 10);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = objectOf(value);
  if (members === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.keys(members)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(members[key])}`)
    .join(',')}}`;
}

/** Reads single settings and notes what is wrong with them. */
class SettingReader {
  readonly #settings: Readonly<Record<string, unknown>>;
  readonly #faults: string[];

  constructor(settings: Readonly<Record<string, unknown>>, faults: string[]) {
    this.#settings = settings;
    this.#faults = faults;
  }

  text(name: string): string | null {
    const value = this.#settings[name] ?? null;
    if (value === null || (typeof value === 'string' && value !== '')) return value;
    this.#faults.push(`${name} is ${quoted(value)}: give a text`);
    return null;
  }

  missing(name: string, what: string): string {
    if ((this.#settings[name] ?? null) === null) this.#faults.push(`${name} is missing: ${what}`);
    return '';
  }

  list(name: string, required: boolean): readonly string[] {
    const value = this.#settings[name] ?? [];
    const list = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || list.some((item) => typeof item !== 'string' || item === '')) {
      this.#faults.push(`${name} is ${quoted(JSON.stringify(value))}: give a text or a list of texts`);
      return [];
    }
    if (required && list.length === 0) this.#faults.push(`${name} is missing: the files to load`);
    return list as string[];
  }

  count(name: string, fallback: number | null): number | null {
    const value = this.#settings[name] ?? null;
    if (value === null) return fallback;
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= 0) return number;
    this.#faults.push(`${name} is ${quoted(value)}: give a whole number from 0`);
    return fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#settings[name] ?? fallback;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    this.#faults.push(`${name} is ${quoted(value)}: give true or false`);
    return fallback;
  }

  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.#settings[name] ?? choices[0];
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.#faults.push(`${name} is ${quoted(value)}: use one of ${choices.join(', ')}`);
    return found ?? choices[0];
  }

  format(): BackfillDefinition['format'] {
    const value = this.text('format');
    if (value === null) return null;
    const format = FORMATS[value.toLowerCase()];
    if (format === undefined) {
      const fix = value.toLowerCase() === 'parquet' ? ' (export Parquet tables as Avro instead)' : '';
      this.#faults.push(`format is ${quoted(value)}: use one of csv, ndjson, avro${fix}`);
    }
    return format ?? null;
  }

  columns(): Readonly<Record<string, ColumnSource>> {
    const value = objectOf(this.#settings['columns'] ?? {});
    if (value === null) {
      this.#faults.push('columns must be an object of target column: source column');
      return {};
    }
    for (const [target, source] of Object.entries(value)) {
      if (isColumnSource(source)) continue;
      this.#faults.push(`columns.${target} is ${quoted(source)}: give a source column, null, or {"value": …}`);
    }
    return value as Readonly<Record<string, ColumnSource>>;
  }

  header(): boolean | readonly string[] {
    const value = this.#settings['header'] ?? true;
    return Array.isArray(value) ? this.list('header', true) : this.flag('header', true);
  }

  delimiter(): string {
    const value = this.text('delimiter') ?? ',';
    const delimiter = value === 'tab' || value === '\\t' ? '\t' : value;
    if (delimiter.length === 1 && !'"\r\n'.includes(delimiter)) return delimiter;
    this.#faults.push(`delimiter is ${quoted(value)}: give one character, or "tab"`);
    return ',';
  }
}

function isColumnSource(value: unknown): value is ColumnSource {
  if (value === null || (typeof value === 'string' && value !== '')) return true;
  const constant = objectOf(value)?.['value'];
  return ['string', 'number', 'boolean'].includes(typeof constant);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}
