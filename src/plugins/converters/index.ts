// The converters, in the order in which `/connector-plugins` lists them.
import type { PluginDef } from '../../connect/plugins.ts';
import { avroConverter } from './avro.ts';
import { byteArrayConverter, debeziumByteConverters } from './byte-array.ts';
import { cloudEventsConverter } from './cloud-events.ts';
import { jsonConverter } from './json.ts';
import { jsonSchemaConverter } from './json-schema.ts';
import { primitiveConverters } from './numbers.ts';
import { asHeaderConverter } from './parts.ts';
import { protobufConverter } from './protobuf.ts';
import { simpleHeaderConverter } from './simple-header.ts';
import { stringConverter } from './string.ts';

export { headerText } from './header-text.ts';
export { parseHeaderText } from './header-values.ts';

const plain = [jsonConverter, stringConverter, byteArrayConverter, ...primitiveConverters];

export const converters: readonly PluginDef[] = [
  ...plain,
  avroConverter,
  jsonSchemaConverter,
  protobufConverter,
  ...debeziumByteConverters,
  cloudEventsConverter,
  simpleHeaderConverter,
  ...plain.map(asHeaderConverter),
];
