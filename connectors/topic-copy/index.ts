// Topics from cluster to cluster, exactly once.
import type { PluginDef } from 'tributary/connect';
import { topicCopy } from './connector.ts';

export { topicCopy };

/** Registrations of this package. */
export const plugins: readonly PluginDef[] = [topicCopy];
