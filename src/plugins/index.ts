// The one visible list of built-in transforms, predicates and converters.

import type { PluginDef } from '../connect/plugins.ts';
import { converters } from './converters/index.ts';
import { debeziumTransforms } from './debezium/index.ts';
import { predicates } from './predicates/index.ts';
import { transforms } from './transforms/index.ts';

export { type ChainStage, chainFaults, chainStages, compileChain, prepareChain } from './chain.ts';
export { type FoundPlugin, type PluginKind, type PluginOf, PluginRegistry } from './registry.ts';

/** Every built-in plugin, in the order in which `/connector-plugins` lists them. */
export const builtInPlugins: readonly PluginDef[] = [
  ...transforms,
  ...debeziumTransforms,
  ...predicates,
  ...converters,
];
