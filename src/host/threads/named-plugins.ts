// Which plugins a connector config names.
import type { PluginDef } from '../../connect/plugins.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import type { PluginRegistry } from '../../plugins/registry.ts';
import type { HostSettings } from '../environment.ts';

type Defaults = Pick<HostSettings, 'keyConverter' | 'valueConverter' | 'headerConverter'>;

/** The connector, transforms, predicates and converters of a config, as far as they are known. References are resolved. */
export function* namedPlugins(raw: RawConfig, plugins: PluginRegistry, defaults: Defaults): Iterable<PluginDef> {
  const found = [
    plugins.findConnector(raw['connector.class']?.trim() ?? ''),
    ...typesOf(raw, 'transforms').map((name) => plugins.find('transform', name)),
    ...typesOf(raw, 'predicates').map((name) => plugins.find('predicate', name)),
    plugins.find('converter', named(raw['key.converter'], defaults.keyConverter)),
    plugins.find('converter', named(raw['value.converter'], defaults.valueConverter)),
    plugins.find('header-converter', named(raw['header.converter'], defaults.headerConverter)),
  ];
  for (const one of found) if (one !== null) yield one.def;
}

function typesOf(raw: RawConfig, list: 'transforms' | 'predicates'): readonly string[] {
  const aliases = parseSetting('LIST', raw[list] ?? '') as readonly string[];
  return aliases.map((alias) => raw[`${list}.${alias}.type`]?.trim() ?? '');
}

function named(own: string | null | undefined, fallback: string): string {
  const name = own?.trim() ?? '';
  return name === '' ? fallback : name;
}
