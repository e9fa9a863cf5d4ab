// The converter part of a validation: only converters that the connector itself names.
import type { RawConfig, SettingReport } from '../../core/config/define.ts';
import { invalid, parseConfig, settingsUnder } from '../../core/config/parse.ts';
import { inHashOrder } from '../../core/java/hash-order.ts';
import type { FoundPlugin } from '../../plugins/registry.ts';
import type { Environment } from '../environment.ts';
import { type Part, partOf } from './validate-aliases.ts';

const SIDES = ['header', 'key', 'value'] as const;
type Side = (typeof SIDES)[number];

function named(side: Side, raw: RawConfig): string | null {
  const name = raw[`${side}.converter`]?.trim();
  return name === undefined || name === '' ? null : name;
}

function find(side: Side, name: string, environment: Environment): FoundPlugin | null {
  return environment.plugins.find(side === 'header' ? 'header-converter' : 'converter', name);
}

/** Settings of each named converter, under their full names. */
export function converterParts(raw: RawConfig, environment: Environment): Part[] {
  const parts: Part[] = [];
  for (const side of SIDES) {
    const name = named(side, raw);
    const found = name === null ? null : find(side, name, environment);
    if (found === null || found.def.kind === 'source' || found.def.kind === 'sink') continue;
    const prefix = `${side}.converter.`;
    const settings = { 'converter.type': side, ...settingsUnder(raw, prefix) };
    const part = partOf(parseConfig(found.def.config, settings).reports, { prefix });
    // The reference keeps the groups in a hash set of 16 places, and clients see its order.
    parts.push({ ...part, groups: inHashOrder(part.groups, (name) => name, 16) });
  }
  return parts;
}

/** Converter settings show the full class name, or why the class cannot be used. */
export function resolveConverterClasses(
  reports: readonly SettingReport[],
  raw: RawConfig,
  environment: Environment,
): readonly SettingReport[] {
  return reports.map((report) => {
    const side = SIDES.find((candidate) => report.setting.name === `${candidate}.converter`);
    const name = side === undefined ? null : named(side, raw);
    if (side !== undefined && name === null && raw[`${side}.converter`] != null) {
      const error = invalid(report.setting.name, '', 'Class  could not be found.');
      return { ...report, value: null, errors: [...report.errors, error] };
    }
    if (side === undefined || name === null) return report;
    const found = find(side, name, environment);
    if (found !== null) return { ...report, value: found.className };
    const other = environment.plugins.findAny(name);
    const why =
      other === null
        ? environment.plugins.unknown(side === 'header' ? ['header-converter'] : ['converter'], name)
        : `Not a ${side === 'header' ? 'HeaderConverter' : 'Converter'}`;
    const errors = [...report.errors, invalid(report.setting.name, other?.className ?? name, why)];
    return { ...report, value: other?.className ?? null, errors };
  });
}
