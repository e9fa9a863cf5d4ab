// Sides of topics as the driver needs them.
import { structOf } from '../../core/data/schema.ts';
import type { TopicShape, WindowInfo } from '../../sql/plan/nodes.ts';
import { schemaOfColumns } from '../../sql/plan/schema.ts';
import type { SerdeRef } from '../topology.ts';

/** One side of a declared topic. */
export function serdeRef(topic: TopicShape, side: 'key' | 'value'): SerdeRef {
  const of = side === 'key' ? topic.keyFormat : topic.valueFormat;
  return {
    format: of.format,
    schema: schemaOfColumns(side === 'key' ? topic.key : topic.value),
    unwrapped: of.unwrapped,
    properties: of.properties,
    window: side === 'key' ? windowOf(topic.window) : null,
  };
}

/** The engine's own encoding, for topics that only this query reads. */
export function rowRef(): SerdeRef {
  return { format: 'ROW', schema: structOf([]), unwrapped: false, properties: {}, window: null };
}

function windowOf(window: WindowInfo | null): SerdeRef['window'] {
  if (window === null) return null;
  return { kind: window.kind === 'SESSION' ? 'SESSION' : 'TIME', sizeMs: window.sizeMs };
}
