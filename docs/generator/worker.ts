// The page of worker settings.
import { WORKER_CONFIG } from '../../src/wiring/worker-settings.ts';
import { page, settingsTable } from './markdown.ts';

/** Page by file name. */
export function workerPages(): ReadonlyMap<string, string> {
  return new Map([
    [
      'worker-settings.md',
      page(
        'Worker settings',
        'What `trib run <worker.json>` reads, as JSON or properties. Values may hold `${env:NAME}`, `${env:NAME:default}` and `${file:path:key}`. Kafka client settings (`security.protocol`, `sasl.…`, `ssl.…`, `client.…`), `ksql.…` properties and converter settings (`value.converter.…`) are handed on; other settings of a Kafka Connect worker file are taken and have no effect. A setting that nobody knows is named in the log at start.',
        [settingsTable(WORKER_CONFIG)],
      ),
    ],
  ]);
}
