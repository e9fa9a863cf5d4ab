// FORMAT NONE: nothing is read, null is written.
import type { Format } from './format.ts';

export const none: Format = {
  name: 'NONE',
  usesRegistry: false,
  wrapsSingles: false,
  unwrapsSingles: false,
  properties: [],
  reader: (_spec, wanted) => ({ prepare: () => null, read: () => new Array(wanted.length).fill(null) }),
  writer: () => ({ prepare: async () => {}, write: () => false }),
};
