// Validation of a connector config in Connect's shape: framework settings, transforms and predicates by alias, converters,
// client overrides, the plugin's own settings, and what the plugin itself has to say.
//
// Law: counts follow the reference, since clients show them: messages in the connector part, keys elsewhere.
import type { SourceConnector } from '../../connect/connectors.ts';
import type { ConfigDef, RawConfig, SettingReport } from '../../core/config/define.ts';
import type { ConfigInfo } from '../../core/config/describe.ts';
import { parseConfig, parseSetting } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import { compileFullMatch } from '../../core/java/regex.ts';
import type { FoundPlugin } from '../../plugins/registry.ts';
import type { Environment } from '../environment.ts';
import { within } from '../tasks/deadline.ts';
import type { ConnectorDefinition } from '../tasks/task-order.ts';
import { topicCreationFaults } from '../tasks/topic-creation.ts';
import { adviceOn, predicateAdvice } from './config-advice.ts';
import type { ConfigInfos } from './config-infos.ts';
import { frameworkConfig } from './framework-config.ts';
import { outweighedAdvice } from './replaced-settings.ts';
import { unknownClass } from './unknown-class.ts';
import { aliasReports, type Part, partOf } from './validate-aliases.ts';
import { converterParts, resolveConverterClasses } from './validate-converters.ts';
import { overridePart } from './validate-overrides.ts';

const PLUGIN_LIMIT_MS = 30_000;

export type { ConfigInfos } from './config-infos.ts';

/** Finds the connector a config names. Throws `config` with Connect's texts. */
export function connectorOf(config: RawConfig, environment: Environment): FoundPlugin<ConnectorDefinition> {
  const name = config['connector.class']?.trim();
  if (name === undefined || name === '') {
    const named = config['name'];
    throw new TributaryError('TRIB_CONNECTOR_CLASS_MISSING', 'config', {
      what: `Connector config {${named === undefined ? '' : `name=${named}`}} contains no connector type`,
    });
  }
  const found = environment.plugins.findConnector(name);
  if (found === null) throw unknownClass(name, environment.plugins);
  return found;
}

/** Validates a config as given (references unresolved, JSON nulls kept). Throws when there is no such connector. */
export async function validateConnector(given: RawConfig, environment: Environment): Promise<ConfigInfos> {
  await environment.providers.load(given);
  const raw = environment.providers.resolve(given);
  const found = connectorOf(raw, environment);
  const elsewhere = environment.isolation?.validate(raw) ?? null;
  const infos = elsewhere !== null ? (await elsewhere).infos : await infosOf(raw, found, environment);
  const warnings = [...adviceOn(raw, infos, environment.providers), ...predicateAdvice(raw)];
  // Who reads only is not concerned by what is said of writing.
  if (found.def.kind !== 'sink') warnings.push(...outweighedAdvice(raw, namesIn(infos)));
  return warnings.length === 0 ? infos : { ...infos, warnings };
}

/** The names that are read. */
function namesIn({ configs }: ConfigInfos): ReadonlySet<string> {
  return new Set(configs.filter(({ definition }) => definition !== null).map(({ value }) => value.name));
}

async function infosOf(
  raw: RawConfig,
  found: FoundPlugin<ConnectorDefinition>,
  environment: Environment,
): Promise<ConfigInfos> {
  const { def, className } = found;
  const connector = await connectorPart(raw, found, environment);
  const parts = [connector, ...overridePart(raw, def.kind, environment), ...converterParts(raw, environment)];
  const groups = new Set(parts.flatMap((part) => part.groups));
  const keysInError = parts.slice(1).flatMap((part) => part.configs.filter(({ value }) => value.errors.length > 0));
  const messages = connector.configs.flatMap(({ value }) => value.errors);
  return {
    name: raw['connector.class'] ?? className,
    error_count: messages.length + keysInError.length,
    groups: [...groups],
    configs: parts.flatMap((part) => part.configs),
  };
}

/**
 * Every message of a validation, in order. Those of a transform or converter name the setting as the plugin knows it, which may be
 * one of several: then the whole name is put before.
 */
export function messagesOf(infos: ConfigInfos): readonly string[] {
  return infos.configs.flatMap(({ value: { name, errors } }) =>
    errors.map((error) => (error.includes(name) ? error : `${name}: ${error}`)),
  );
}

async function connectorPart(
  raw: RawConfig,
  { def }: FoundPlugin<ConnectorDefinition>,
  environment: Environment,
): Promise<Part> {
  const { keyConverter, valueConverter, headerConverter } = environment.settings;
  const defaults = { key: keyConverter, value: valueConverter, header: headerConverter };
  const own = new Set(def.config.map(({ name }) => name));
  const framework = frameworkConfig(def.kind, environment.plugins, defaults, def.version);
  const definition: ConfigDef = framework.filter(({ name }) => !own.has(name));
  const reports = resolveConverterClasses(parseConfig(definition, raw).reports, raw, environment);
  const aliases = [
    ...(await aliasReports('transforms', raw, environment.plugins)),
    ...(await aliasReports('predicates', raw, environment.plugins)),
  ];
  const plugin = parseConfig(def.config, raw).reports;
  const entries = [...partOf(reports).configs, ...aliases.flatMap((part) => part.configs), ...partOf(plugin).configs];
  const errors = new Map<string, string[]>();
  const add = (name: string, message: string) => errors.set(name, [...(errors.get(name) ?? []), message]);
  if (def.kind === 'sink') crossCheckTopics(raw, reports, add);
  if (def.kind === 'source') checkExactlyOnce(raw, def, environment, add);
  if (def.kind === 'source') {
    for (const [name, faults] of Object.entries(topicCreationFaults(raw))) for (const fault of faults) add(name, fault);
  }
  for (const [name, messages] of Object.entries(await pluginErrors(def, raw, environment))) {
    for (const message of messages) add(name, message);
  }
  // The plugin judges nulls of its own settings, as in the reference.
  for (const [name, value] of Object.entries(raw)) {
    if (value === null && !own.has(name) && !OTHER_PARTS.test(name)) add(name, NO_NULL);
  }
  const groups = [...partOf(reports).groups, ...aliases.flatMap((part) => part.groups), ...partOf(plugin).groups];
  return { groups, configs: withErrors(entries, errors) };
}

/** What a source is asked about transactions, in Connect's words. */
function checkExactlyOnce(
  raw: RawConfig,
  def: ConnectorDefinition,
  { settings }: Environment,
  add: (name: string, message: string) => void,
): void {
  const isRequired = raw['exactly.once.support']?.trim().toLowerCase() === 'required';
  const isOwn = raw['transaction.boundary']?.trim().toLowerCase() === 'connector';
  if (!isRequired && !isOwn) return;
  const connector = def.create() as SourceConnector;
  if (isRequired && !settings.exactlyOnceSources) {
    add('exactly.once.support', 'This worker does not have exactly-once source support enabled.');
  } else if (isRequired) {
    const support = connector.exactlyOnceSupport?.(raw) ?? null;
    if (support === null) add('exactly.once.support', NO_EXACTLY_ONCE_ANSWER);
    if (support === 'unsupported') add('exactly.once.support', NO_EXACTLY_ONCE);
  }
  if (isOwn && connector.canDefineTransactionBoundaries?.(raw) !== true) add('transaction.boundary', NO_OWN_BOUNDARIES);
}

const NO_NULL = 'Null value can not be supplied as the configuration value.';
const OTHER_PARTS = /^(?:(?:producer|consumer|admin)\.override|(?:key|value|header)\.converter)\./;

const NO_EXACTLY_ONCE = 'The connector does not support exactly-once semantics with the provided configuration.';
const NO_EXACTLY_ONCE_ANSWER =
  'The connector does not implement the API required for preflight validation of exactly-once source support. Please consult the documentation for the connector to determine whether it supports exactly-once semantics, and then consider reconfiguring the connector to use the value "requested" for this property (which will disable this preflight check and allow the connector to be created).';
const NO_OWN_BOUNDARIES =
  'The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it to use a different transaction boundary definition.';

/** Adds messages to entries; a setting that nobody defines gets an entry without definition, before all others. */
function withErrors(entries: readonly ConfigInfo[], errors: ReadonlyMap<string, readonly string[]>): ConfigInfo[] {
  const names = new Set(entries.map(({ value }) => value.name));
  const loose: ConfigInfo[] = [...errors]
    .filter(([name]) => !names.has(name))
    .map(([name, messages]) => ({
      definition: null,
      value: { name, value: null, recommended_values: [], errors: messages, visible: true },
    }));
  const merged = entries.map(({ definition, value }) => {
    const more = errors.get(value.name);
    return more === undefined
      ? { definition, value }
      : { definition, value: { ...value, errors: [...value.errors, ...more] } };
  });
  return [...loose, ...merged];
}

async function pluginErrors(
  def: ConnectorDefinition,
  raw: RawConfig,
  environment: Environment,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const connector = def.create();
  if (connector.validate === undefined) return {};
  const outcome = await within(
    connector.validate(raw, (name) => environment.services.get(name)),
    PLUGIN_LIMIT_MS,
    environment.clock,
  );
  if (outcome.done) return outcome.value;
  throw new TributaryError('TRIB_VALIDATE_TIMEOUT', 'transient', {
    what: `Request timed out. The connector ${def.name} did not end its own validation within ${PLUGIN_LIMIT_MS / 1000} s.`,
    fix: 'Check that what it connects to can be reached.',
  });
}

function crossCheckTopics(
  raw: RawConfig,
  reports: readonly SettingReport[],
  add: (name: string, message: string) => void,
): void {
  const topics = parseSetting('LIST', raw['topics'] ?? '') as readonly string[];
  const regex = raw['topics.regex']?.trim() ?? '';
  if (topics.length > 0 && regex !== '') {
    for (const name of ['topics', 'topics.regex']) {
      add(name, 'topics and topics.regex are mutually exclusive options, but both are set.');
    }
  } else if (topics.length === 0 && regex === '') {
    for (const name of ['topics', 'topics.regex']) add(name, 'Must configure one of topics or topics.regex');
  }
  const letters = raw['errors.deadletterqueue.topic.name']?.trim() ?? '';
  if (letters === '') return;
  if (topics.includes(letters)) {
    add(
      'topics',
      `The DLQ topic '${letters}' may not be included in the list of topics ('topics=[${topics.join(', ')}]') consumed by the connector`,
    );
  }
  const isSound = reports.find(({ setting }) => setting.name === 'topics.regex')?.errors.length === 0;
  if (regex !== '' && isSound && compileFullMatch(regex).test(letters)) {
    add(
      'topics.regex',
      `The DLQ topic '${letters}' may not be matched by the regex for the topics ('topics.regex=${regex}') consumed by the connector`,
    );
  }
}
