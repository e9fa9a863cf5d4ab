// What a transform works out for a schema, it works out once: by identity, in a weak map, with the last one at hand.
//
// Law: converters hand out one Schema object for one registered schema, so identity is equality on the data path. A converter
// that makes a schema a record is merely slow, never wrong.
import type { Schema } from '../core/data/schema.ts';

/** A function that remembers its answer for every schema it met. */
export function perSchema<P>(plan: (schema: Schema) => P): (schema: Schema) => P {
  const plans = new WeakMap<Schema, P>();
  let lastSchema: Schema | null = null;
  let lastPlan: P;
  return (schema) => {
    if (schema === lastSchema) return lastPlan;
    let found = plans.get(schema);
    if (found === undefined) {
      found = plan(schema);
      plans.set(schema, found);
    }
    lastSchema = schema;
    lastPlan = found;
    return found;
  };
}
