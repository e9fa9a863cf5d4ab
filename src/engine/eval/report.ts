// The response's account of the world: records, sources, topics (the contract's §3).
import { findFormat } from '../../formats/index.ts';
import { type Printable, parseJson } from '../../formats/json-text.ts';
import type { Source } from '../../sql/catalog/catalog.ts';
import { typeText } from '../../sql/types/type-text.ts';
import type { World } from './world.ts';

/** All records of all topics. */
export async function reportOutputs(world: World): Promise<Printable[]> {
  const outputs: Printable[] = [];
  for (const topic of world.topics.all()) {
    const window = world.sourceOf(topic.name)?.window ?? null;
    const key = world.side(topic.name, true);
    const value = world.side(topic.name, false);
    for (const record of topic.records) {
      if (record.input >= 0) continue;
      const { inner, bounds } = splitKey(record.key, window);
      outputs.push({
        topic: topic.name,
        key: await world.payloads.decode(key, inner),
        value: await world.payloads.decode(value, record.value),
        timestamp: record.timestamp,
        headers: record.headers.map(([name, bytes]) => ({
          key: name,
          value: bytes === null ? null : bytes.toString('base64'),
        })),
        window: bounds,
      });
    }
  }
  return outputs;
}

function splitKey(
  key: Buffer | null,
  window: Source['window'],
): { readonly inner: Buffer | null; readonly bounds: Printable } {
  if (key === null || window === null) return { inner: key, bounds: null };
  if (window.kind === 'SESSION') {
    const at = key.length - 16;
    const end = Number(key.readBigInt64BE(at));
    return { inner: key.subarray(0, at), bounds: { start: Number(key.readBigInt64BE(at + 8)), end, type: 'SESSION' } };
  }
  const at = key.length - 8;
  const start = Number(key.readBigInt64BE(at));
  return { inner: key.subarray(0, at), bounds: { start, end: start + window.sizeMs!, type: 'TIME' } };
}

/** Everything in the catalog. */
export function reportSources(world: World): Printable[] {
  return [...world.catalog.sources.values()].map((source) => ({
    name: source.name,
    type: source.shape,
    schema: schemaOf(source),
    keyFormat: {
      format: source.keyFormat.format,
      ...(source.window === null ? {} : { windowType: source.window.kind }),
      ...(source.window?.sizeMs == null ? {} : { windowSize: source.window.sizeMs }),
    },
    valueFormat: source.valueFormat.format,
    keyFeatures: keyFeatures(source),
    valueFeatures:
      source.wrapSingleValue === null || source.value.length !== 1
        ? []
        : [source.wrapSingleValue ? 'WRAP_SINGLES' : 'UNWRAP_SINGLES'],
    isSource: source.readOnly,
  }));
}

function keyFeatures(source: Source): string[] {
  const format = findFormat(source.keyFormat.format);
  const knowsBoth = format?.wrapsSingles && format.unwrapsSingles;
  return knowsBoth && source.key.length === 1 ? ['UNWRAP_SINGLES'] : [];
}

function schemaOf(source: Source): string {
  const name = (text: string) => `\`${text.replaceAll('`', '``')}\``;
  return [
    ...source.key.map(
      (column) => `${name(column.name)} ${typeText(column.type)}${source.shape === 'table' ? ' PRIMARY KEY' : ' KEY'}`,
    ),
    ...source.value.map((column) => `${name(column.name)} ${typeText(column.type)}`),
    ...source.headers.map(
      (column) =>
        `${name(column.name)} ${typeText(column.type)} ${column.header === null ? 'HEADERS' : `HEADER('${column.header}')`}`,
    ),
  ].join(', ');
}

/** All topics, with formats and the latest schemas. */
export function reportTopics(world: World): Printable[] {
  return world.topics.all().map((topic) => ({
    name: topic.name,
    partitions: topic.partitions,
    keyFormat: world.side(topic.name, true).format,
    valueFormat: world.side(topic.name, false).format,
    keySchema: schemaJson(world, `${topic.name}-key`),
    valueSchema: schemaJson(world, `${topic.name}-value`),
  }));
}

function schemaJson(world: World, subject: string): Printable {
  const schema = world.registry.newest(subject);
  if (schema === null) return null;
  return schema.type === 'PROTOBUF' ? schema.schema : parseJson(schema.schema);
}
