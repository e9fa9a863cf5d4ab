// Converters with a registry in memory: bytes out, data back.
import { EmbeddedRegistry } from '../../src/adapters/registry/embedded.ts';
import type { Converter, ConverterDef, SchemaAndValue } from '../../src/connect/plugins.ts';
import { parseConfigOrThrow } from '../../src/core/config/parse.ts';
import { type Schema, Struct, type Value } from '../../src/core/data/schema.ts';
import type { SchemaRegistry } from '../../src/ports/schema-registry.ts';

export type Settings = Readonly<Record<string, string>>;

export function converterOf(def: ConverterDef, registry: SchemaRegistry, config: Settings = {}): Converter {
  const raw = { 'converter.type': 'value', ...config };
  return def.create(parseConfigOrThrow(def.config, raw, ''), false, { raw, registry: () => registry });
}

export async function decode(converter: Converter, payload: Buffer | null): Promise<SchemaAndValue> {
  const bytes = payload ?? Buffer.alloc(0);
  const start = payload === null ? -1 : 0;
  await converter.prepareDecode(bytes, Int32Array.of(start), Int32Array.of(bytes.length), 1);
  return converter.decode('t', bytes, start, bytes.length);
}

export async function encode(converter: Converter, schema: Schema, value: Value): Promise<Buffer> {
  await converter.prepareEncode('t', schema);
  return converter.encode('t', schema, value)!;
}

/** Writes with one converter and reads with another, as two hosts do. */
export async function roundTrip(
  def: ConverterDef,
  schema: Schema,
  value: Value,
  { config = {}, registry = new EmbeddedRegistry(null) }: { config?: Settings; registry?: SchemaRegistry } = {},
): Promise<SchemaAndValue & { readonly payload: Buffer; readonly text: string }> {
  const payload = await encode(converterOf(def, registry, config), schema, value);
  const back = await decode(converterOf(def, registry, config), payload);
  return { payload, text: (await registry.byId(payload.readUInt32BE(1)))!.schema, ...back };
}

/** Values as text: structs as their cells. */
export function textOf(value: Value): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === 'bigint'
      ? `${item}n`
      : item instanceof Struct
        ? item.cells
        : item instanceof Map
          ? [...item]
          : item,
  );
}
