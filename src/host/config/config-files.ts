// Connectors and back-fill jobs from files of a folder: JSON in both of Connect's shapes, or properties.
//
// Law: a file is the truth for its connector. What differs from the stored config is put; a file that cannot be read or is refused
// is a problem with file, line and column, and the host goes on without it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { TargetState } from '../states.ts';
import { connectorSettings, parseCreateRequest } from './create-request.ts';
import { parseProperties } from './properties.ts';

/** Why a file was left out. */
export interface FileProblem {
  readonly file: string;
  readonly message: string;
  /** Of a connector that was refused. */
  readonly cause?: unknown;
}

export interface ConnectorFile {
  readonly file: string;
  readonly name: string;
  readonly config: RawConfig;
  readonly target: TargetState | null;
}

export interface BackfillFile {
  readonly file: string;
  readonly name: string;
  /** The whole document, `{"name","backfill":{…}}`. */
  readonly job: Readonly<Record<string, unknown>>;
}

export interface ConfigFiles {
  readonly connectors: readonly ConnectorFile[];
  readonly backfills: readonly BackfillFile[];
  readonly problems: readonly FileProblem[];
}

/** What creating connectors from files needs of a worker. */
export interface FileTarget {
  has(name: string): boolean;
  get(name: string): { readonly config: RawConfig };
  create(name: string, config: RawConfig, target: TargetState | null): Promise<void>;
  put(name: string, config: RawConfig): Promise<unknown>;
}

/** What a file may hold. */
const SHAPES =
  'Give {"name": "…", "config": {"connector.class": "…", …}}, the settings alone with "name" among them, or an array of either.';

/** Reads every `.json` and `.properties` file of a folder, in order of name. A missing folder is a problem, not an error. */
export async function readConfigFiles(folder: string): Promise<ConfigFiles> {
  const connectors: ConnectorFile[] = [];
  const backfills: BackfillFile[] = [];
  const problems: FileProblem[] = [];
  for (const file of await filesOf(folder, problems)) {
    try {
      const text = await readFile(file, 'utf8');
      const document = file.endsWith('.json') ? parseJson(text, file) : parseProperties(text);
      for (const part of Array.isArray(document) ? document : [document]) {
        if (isObject(part) && isObject(part['backfill'])) backfills.push(backfillOf(part, file));
        else connectors.push(connectorOf(part, file));
      }
    } catch (error) {
      problems.push({ file, message: messageOf(error) });
    }
  }
  return { connectors, backfills, problems: [...problems, ...repeated(connectors)] };
}

/** The connectors of one file's text: JSON in either shape (or an array of them), else properties. Throws `config`. */
export function connectorsIn(text: string, file: string): readonly ConnectorFile[] {
  const isJson = file.endsWith('.json') || /^\s*[[{]/.test(text);
  const document = isJson ? parseJson(text, file) : parseProperties(text);
  return (Array.isArray(document) ? document : [document]).map((part) => connectorOf(part, file));
}

/** Creates what is new and puts what differs; answers what was refused. */
export async function applyConnectorFiles(
  files: readonly ConnectorFile[],
  worker: FileTarget,
): Promise<readonly FileProblem[]> {
  const problems: FileProblem[] = [];
  for (const { file, name, config, target } of files) {
    try {
      if (!worker.has(name)) await worker.create(name, config, target);
      else if (!sameConfig(worker.get(name).config, { ...config, name })) await worker.put(name, config);
    } catch (error) {
      problems.push({ file, message: messageOf(error), cause: error });
    }
  }
  return problems;
}

async function filesOf(folder: string, problems: FileProblem[]): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /\.(json|properties)$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    problems.push({ file: folder, message: `config.dir cannot be read: ${(error as Error).message}` });
    return [];
  }
}

/** JSON with line and column in the error. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { line, column } = placeOf((cause as Error).message, text);
    throw new TributaryError('TRIB_CONFIG_JSON', 'config', {
      what: `This is not valid JSON: ${plainReason((cause as Error).message)}`,
      where: `${file}:${line}:${column}`,
      fix: 'Look for a missing or trailing comma, quote or brace just before this place.',
      line,
      column,
      cause,
    });
  }
}

function placeOf(message: string, text: string): { readonly line: number; readonly column: number } {
  const position = /at position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  const lines = before.split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** The engine quotes a piece of the text, which may hold a secret. */
function plainReason(message: string): string {
  return message
    .replace(/, "?\.{0,3}[\s\S]*(is not valid JSON)/, ', $1')
    .replace(/ in JSON at position \d+.*$/s, '')
    .replace(/ at position \d+.*$/s, '');
}

function connectorOf(part: unknown, file: string): ConnectorFile {
  if (!isObject(part)) throw refused(file, 'This is no connector.', SHAPES);
  const isEnveloped = isObject(part['config']);
  refuseNested(isEnveloped ? (part['config'] as Readonly<Record<string, unknown>>) : part, file);
  if (isEnveloped) refuseNested({ ...part, config: null }, file);
  const request = isEnveloped ? parseCreateRequest(part) : { config: connectorSettings(part), target: null };
  const name = (isEnveloped ? parseCreateRequest(part).name : null) ?? request.config['name'] ?? null;
  if (name === null || name === '') throw refused(file, 'The connector has no "name".', SHAPES);
  return { file, name, config: request.config, target: request.target };
}

function backfillOf(part: Readonly<Record<string, unknown>>, file: string): BackfillFile {
  const { name } = part;
  if (typeof name !== 'string' || name === '') throw refused(file, 'The back-fill has no "name".');
  return { file, name, job: part };
}

function repeated(connectors: readonly ConnectorFile[]): FileProblem[] {
  const first = new Map<string, string>();
  const problems: FileProblem[] = [];
  for (const { name, file } of connectors) {
    const other = first.get(name);
    if (other === undefined) first.set(name, file);
    else problems.push({ file, message: `The connector "${name}" stands in ${other} already; the last one wins.` });
  }
  return problems;
}

/** Setting by setting. */
export function sameConfig(left: RawConfig, right: RawConfig): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const name of names) if (left[name] !== right[name]) return false;
  return true;
}

function refuseNested(settings: Readonly<Record<string, unknown>>, file: string): void {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'object' && value !== null)
      throw refused(file, `"${name}" holds no text.`, oddHint(name, value));
  }
}

/** A list where Connect wants text is the commonest slip; anything else is a document of another shape. */
function oddHint(name: string, value: unknown): string {
  const isList = Array.isArray(value) && value.every((item) => !isObject(item));
  return isList ? `A list is written as text: "${name}": "${value.join(',')}".` : SHAPES;
}

function refused(file: string, what: string, fix?: string): TributaryError {
  return new TributaryError(
    'TRIB_CONFIG_FILE',
    'config',
    fix === undefined ? { what, where: file } : { what, where: file, fix },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
