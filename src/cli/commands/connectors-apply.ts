// `trib connectors apply` and `validate`: files to connectors, checked before anything changes.
import { readFileSync } from 'node:fs';
import { nearest } from '../../core/errors.ts';
import { type Client, connectorPath } from '../client.ts';
import { type CliIo, UsageError } from '../io.ts';
import { RestFailure } from '../rest.ts';

/** One connector of a file. */
export interface GivenConnector {
  readonly name: string;
  readonly config: Readonly<Record<string, string | null>>;
  /** What it is to do once created; null: run. */
  readonly target: 'STARTED' | 'PAUSED' | 'STOPPED' | null;
}

/** Understands the text of a file: JSON in both of Connect's shapes, or properties. Throws `config` with line and column. */
export type ReadConnectors = (text: string, file: string) => readonly GivenConnector[];

interface ConfigInfos {
  readonly error_count: number;
  readonly configs: readonly {
    readonly definition: { readonly name: string } | null;
    readonly value: { readonly name: string; readonly errors: readonly string[] };
  }[];
  readonly warnings: readonly string[];
}
interface Finding {
  readonly connector: string;
  readonly setting: string;
  readonly error: string;
}

/** What a worker shows in place of a secret. */
const HIDDEN = '[hidden]';
/** Settings under these stand for something that the listed settings cannot name. */
const OPEN = /^(transforms\.|predicates\.|topic\.creation\.|config\.action\.|.*\.override\.|.*\.converter\.)/;

/** Creates what is new and updates what differs. Nothing is changed when any of the connectors is refused. */
export async function applyFiles(
  files: readonly string[],
  client: Client,
  io: CliIo,
  read: ReadConnectors,
): Promise<number> {
  const given = connectorsOf(files, 'apply', read);
  if (!(await isValid(given, client, io))) return 3;
  for (const one of given) {
    const done = await applied(one, client);
    if (client.json) client.rows([{ connector: one.name, done }]);
    else io.out(`${one.name}: ${done}\n`);
  }
  return 0;
}

/** Checks only. */
export async function validateFiles(
  files: readonly string[],
  client: Client,
  io: CliIo,
  read: ReadConnectors,
): Promise<number> {
  const given = connectorsOf(files, 'validate', read);
  if (!(await isValid(given, client, io))) return 3;
  for (const { name } of given) {
    if (client.json) client.rows([{ connector: name, done: 'valid' }]);
    else io.out(`${name}: valid\n`);
  }
  return 0;
}

function connectorsOf(files: readonly string[], verb: string, read: ReadConnectors): readonly GivenConnector[] {
  if (files.length === 0) throw new UsageError(`trib connectors ${verb} needs a file: -f connector.json`);
  return files.flatMap((file) => read(textOf(file), file === '-' ? 'stdin' : file));
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

async function applied({ name, config, target }: GivenConnector, client: Client): Promise<string> {
  const before = await existing(name, client);
  if (before === null) {
    const state = target === null ? {} : { initial_state: target === 'STARTED' ? 'RUNNING' : target };
    await client.call('POST', '/connectors', { name, config, ...state });
    return 'created';
  }
  if (isSame(before, { ...config, name })) return 'unchanged';
  await client.call('PUT', `${connectorPath(name)}/config`, config);
  return 'configured';
}

async function existing(name: string, client: Client): Promise<Readonly<Record<string, string | null>> | null> {
  try {
    return (await client.call('GET', `${connectorPath(name)}/config`)) as Record<string, string | null>;
  } catch (error) {
    if (error instanceof RestFailure && error.code === 4) return null;
    throw error;
  }
}

/** A hidden secret may have changed: then the config counts as another. */
function isSame(
  before: Readonly<Record<string, string | null>>,
  after: Readonly<Record<string, string | null>>,
): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of names) if (before[name] === HIDDEN || before[name] !== after[name]) return false;
  return true;
}

async function isValid(given: readonly GivenConnector[], client: Client, io: CliIo): Promise<boolean> {
  const findings: Finding[] = [];
  for (const one of given) {
    const className = one.config['connector.class'];
    if (className === undefined || className === null || className === '') {
      findings.push({ connector: one.name, setting: 'connector.class', error: 'is missing: say what is to run.' });
      continue;
    }
    const path = `/connector-plugins/${encodeURIComponent(className)}/config/validate?details=true`;
    const infos = (await client.call('PUT', path, { ...one.config, name: one.name })) as ConfigInfos;
    findings.push(...findingsOf(one.name, infos));
    for (const line of strangers(one, infos)) io.err(`warning  ${line}\n`);
  }
  if (client.json) client.rows(findings);
  for (const { connector, setting, error } of findings) io.err(`error  ${connector}: ${setting}: ${error}\n`);
  return findings.length === 0;
}

function findingsOf(connector: string, { configs }: ConfigInfos): readonly Finding[] {
  return configs.flatMap(({ value }) =>
    value.errors.map((error) => ({ connector, setting: value.name, error: error.replace(/\s+/g, ' ') })),
  );
}

/** What the host thinks is a slip, and settings that the class does not have, each with the one that was probably meant. */
function strangers({ name, config }: GivenConnector, { configs, warnings }: ConfigInfos): readonly string[] {
  const known = configs.flatMap(({ definition }) => (definition === null ? [] : [definition.name]));
  const told = warnings.map((warning) => `${name}: ${warning}`);
  const others = Object.keys(config).flatMap((setting) => {
    if (known.includes(setting) || OPEN.test(setting)) return [];
    if (warnings.some((warning) => warning.includes(`"${setting}"`))) return [];
    const near = nearest(setting, known);
    const hint = near === null ? '' : ` Did you mean "${near}"?`;
    return [`${name}: "${setting}" is not a setting of ${config['connector.class']}.${hint}`];
  });
  return [...told, ...others];
}
