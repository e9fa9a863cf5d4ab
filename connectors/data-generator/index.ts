// Made-up records, exactly once.
import type { PluginDef } from 'tributary/connect';
import { dataGenerator } from './connector.ts';

export { dataGenerator };

/** Registrations of this package. */
export const plugins: readonly PluginDef[] = [dataGenerator];
