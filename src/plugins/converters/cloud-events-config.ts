// Settings of CloudEventsConverter, and where it takes an event's metadata from.
//
// Law: Debezium's class declares no settings of its own (`/connector-plugins/<class>/config` answers `[]`, and validation lists
// none), so all of these are `unlisted`: checked and documented, but shown by Connect's API only when they are at fault.
import { oneOfIgnoringCase } from '../../core/config/checks.ts';
import type { ConfigDef, ParsedConfig, Setting, SettingValue } from '../../core/config/define.ts';
import { quoted } from '../../core/errors.ts';
import { type NameAdjustment, nameAdjustment } from '../debezium/name-adjustment.ts';
import { configFault } from '../faults.ts';
import { CONVERTER_TYPE } from './parts.ts';

/** How the envelope of an event, or the data in it, is written. */
export type Encoding = 'json' | 'avro';

/** Where the parts of an event come from. */
export interface MetadataSource {
  /** True: `source`, `op` and `transaction` are headers, and the value is the data. False: the value is a change event with all of them. */
  readonly isHeader: boolean;
  /** True: taken from the header of that name. False: made from the source. */
  readonly idHeader: boolean;
  readonly typeHeader: boolean;
  readonly dataNameHeader: boolean;
}

/** The settings, as the converter uses them. */
export interface CloudEventsOptions {
  readonly envelope: Encoding;
  readonly data: Encoding;
  readonly extensions: boolean;
  readonly adjust: NameAdjustment;
  /** Null: made from the source. */
  readonly envelopeName: string | null;
  readonly metadata: MetadataSource;
}

const GENERATED = ['id', 'type', 'dataSchemaName'] as const;
const DEFAULT_SOURCE = ['value', ...GENERATED.map((field) => `${field}:generate`)];

function unlisted(setting: Pick<Setting, 'name' | 'type' | 'doc'> & Partial<Setting>): Setting {
  return { importance: 'HIGH', fallback: null, unlisted: true, ...setting };
}

const encoding = oneOfIgnoringCase('json', 'avro');

export const CLOUD_EVENTS_CONFIG: ConfigDef = [
  { ...CONVERTER_TYPE, unlisted: true, fallback: null },
  unlisted({
    name: 'serializer.type',
    type: 'STRING',
    fallback: 'json',
    doc: 'How the envelope is written: json or avro. Avro takes data in Avro only.',
    check: encoding,
  }),
  unlisted({
    name: 'data.serializer.type',
    type: 'STRING',
    fallback: 'json',
    doc: 'How the member `data` is written: json or avro. JsonConverter is handed the settings under `json.`, AvroConverter those under `avro.`, such as `json.schemas.enable` and `avro.schema.registry.url` (Avro needs it: each event names the address of its data’s schema).',
    check: encoding,
  }),
  unlisted({
    name: 'extension.attributes.enable',
    type: 'BOOLEAN',
    fallback: true,
    importance: 'LOW',
    doc: 'Whether the operation, the source and the transaction stand in the event as `iodebezium…` attributes.',
  }),
  unlisted({
    name: 'metadata.source',
    type: 'LIST',
    fallback: DEFAULT_SOURCE,
    doc: 'Where metadata comes from. First `value` (a change event) or `header` (the headers `source`, `op` and `transaction`, which HeaderFrom sets before EventRouter; the value is then the data). Then, where they differ from it, `id`, `type` and `dataSchemaName` with `:generate` or `:header`.',
    check: (value) => faultOf(value),
  }),
  unlisted({
    name: 'schema.data.name.source.header.enable',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'LOW',
    doc: 'Whether the schema of the data is named by the header `dataSchemaName`, if `metadata.source` has that from a header.',
  }),
  unlisted({
    name: 'schema.cloudevents.name',
    type: 'STRING',
    importance: 'LOW',
    doc: 'Name of the envelope’s schema. Without it: `<source.name>.<source.db>.CloudEvents.Envelope`.',
  }),
  unlisted({
    name: 'schema.name.adjustment.mode',
    type: 'STRING',
    fallback: 'avro',
    importance: 'LOW',
    doc: 'How names of schemas that the converter makes are changed: avro (`_` for what Avro refuses), avro_unicode (`_uXXXX`) or none.',
    check: oneOfIgnoringCase('avro', 'avro_unicode', 'none'),
  }),
];

/** Throws `config` for settings that do not go together. */
export function cloudEventsOptions(config: ParsedConfig): CloudEventsOptions {
  const envelope = String(config['serializer.type']).toLowerCase() as Encoding;
  const data = String(config['data.serializer.type']).toLowerCase() as Encoding;
  if (envelope === 'avro' && data === 'json') {
    throw configFault(
      "Cannot use 'application/json' data content type within Avro events.",
      'Set data.serializer.type=avro, or serializer.type=json.',
    );
  }
  const name = config['schema.cloudevents.name'];
  const adjust = nameAdjustment(String(config['schema.name.adjustment.mode']));
  return {
    envelope,
    data,
    extensions: config['extension.attributes.enable'] === true,
    adjust,
    envelopeName: typeof name === 'string' && name !== '' ? adjust(name) : null,
    metadata: metadataSource(
      config['metadata.source'] as readonly string[],
      config['schema.data.name.source.header.enable'] === true,
    ),
  };
}

function metadataSource(entries: readonly string[], namesData: boolean): MetadataSource {
  const isHeader = entries[0]!.toLowerCase() === 'header';
  const isFromHeader = (field: string): boolean => {
    const entry = entries.find((one) => one.startsWith(`${field}:`));
    return entry === undefined ? isHeader : entry.slice(field.length + 1).toLowerCase() === 'header';
  };
  return {
    isHeader,
    idHeader: isFromHeader('id'),
    typeHeader: isFromHeader('type'),
    dataNameHeader: namesData && isFromHeader('dataSchemaName'),
  };
}

/** What is wrong with `metadata.source`; null when nothing is. */
function faultOf(value: SettingValue): string | null {
  const [first, ...fields] = (value ?? []) as readonly string[];
  if (first === undefined || !['value', 'header'].includes(first.toLowerCase())) {
    return `The first entry says where metadata comes from, value or header; it is ${quoted(first ?? '')}`;
  }
  for (const entry of fields) {
    const [field, from, ...rest] = entry.split(':');
    if (!GENERATED.some((name) => name === field)) {
      return `Field ${quoted(field ?? '')} is not allowed to set custom source; only ${GENERATED.join(', ')} are`;
    }
    if (rest.length > 0 || !['generate', 'header'].includes(from?.toLowerCase() ?? '')) {
      return `${quoted(entry)} must be ${field}:generate or ${field}:header`;
    }
  }
  return null;
}
