// Turns topics of Debezium change events into topics of rows, exactly once.
import type { PluginDef } from 'tributary/connect';
import { debeziumUnwrap } from './connector.ts';

export { debeziumUnwrap };

/** Registrations of this package. */
export const plugins: readonly PluginDef[] = [debeziumUnwrap];
