import { TributaryError } from '../../core/errors.ts';
import type { PluginRegistry } from '../../plugins/registry.ts';

/** Connect's text, with a suggestion after the list. */
export function unknownClass(name: string, plugins: PluginRegistry): TributaryError {
  const suggestion = plugins.suggest(['sink', 'source', 'processor'], name);
  const available = plugins.list(['sink', 'source', 'processor']).map(({ className }) => className);
  const hint = suggestion === null ? '' : `. Did you mean ${suggestion}?`;
  return new TributaryError('TRIB_CONNECTOR_UNKNOWN', 'config', {
    what: `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: ${available.join(', ')}${hint}`,
  });
}
