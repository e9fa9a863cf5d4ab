// The pages of docs/reference that are made from the code's own definitions.
import { builtInPlugins } from '../../src/plugins/index.ts';
import { loadPlugins } from '../../src/wiring/plugins.ts';
import { clientOverridesPage } from './client-overrides.ts';
import { debeziumPage } from './debezium.ts';
import { functionsPage } from './functions.ts';
import { pluginPages } from './plugins.ts';
import { restPages } from './rest.ts';
import { workerPages } from './worker.ts';

/** Text by file name within docs/reference. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  const { registry, problems } = await loadPlugins([], '.');
  if (problems.length > 0) throw new Error(problems.map(({ from, message }) => `${from}: ${message}`).join('\n'));
  const connectors = [...new Set(registry.list(['source', 'sink', 'processor']).map(({ def }) => def))];
  return new Map([
    ...pluginPages([...builtInPlugins, ...connectors]),
    ...functionsPage(),
    ...workerPages(),
    ...clientOverridesPage(),
    ...restPages(),
    ...debeziumPage(),
  ]);
}
