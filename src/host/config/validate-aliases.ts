// The `transforms.<alias>.…` and `predicates.<alias>.…` part of a validation.
import type { PredicateDef, TransformDef } from '../../connect/plugins.ts';
import type { ParsedConfig, RawConfig, Setting, SettingReport } from '../../core/config/define.ts';
import { type ConfigInfo, type DescribeOptions, describeReport } from '../../core/config/describe.ts';
import { invalid, parseConfig, parseSetting, settingsUnder } from '../../core/config/parse.ts';
import type { FoundPlugin, PluginRegistry } from '../../plugins/registry.ts';

/** A part of a validation: entries and the groups they bring. */
export interface Part {
  readonly groups: readonly string[];
  readonly configs: readonly ConfigInfo[];
}

/** Reports as a part; groups in order of appearance. Unlisted settings that are fine are left out. */
export function partOf(reports: readonly SettingReport[], options: DescribeOptions = {}): Part {
  const configs = reports
    .filter(({ setting, errors }) => setting.unlisted !== true || errors.length > 0)
    .map((report) => describeReport(report, options));
  const groups = configs.map(({ definition }) => definition?.group ?? null).filter((group) => group !== null);
  return { groups: [...new Set(groups)], configs };
}

const KINDS = {
  transforms: { kind: 'transform', group: 'Transforms', title: 'Transformation', article: 'Not a Transformation' },
  predicates: { kind: 'predicate', group: 'Predicates', title: 'Predicate', article: 'Not a Predicate' },
} as const;

/** One part an alias. */
export async function aliasReports(
  list: 'transforms' | 'predicates',
  raw: RawConfig,
  plugins: PluginRegistry,
): Promise<Part[]> {
  const aliases = parseSetting('LIST', raw[list] ?? '') as readonly string[];
  return Promise.all([...new Set(aliases)].map((alias) => aliasPart(list, alias, raw, plugins)));
}

async function aliasPart(
  list: 'transforms' | 'predicates',
  alias: string,
  raw: RawConfig,
  plugins: PluginRegistry,
): Promise<Part> {
  const { kind, group: family, title, article } = KINDS[list];
  const prefix = `${list}.${alias}.`;
  const group = `${family}: ${alias}`;
  const given = raw[`${prefix}type`]?.trim();
  const found = given === undefined ? null : plugins.find(kind, given);
  const other = found ?? (given === undefined ? null : plugins.findAny(given));
  const type: Setting = {
    name: 'type',
    type: 'CLASS',
    importance: 'HIGH',
    doc: `Class of the ${title.toLowerCase()} for the alias ${alias}.`,
    order: 0,
    width: 'LONG',
    displayName: `${title} type for ${alias}`,
    recommended: [...new Set(plugins.list([kind]).map(({ className }) => className))],
  };
  const errors: string[] = [];
  if (given === undefined) errors.push(`Missing required configuration "${prefix}type" which has no default value.`);
  else if (other === null) errors.push(invalid(`${prefix}type`, given, plugins.unknown([kind], given)));
  else if (found === null) errors.push(invalid(`${prefix}type`, other.className, article));
  const typeReport: SettingReport = {
    setting: type,
    value: other?.className ?? null,
    errors,
    recommended: type.recommended ?? [],
    visible: true,
  };
  if (found === null) return partOf([typeReport], { prefix, group });
  const guards = list === 'transforms' ? GUARDS : [];
  const own = [...found.def.config, ...guards]
    .sort(byWeight)
    .map((setting, index) => ({ ...setting, order: index + 2 }));
  const ownSettings = settingsUnder(raw, prefix);
  const { reports, values } = parseConfig(own, ownSettings, prefix);
  if (list === 'transforms' && raw[`${prefix}negate`] !== undefined && raw[`${prefix}predicate`] === undefined) {
    errors.push(
      `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' defining a predicate to be negated.`,
    );
  }
  if (errors.length === 0 && reports.every((report) => report.errors.length === 0)) {
    const refusal = await refusalOf(found, values, ownSettings);
    if (refusal !== null) errors.push(invalid(`${prefix}type`, found.className, refusal));
  }
  return partOf([typeReport, ...reports], { prefix, group });
}

/** Why the plugin does not take settings that are right one by one; the reference only finds out in the task. */
async function refusalOf(
  { def, className }: FoundPlugin<TransformDef | PredicateDef>,
  values: ParsedConfig,
  own: RawConfig,
): Promise<string | null> {
  try {
    if (def.kind === 'predicate') def.create(values);
    else {
      await def.prepare?.();
      def.create(values, className, own);
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The guard of a transform. */
const GUARDS: readonly Setting[] = [
  {
    name: 'negate',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'MEDIUM',
    doc: 'Apply the transform to records that the predicate does not match.',
  },
  {
    name: 'predicate',
    type: 'STRING',
    fallback: null,
    importance: 'MEDIUM',
    doc: 'Alias of the predicate that decides which records the transform is applied to.',
  },
];

const IMPORTANCES = ['HIGH', 'MEDIUM', 'LOW'];

/** The reference numbers the settings of an alias so: required first, then by importance, then by name. */
function byWeight(left: Setting, right: Setting): number {
  const required = Number(right.fallback === undefined) - Number(left.fallback === undefined);
  if (required !== 0) return required;
  const importance = IMPORTANCES.indexOf(left.importance) - IMPORTANCES.indexOf(right.importance);
  if (importance !== 0) return importance;
  return left.name < right.name ? -1 : 1;
}
