// The settings that every connector has whatever its plugin: Kafka Connect's names, types, defaults, groups and orders, and a
// few of ours at the end of a group. The plugin's own definition wins on a name clash.
import { atLeast, nonEmptyText, oneOfIgnoringCase, topicName, validRegex } from '../../core/config/checks.ts';
import type { ConfigDef, Setting, SettingValue } from '../../core/config/define.ts';
import type { PluginRegistry } from '../../plugins/registry.ts';

export type ConnectorKind = 'source' | 'sink' | 'processor';

/** What a worker supplies where a connector says nothing; null where a plugin is described apart from any worker. */
export interface ConverterDefaults {
  readonly key: string | null;
  readonly value: string | null;
  readonly header: string | null;
}

/** Framework settings of a connector kind. `pluginVersion` is the version of the connector's plugin. */
export function frameworkConfig(
  kind: ConnectorKind,
  plugins: PluginRegistry,
  defaults: ConverterDefaults,
  pluginVersion: string | null,
): ConfigDef {
  const common = [...commonConfig(plugins, defaults, pluginVersion), ...ERROR_HANDLING];
  if (kind === 'sink') return [...common, ...SINK];
  return kind === 'source' ? [...common, ...SOURCE] : common;
}

/** Names whose values the framework reads; a plugin need not know them. */
export const ALIAS_LISTS = { transforms: 'Transforms', predicates: 'Predicates' } as const;

const uniqueAliases = (value: SettingValue): string | null =>
  Array.isArray(value) && new Set(value).size < value.length ? 'Duplicate alias provided.' : null;

/** Connect's rule for names: not empty, no control characters. */
export function checkName(value: SettingValue): string | null {
  if (value === null) return null;
  const name = String(value);
  if (name === '') return 'String may not be empty';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const controls = name.match(/[\u0000-\u001f\u007f]/g);
  if (controls === null) return null;
  const codes = controls.map((character) => character.charCodeAt(0)).join(', ');
  return `String may not contain control sequences but had the following ASCII chars: ${codes}`;
}

function commonConfig(plugins: PluginRegistry, defaults: ConverterDefaults, pluginVersion: string | null): ConfigDef {
  const converters = classes(plugins, ['converter']);
  const headerConverters = classes(plugins, ['header-converter', 'converter']);
  const versions = pluginVersion === null ? [] : [pluginVersion];
  const group = 'Common';
  return [
    {
      name: 'name',
      type: 'STRING',
      importance: 'HIGH',
      doc: 'Name of the connector, unique in the cluster.',
      group,
      order: 1,
      width: 'MEDIUM',
      displayName: 'Connector name',
      check: checkName,
    },
    {
      name: 'connector.class',
      type: 'STRING',
      importance: 'HIGH',
      doc: 'Class of the connector: full name, simple name, or simple name without "Connector".',
      group,
      order: 2,
      width: 'LONG',
      displayName: 'Connector class',
    },
    {
      name: 'connector.plugin.version',
      type: 'STRING',
      fallback: pluginVersion,
      importance: 'MEDIUM',
      doc: 'Version of the connector plugin to use.',
      group,
      order: 3,
      width: 'MEDIUM',
      displayName: 'Connector version',
      recommended: versions,
    },
    {
      name: 'tasks.max',
      type: 'INT',
      fallback: 1,
      importance: 'HIGH',
      doc: 'Maximum number of tasks to use for this connector.',
      group,
      order: 4,
      width: 'SHORT',
      displayName: 'Tasks max',
      check: atLeast(1),
    },
    {
      name: 'tasks.max.enforce',
      type: 'BOOLEAN',
      fallback: true,
      importance: 'LOW',
      doc: 'Fail the connector when it asks for more tasks than tasks.max.',
      group,
      order: 5,
      width: 'SHORT',
      displayName: 'Enforce tasks max',
    },
    ...converterSettings('key', 6, defaults.key, converters, versions),
    ...converterSettings('value', 8, defaults.value, converters, versions),
    ...converterSettings('header', 10, defaults.header, headerConverters, versions),
    aliases('transforms', 'Transforms', 12, 'Aliases of the transforms applied to each record, in this order.'),
    aliases('predicates', 'Predicates', 13, 'Aliases of the predicates that transforms refer to.'),
    {
      name: 'config.action.reload',
      type: 'STRING',
      fallback: 'restart',
      importance: 'LOW',
      doc: 'What to do when a config provider says that a value has changed: restart or none.',
      group,
      order: 14,
      width: 'MEDIUM',
      displayName: 'Reload Action',
      choices: ['none', 'restart'],
    },
  ];
}

function converterSettings(
  side: 'key' | 'value' | 'header',
  order: number,
  fallback: string | null,
  recommended: readonly string[],
  versions: readonly string[],
): ConfigDef {
  const title = `${side[0]!.toUpperCase()}${side.slice(1)} converter`;
  return [
    {
      name: `${side}.converter`,
      type: 'CLASS',
      fallback,
      importance: 'LOW',
      doc: `Converter of ${side === 'header' ? 'header value' : `record ${side}`}s between their form in Kafka and Connect data. Default: the worker’s.`,
      group: 'Common',
      order,
      width: 'SHORT',
      displayName: `${title} class`,
      recommended,
    },
    {
      name: `${side}.converter.plugin.version`,
      type: 'STRING',
      fallback: fallback === null ? null : (versions[0] ?? null),
      importance: 'LOW',
      doc: `Version of the ${side} converter to use.`,
      group: 'Common',
      order: order + 1,
      width: 'SHORT',
      displayName: `${title} version`,
      recommended: versions,
    },
  ];
}

function aliases(name: string, group: string, order: number, doc: string): Setting {
  return {
    name,
    type: 'LIST',
    fallback: [],
    importance: 'LOW',
    doc,
    group,
    order,
    width: 'LONG',
    displayName: group,
    check: uniqueAliases,
  };
}

const errorSetting = (
  name: string,
  order: number,
  displayName: string,
  rest: Pick<Setting, 'type' | 'fallback' | 'doc'> & Partial<Setting>,
): Setting => ({ name, importance: 'MEDIUM', group: 'Error Handling', order, width: 'MEDIUM', displayName, ...rest });

const ERROR_HANDLING: ConfigDef = [
  errorSetting('errors.retry.timeout', 1, 'Retry Timeout for Errors', {
    type: 'LONG',
    fallback: 0,
    doc: 'How long a failed operation is retried, in milliseconds: 0 is no retry, -1 is for ever.',
  }),
  errorSetting('errors.retry.delay.max.ms', 2, 'Maximum Delay Between Retries for Errors', {
    type: 'LONG',
    fallback: 60000,
    doc: 'Longest wait between two retries, in milliseconds.',
  }),
  errorSetting('errors.tolerance', 3, 'Error Tolerance', {
    type: 'STRING',
    fallback: 'none',
    width: 'SHORT',
    choices: ['none', 'all'],
    doc: 'none: the first record that cannot be handled fails the task. all: such records are reported and skipped.',
  }),
  errorSetting('errors.log.enable', 4, 'Log Errors', {
    type: 'BOOLEAN',
    fallback: false,
    width: 'SHORT',
    doc: 'Log each error together with the failed operation.',
  }),
  errorSetting('errors.log.include.messages', 5, 'Log Error Details', {
    type: 'BOOLEAN',
    fallback: false,
    width: 'SHORT',
    doc: 'Add topic, partition, offset and timestamp of the record to the log.',
  }),
];

const SINK: ConfigDef = [
  {
    name: 'topics',
    type: 'LIST',
    fallback: [],
    importance: 'HIGH',
    doc: 'Topics to read, separated by commas.',
    group: 'Common',
    order: 4,
    width: 'LONG',
    displayName: 'Topics',
  },
  {
    name: 'topics.regex',
    type: 'STRING',
    fallback: '',
    importance: 'HIGH',
    doc: 'Regular expression of the topics to read, matched against the whole name. New topics are found while it runs.',
    group: 'Common',
    order: 4,
    width: 'LONG',
    displayName: 'Topics regex',
    check: (value, name) => (value === '' ? null : validRegex(value, name)),
  },
  errorSetting('errors.deadletterqueue.topic.name', 6, 'Dead Letter Queue Topic Name', {
    type: 'STRING',
    fallback: '',
    doc: 'Topic for records that could not be handled; made when it is missing. Empty: none.',
    check: (value, name) => (value === '' ? null : topicName(value, name)),
  }),
  errorSetting('errors.deadletterqueue.topic.replication.factor', 7, 'Dead Letter Queue Topic Replication Factor', {
    type: 'SHORT',
    fallback: 3,
    doc: 'Replication factor the dead letter topic is made with.',
  }),
  errorSetting('errors.deadletterqueue.context.headers.enable', 8, 'Enable Error Context Headers', {
    type: 'BOOLEAN',
    fallback: false,
    doc: 'Add headers that say where and why a record failed (__connect.errors.…).',
  }),
];

const SOURCE: ConfigDef = [
  {
    name: 'topic.creation.groups',
    type: 'LIST',
    fallback: [],
    importance: 'LOW',
    doc: 'Groups of settings for topics that this connector makes.',
    group: 'Topic Creation',
    order: 1,
    width: 'LONG',
    displayName: 'Topic Creation Groups',
    check: (value) =>
      Array.isArray(value) && new Set(value).size < value.length ? 'Duplicate topic creation groups.' : null,
  },
  {
    name: 'exactly.once.support',
    type: 'STRING',
    fallback: 'requested',
    importance: 'MEDIUM',
    doc: 'requested or required. Sources write records and their offsets in one transaction here, in either case.',
    group: 'Exactly Once Support',
    order: 2,
    width: 'SHORT',
    displayName: 'Exactly once support',
    check: oneOfIgnoringCase('requested', 'required'),
  },
  {
    name: 'transaction.boundary',
    type: 'STRING',
    fallback: 'poll',
    importance: 'MEDIUM',
    doc: 'Where transactions end: after each poll, each transaction.boundary.interval.ms, or where the connector says.',
    group: 'Exactly Once Support',
    order: 3,
    width: 'SHORT',
    displayName: 'Transaction Boundary',
    check: oneOfIgnoringCase('poll', 'interval', 'connector'),
  },
  {
    name: 'transaction.boundary.interval.ms',
    type: 'LONG',
    fallback: null,
    importance: 'LOW',
    doc: 'Time between two commits with boundary interval. Default: the worker’s offset.flush.interval.ms.',
    group: 'Exactly Once Support',
    order: 4,
    width: 'SHORT',
    displayName: 'Transaction boundary interval',
    check: (value) => (value !== null && Number(value) < 0 ? 'Value must be at least 0' : null),
  },
  {
    name: 'offsets.storage.topic',
    type: 'STRING',
    fallback: null,
    importance: 'LOW',
    doc: 'Topic for this connector’s source offsets, on the cluster that it writes to; made when it is missing. What it does not hold is looked up in the worker’s topic, which gets a copy.',
    group: 'offsets.topic',
    order: 1,
    width: 'LONG',
    displayName: 'Offsets topic',
    check: nonEmptyText,
  },
];

function classes(plugins: PluginRegistry, kinds: Parameters<PluginRegistry['list']>[0]): readonly string[] {
  return [...new Set(plugins.list(kinds).map(({ className }) => className))];
}
