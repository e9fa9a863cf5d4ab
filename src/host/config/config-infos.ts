import type { ConfigInfo } from '../../core/config/describe.ts';

/** Connect's ConfigInfos. */
export interface ConfigInfos {
  readonly name: string;
  readonly error_count: number;
  readonly groups: readonly string[];
  readonly configs: readonly ConfigInfo[];
  /** Ours: what is not wrong but most likely a slip. Absent when there is nothing to say; never counted. */
  readonly warnings?: readonly string[];
}
