// A processor that wrote to its own input would never end.
import { TributaryError } from '../core/errors.ts';
import type { ConnectRecord } from './records.ts';

/** Throws `config` when a record would go to a topic that the connector reads; `told` says what is wrong and what to do. */
export function refuseLoops(
  batch: readonly (ConnectRecord | null)[],
  isInput: (topic: string) => boolean,
  told: (topic: string) => { readonly what: string; readonly fix: string },
): void {
  let topic = '';
  for (let i = 0; i < batch.length; i++) {
    const record = batch[i]!;
    if (record === null || record.topic === topic) continue;
    topic = record.topic;
    if (isInput(topic)) throw new TributaryError('TRIB_CONNECT_LOOP', 'config', told(topic));
  }
}
