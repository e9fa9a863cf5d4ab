// Settings of a worker file that nobody knows: most likely slips, whose meaning is lost in silence.
//
// Law: what Kafka Connect's workers take is no slip, though it may have no meaning here. Families that take names of others (clients,
// providers, topics, converters) are open: of those only what nearly is a setting of ours is told.
import { nearest } from '../core/errors.ts';

/** A setting that nobody knows, with the nearest known name. */
export interface StrangeSetting {
  readonly name: string;
  readonly suggestion: string | null;
}

/** Settings of Kafka Connect's workers that are not needed here. */
const OF_CONNECT: readonly string[] = [
  ...['access.control.allow.methods', 'access.control.allow.origin', 'admin.listeners', 'auto.include.jmx.reporter'],
  ...['client.dns.lookup', 'client.id', 'connect.protocol', 'connections.max.idle.ms', 'config.providers'],
  ...['inter.worker.verification.algorithms', 'internal.key.converter', 'internal.value.converter'],
  ...['metadata.max.age.ms', 'metadata.recovery.strategy', 'metadata.recovery.rebootstrap.trigger.ms'],
  ...['metric.reporters', 'metrics.num.samples', 'metrics.recording.level', 'metrics.sample.window.ms'],
  ...['offset.flush.timeout.ms', 'offset.storage.file.filename', 'plugin.discovery', 'receive.buffer.bytes'],
  ...['reconnect.backoff.max.ms', 'reconnect.backoff.ms', 'request.timeout.ms', 'response.http.headers.config'],
  ...['rest.extension.classes', 'rest.host.name', 'rest.port', 'retry.backoff.max.ms', 'retry.backoff.ms'],
  ...['send.buffer.bytes', 'socket.connection.setup.timeout.max.ms', 'socket.connection.setup.timeout.ms'],
];

const OPEN =
  /^(?:producer|consumer|admin|config\.providers|(?:internal\.)?(?:key|value)\.converter|header\.converter|listeners\.https|sasl|ssl|security|metrics\.context|(?:offset|config|status)\.storage|ksql|schema\.registry|confluent)\./;

/** @param known our own settings. */
export function strangeSettings(names: readonly string[], known: readonly string[]): readonly StrangeSetting[] {
  const all = new Set([...known, ...OF_CONNECT]);
  return names.flatMap((name) => {
    if (all.has(name)) return [];
    const family = OPEN.exec(name)?.[0];
    if (family === undefined) return [{ name, suggestion: nearest(name, all) }];
    const ends = known.filter((one) => one.startsWith(family)).map((one) => one.slice(family.length));
    const near = nearest(name.slice(family.length), ends);
    return near === null ? [] : [{ name, suggestion: family + near }];
  });
}

/** What the log says of it. */
export function strangeText({ name, suggestion }: StrangeSetting): string {
  return `Unknown worker setting ${name} is ignored.${suggestion === null ? '' : ` Did you mean ${suggestion}?`}`;
}
