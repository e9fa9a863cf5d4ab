// The page of client overrides: which settings of Kafka's clients a connector may set, and what they do here.
import { clientSetting, clientSettingNames, effectOf, HONOURED } from '../../src/host/client-settings.ts';
import { code, page, table } from './markdown.ts';

/** Page by file name. */
export function clientOverridesPage(): ReadonlyMap<string, string> {
  const rows = clientSettingNames()
    .toSorted(([left, name], [right, other]) => rank(left, name) - rank(right, other))
    .map(([client, name]) => {
      const setting = clientSetting(client as 'producer' | 'consumer' | 'admin', name)!;
      return [code(`${client}.override.${name}`), setting.type, effectOf(client, name)];
    });
  return new Map([
    [
      'client-overrides.md',
      page(
        'Client overrides',
        'Connectors may override settings of Kafka’s clients under the worker’s policy (`connector.client.config.override.policy`: `All`, `None`, `Principal`, or `Allowlist` with `connector.client.config.override.allowlist`). Every override is accepted, so that existing configs load; these are known, and a value that does not parse is refused. Others are taken and have no effect. The settings `producer.…`, `consumer.…` and `admin.…` of a worker file have none either: the host has connections of its own, set by `security.protocol`, `sasl.…`, `ssl.…` and `client.…`.',
        [table(['setting', 'type', 'effect here'], rows)],
      ),
    ],
  ]);
}

function rank(client: string, name: string): number {
  return HONOURED.has(`${client}.${name}`) ? 0 : 1;
}
