// Definitions and reports in the JSON shapes of Connect's REST API, used by `/connector-plugins/<x>/config` and by validate.

import type { ConfigDef, Setting, SettingReport } from './define.ts';
import { settingText } from './parse.ts';

/** Connect's `ConfigKeyInfo`. Member order is that of the reference. */
export interface ConfigKeyInfo {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly importance: string;
  readonly documentation: string;
  readonly group: string | null;
  readonly width: string;
  readonly display_name: string;
  readonly dependents: readonly string[];
  readonly order: number;
}

/** Connect's `ConfigValueInfo`. */
export interface ConfigValueInfo {
  readonly name: string;
  readonly value: string | null;
  readonly recommended_values: readonly string[];
  readonly errors: readonly string[];
  readonly visible: boolean;
}

/** Connect's `ConfigInfo`, one member of `configs` in a validate answer. */
export interface ConfigInfo {
  readonly definition: ConfigKeyInfo | null;
  readonly value: ConfigValueInfo;
}

/** How a definition is shown. A prefix is put before names (`value.converter.`), a group replaces the setting's own. */
export interface DescribeOptions {
  readonly prefix?: string;
  readonly group?: string;
}

/** The definition of one setting. */
export function describeSetting(setting: Setting, options: DescribeOptions = {}): ConfigKeyInfo {
  const prefix = options.prefix ?? '';
  return {
    name: prefix + setting.name,
    type: setting.type,
    required: setting.fallback === undefined,
    default_value: settingText(setting.fallback ?? null),
    importance: setting.importance,
    documentation: setting.doc,
    group: options.group ?? setting.group ?? null,
    width: setting.width ?? 'NONE',
    display_name: setting.displayName ?? setting.name,
    dependents: (setting.dependents ?? []).map((name) => prefix + name),
    order: setting.order ?? -1,
  };
}

/** The answer of `/connector-plugins/<plugin>/config`. */
export function describe(def: ConfigDef): ConfigKeyInfo[] {
  return def.filter((setting) => setting.unlisted !== true).map((setting) => describeSetting(setting));
}

/** One report as a member of `configs` in a validate answer. */
export function describeReport(report: SettingReport, options: DescribeOptions = {}): ConfigInfo {
  return {
    definition: describeSetting(report.setting, options),
    value: {
      name: (options.prefix ?? '') + report.setting.name,
      value: report.value,
      recommended_values: report.recommended,
      errors: report.errors,
      visible: report.visible,
    },
  };
}
