// `/connector-plugins`: what is installed, its settings, and validation.
import type { ConfigDef } from '../../core/config/define.ts';
import { describe } from '../../core/config/describe.ts';
import { TributaryError } from '../../core/errors.ts';
import { connectorOf, connectorSettings, frameworkConfig, validateConnector, type Worker } from '../../host/index.ts';
import { flag, param, type Resource } from '../resource.ts';
import { validationAnswer, wantsDetails } from './answers.ts';

const TYPES = {
  sink: 'sink',
  processor: 'sink',
  source: 'source',
  transform: 'transformation',
  predicate: 'predicate',
  converter: 'converter',
  'header-converter': 'header_converter',
} as const;
const CONNECTORS = ['sink', 'processor', 'source'] as const;
const OTHERS = ['transform', 'predicate', 'converter', 'header-converter'] as const;

/** The plugin resources. */
export function pluginResources(worker: Worker): readonly Resource[] {
  const { plugins } = worker.environment;
  return [
    {
      path: '/connector-plugins',
      on: {
        get: (request) => {
          const kinds = flag(request, 'connectorsOnly', true) ? CONNECTORS : [...CONNECTORS, ...OTHERS];
          return kinds.flatMap((kind) =>
            plugins.list([kind]).map(({ className, def }) => ({
              class: className,
              type: TYPES[kind],
              version: def.version,
            })),
          );
        },
      },
    },
    {
      path: '/connector-plugins/:plugin/config',
      on: { get: (request) => describe(definitionOf(worker, param(request, 'plugin'))) },
    },
    {
      path: '/connector-plugins/:plugin/config/validate',
      body: ['put'],
      on: {
        put: async (request) => {
          const config = connectorSettings(request.body);
          checkMatch(param(request, 'plugin'), config['connector.class'] ?? null);
          connectorOf(worker.environment.providers.resolve(config), worker.environment);
          return validationAnswer(await validateConnector(config, worker.environment), wantsDetails(request));
        },
      },
    },
  ];
}

/** A connector's own settings come first, then the framework's; the plugin wins on a name clash. */
function definitionOf(worker: Worker, name: string): ConfigDef {
  const { plugins } = worker.environment;
  const found = plugins.findAny(name);
  if (found === null) {
    throw new TributaryError('TRIB_PLUGIN_UNKNOWN', 'notFound', { what: `Unknown plugin ${name}.` });
  }
  const { def } = found;
  if (def.kind !== 'source' && def.kind !== 'sink' && def.kind !== 'processor') return def.config;
  const own = new Set(def.config.map((setting) => setting.name));
  const framework = frameworkConfig(def.kind, plugins, { key: null, value: null, header: null }, def.version);
  return [...def.config, ...framework.filter((setting) => !own.has(setting.name))];
}

/** The class in the body must end with the plugin in the path, both without a trailing "Connector". */
function checkMatch(plugin: string, className: string | null): void {
  if (className === null) return;
  const bare = (name: string) => name.replace(/Connector$/, '');
  if (bare(className).endsWith(bare(plugin))) return;
  throw new TributaryError('TRIB_PLUGIN_MISMATCH', 'config', {
    what: `Included connector type ${className} does not match request type ${plugin}`,
  });
}
