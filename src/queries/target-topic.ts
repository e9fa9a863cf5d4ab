// Where rows of a stream or table are written, for writers beside SQL (back-fills).
import { TributaryError } from '../core/errors.ts';
import { serdeRef } from '../engine/pipeline/serde-ref.ts';
import type { SerdeRef } from '../engine/topology.ts';
import type { Broker } from '../ports/broker.ts';
import { topicShape } from '../sql/bind/from.ts';
import type { Catalog, Source } from '../sql/catalog/catalog.ts';

export interface TargetTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly key: SerdeRef;
  readonly value: SerdeRef;
  readonly source: Source;
}

/** Throws `notFound`. */
export async function targetOf(broker: Broker, source: Source): Promise<TargetTopic> {
  const info = await broker.topic(source.topic);
  if (info === null) {
    throw new TributaryError('TRIB_TOPIC_MISSING', 'notFound', {
      what: `The topic ${source.topic} of ${source.name} does not exist.`,
      fix: 'Create it before rows are written to it.',
    });
  }
  const shape = topicShape(source);
  const { partitions } = info;
  return { topic: source.topic, partitions, key: serdeRef(shape, 'key'), value: serdeRef(shape, 'value'), source };
}

/** A stream or table by its name, as written or in capitals. Throws `notFound`. */
export function sourceOf(catalog: Catalog, name: string): Source {
  const source = catalog.sources.get(name) ?? catalog.sources.get(name.toUpperCase());
  if (source !== undefined) return source;
  throw new TributaryError('TRIB_SOURCE_UNKNOWN', 'notFound', {
    what: `There is no stream or table ${name}.`,
    fix: 'SHOW STREAMS and SHOW TABLES list all.',
  });
}
