// What windowed aggregations are told, and whom they tell.
import type { Row } from '../../core/data/schema.ts';
import type { WindowSpec } from '../../sql/plan/nodes.ts';

export interface WindowOptions extends WindowSpec {
  /** EMIT FINAL. */
  readonly isFinal: boolean;
  /** Cells of the group; the window's start and end follow them in keys. */
  readonly groupLength: number;
}
/** `after` null: the window's result is withdrawn. `key`: group, start, end. */
export type WindowChange = (key: Row, before: Row | null, after: Row | null, timeMs: number) => void;
