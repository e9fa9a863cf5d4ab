export { replaySource } from './connector.ts';

import { replaySource } from './connector.ts';

/** Registrations of this package. */
export const plugins = [replaySource];
