// The page of client overrides: which settings of Kafka's clients a connector may set, and what they do here.
import { clientSettingNames, effectOf, HONOURED } from '../../src/host/config/client-settings.ts';
import { code, page, table } from './markdown.ts';

/** Page by file name. */
export function clientOverridesPage(): ReadonlyMap<string, string> {
  const names = new Map(clientSettingNames().map(([client, name]) => [`${client}.${name}`, [client, name] as const]));
  for (const key of HONOURED.keys()) {
    const dot = key.indexOf('.');
    names.set(key, [key.slice(0, dot), key.slice(dot + 1)]);
  }
  const rows = (isHonoured: boolean) =>
    [...names]
      .filter(([key]) => HONOURED.has(key) === isHonoured)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, [client, name]]) => [code(`${client}.override.${name}`), effectOf(client, name)]);
  return new Map([
    [
      'client-overrides.md',
      page(
        'Client overrides',
        'Settings of Kafka’s clients: a connector’s `producer.override.…`, `consumer.override.…` and `admin.override.…`, under the worker’s policy (`connector.client.config.override.policy`: `All`, `None`, `Principal`, or `Allowlist` with `connector.client.config.override.allowlist`), stand above the worker’s `producer.…`, `consumer.…` and `admin.…`, and those above what the worker itself connects with (in Kafka Connect a task does not inherit that). Sinks and processors read with the consumer’s; sources, processors and dead letters write with the producer’s; topics are made with the admin’s, else the producer’s. A processor has one connection, for which the producer’s settings count before the consumer’s. Every setting is accepted, so that existing files load; a value that does not parse is refused.',
        [
          table(['setting', 'effect here'], rows(true)),
          '## Without effect\n\nThese are taken, and named once: in the log when a connector is created or changed, in the answer of validation with `details=true`, and at the worker’s start for its own. So are names that are not known, and `key.serializer` and the like: converters write.',
          table(['setting', 'why'], rows(false)),
          '## Other clusters\n\nA source whose producer goes to other `bootstrap.servers` keeps its offsets with the worker: at least once (refused with `exactly.once.support=required`). With a topic of its own for them there (`offsets.storage.topic`) it is exactly once; that topic is made with the connector’s `admin.override.` settings and read with its `consumer.override.` settings. A sink’s offsets stand where it reads; the lag of one that reads elsewhere is not watched. Dead letters that are written elsewhere are not listed by `/dead-letters`. Each task opens connections of its own then, as in Kafka Connect; without such settings the host’s tasks share them.',
        ],
      ),
    ],
  ]);
}
