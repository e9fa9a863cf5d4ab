// The settings that connectors have whatever their plugin.
import { frameworkConfig } from '../../src/host/config/framework-config.ts';
import { builtInPlugins, PluginRegistry } from '../../src/plugins/index.ts';
import { settingsTable } from './markdown.ts';

/** Sections for the end of the connectors' page. */
export function chainSettings(): readonly string[] {
  const plugins = new PluginRegistry(builtInPlugins);
  const of = (kind: 'source' | 'sink' | 'processor') =>
    frameworkConfig(kind, plugins, { key: null, value: null, header: null }, null);
  const common = of('processor');
  const names = new Set(common.map(({ name }) => name));
  const own = (kind: 'source' | 'sink') => of(kind).filter(({ name }) => !names.has(name));
  return [
    `## Settings of every connector\n\n${settingsTable(common)}`,
    `## Settings of every sink\n\n${settingsTable(own('sink'))}`,
    `## Settings of every source\n\n${settingsTable(own('source'))}`,
  ];
}
