// The counters and gauges of a thread, as changes since they were last told: the main thread adds them up.
import type { Labels, Metrics, Sample } from '../../core/metrics.ts';

export class SampleChanges {
  readonly #metrics: Metrics;
  readonly #told = new Map<string, number>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Counters by how much they have grown; gauges as they stand, when they have changed. */
  take(): readonly Sample[] {
    const changes: Sample[] = [];
    for (const sample of this.#metrics.samples()) {
      const key = keyOf(sample.name, sample.labels);
      const before = this.#told.get(key) ?? 0;
      if (sample.value === before) continue;
      this.#told.set(key, sample.value);
      changes.push(sample.kind === 'counter' ? { ...sample, value: sample.value - before } : sample);
    }
    return changes;
  }
}

/** Adds what a thread has told to the main thread's metrics. */
export class ToldSamples {
  readonly #metrics: Metrics;
  readonly #gauges = new Map<string, number>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  add(samples: readonly Sample[]): void {
    for (const { name, labels, kind, value } of samples) {
      if (kind === 'counter') this.#metrics.counter(name, labels).add(value);
      else this.#setGauge(name, labels, value);
    }
  }

  #setGauge(name: string, labels: Labels, value: number): void {
    const key = keyOf(name, labels);
    if (!this.#gauges.has(key)) this.#metrics.gauge(name, labels, () => this.#gauges.get(key) ?? 0);
    this.#gauges.set(key, value);
  }
}

function keyOf(name: string, labels: Labels): string {
  return `${name} ${JSON.stringify(labels)}`;
}
