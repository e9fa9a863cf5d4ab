// A map of Protobuf is a repeated message of two fields, by the language's own definition.
import type { Schema } from '../../core/data/schema.ts';

/** The struct that an entry of the map is. */
export function entrySchema(map: Schema): Schema {
  return {
    kind: 'struct',
    optional: false,
    fields: [
      { name: 'key', index: 0, schema: map.keys! },
      { name: 'value', index: 1, schema: map.items! },
    ],
  };
}
