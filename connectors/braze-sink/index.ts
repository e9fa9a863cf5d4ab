export { brazeSink } from './connector.ts';

import { brazeSink } from './connector.ts';

/** Registrations of this package. */
export const plugins = [brazeSink];
