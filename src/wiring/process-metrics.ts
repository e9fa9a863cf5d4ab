// Metrics of the process itself, under the names that Prometheus' client libraries use.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CONNECT_VERSION, PRODUCT_VERSION } from './version.ts';

const NS = 1e9;

/** Answers the text of one scrape. `startedMs` is when the process came up. */
export function processMetrics(startedMs: number): () => string {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return () => {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const lines = [
      metric(
        'trib_build_info',
        'gauge',
        '1; versions are labels.',
        1,
        `{node="${process.version}",version="${PRODUCT_VERSION}"}`,
      ),
      metric(
        'kafka_connect_app_info',
        'gauge',
        '1; the version of the API is a label.',
        1,
        `{client_id="tributary",version="${CONNECT_VERSION}"}`,
      ),
      metric('process_start_time_seconds', 'gauge', 'Start of the process, seconds since the epoch.', startedMs / 1000),
      metric('process_cpu_seconds_total', 'counter', 'Processor time used.', (user + system) / 1e6),
      metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', rss),
      metric('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', heapUsed),
      metric('nodejs_heap_size_total_bytes', 'gauge', 'Heap.', heapTotal),
      metric('nodejs_external_memory_bytes', 'gauge', 'Memory of buffers outside the heap.', external),
      metric(
        'nodejs_eventloop_lag_p99_seconds',
        'gauge',
        'Delay of the event loop since the last scrape.',
        delay.percentile(99) / NS,
      ),
      metric('nodejs_eventloop_lag_max_seconds', 'gauge', 'Greatest delay since the last scrape.', delay.max / NS),
    ];
    delay.reset();
    return lines.join('');
  };
}

function metric(name: string, kind: string, help: string, value: number, labels = ''): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name}${labels} ${Number.isFinite(value) ? value : 0}\n`;
}
