// Debezium's CloudEventsConverter: change events as CloudEvents 1.0 in structured mode, and back.
import type { Converter, ConverterContext, ConverterDef } from '../../connect/plugins.ts';
import type { Header } from '../../connect/records.ts';
import { parseConfigOrThrow, settingsUnder } from '../../core/config/parse.ts';
import { DEBEZIUM_VERSION } from '../debezium/envelope.ts';
import { configFault } from '../faults.ts';
import { avroConverter } from './avro.ts';
import { CLOUD_EVENTS_CONFIG, cloudEventsOptions } from './cloud-events-config.ts';
import { CloudEventReader } from './cloud-events-reader.ts';
import { CloudEventWriter } from './cloud-events-writer.ts';
import { jsonConverter } from './json.ts';

const NO_HEADERS: readonly Header[] = [];

export const cloudEventsConverter: ConverterDef = {
  kind: 'converter',
  name: 'CloudEventsConverter',
  classes: ['io.debezium.converters.CloudEventsConverter'],
  doc: 'Change events of Debezium as CloudEvents 1.0 in structured mode, in JSON or Avro, and back. `id`, `source`, `type`, `time` and the `iodebezium…` attributes come from the change event, or from headers that HeaderFrom set before EventRouter (`metadata.source=header`). Heartbeats, boundaries of transactions and changes of schemas are written as null.',
  version: DEBEZIUM_VERSION,
  config: CLOUD_EVENTS_CONFIG,
  create: (config, isKey, context) => {
    const options = cloudEventsOptions(config);
    const isAvro = options.data === 'avro';
    const registryUrl = isAvro ? registryUrlOf(context) : null;
    const data = inner(options.data, isKey, context);
    const envelope = options.envelope === 'avro' ? inner('avro', isKey, context) : null;
    const writer = new CloudEventWriter(options, { data, envelope, registryUrl });
    const reader = new CloudEventReader(envelope, data, {
      isAvro,
      name: options.envelopeName ?? 'CloudEvents.Envelope',
    });
    const converter: Converter = {
      prepareDecode: (bytes, starts, ends, count) => reader.prepareDecode(bytes, starts, ends, count),
      decode: (topic, bytes, start, end) => reader.decode(topic, bytes, start, end),
      prepareEncode: () => null,
      encode: (topic, schema, value, headers) => writer.encode(topic, schema, value, headers ?? NO_HEADERS),
    };
    if (!isAvro) return converter;
    return {
      ...converter,
      prepareRecord: (topic, schema, value, headers) => writer.prepare(topic, schema, value, headers),
    };
  },
};

/** The converter of one part, with the settings under its prefix. */
function inner(encoding: 'json' | 'avro', isKey: boolean, context: ConverterContext): Converter {
  const def = encoding === 'json' ? jsonConverter : avroConverter;
  const raw = { ...settingsUnder(context.raw, `${encoding}.`), 'converter.type': isKey ? 'key' : 'value' };
  return def.create(parseConfigOrThrow(def.config, raw, encoding), isKey, { ...context, raw });
}

/** The registry's address is part of each event, so the worker's own registry, whose address is not known here, does not do. */
function registryUrlOf(context: ConverterContext): string {
  const [first] = (context.raw['avro.schema.registry.url'] ?? '').split(',');
  const url = (first ?? '').trim().replace(/\/+$/, '');
  if (url !== '') return withoutUser(url);
  throw configFault(
    'CloudEvents with data in Avro name the schema of the data by its address, and avro.schema.registry.url is not set.',
    context.raw['avro.apicurio.registry.url'] === undefined
      ? 'Set avro.schema.registry.url.'
      : 'Set avro.schema.registry.url to the address of Apicurio’s Confluent-compatible API (…/apis/ccompat/v7) instead of avro.apicurio.registry.url.',
  );
}

/** Credentials in the address are for the host only. */
function withoutUser(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
}
