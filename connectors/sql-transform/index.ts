// SQL statements as a connector.
import type { PluginDef } from 'tributary/connect';
import { sqlTransform } from './connector.ts';

export { sqlTransform };

/** Registrations of this package. */
export const plugins: readonly PluginDef[] = [sqlTransform];
