// What a sink's task tries again, as often as it takes: the loading of schemas, and a put.
import { isTransient } from '../../core/errors.ts';
import type { TaskMeter } from '../../core/task-meter.ts';
import type { TaskFrame } from './task-frame.ts';

const RETRY_FIRST_MS = 300;

export class SinkRetries {
  readonly #frame: TaskFrame;
  readonly #meter: TaskMeter;
  readonly #between: () => Promise<void>;

  /** @param between called after each wait: what is done must be committed however long this lasts. */
  constructor(frame: TaskFrame, meter: TaskMeter, between: () => Promise<void>) {
    this.#frame = frame;
    this.#meter = meter;
    this.#between = between;
  }

  /** Does the work again after each transient failure, with growing waits; throws all others, and any when the task stops. */
  async run(stage: 'decode' | 'put', work: () => Promise<void>): Promise<void> {
    const { control, environment, tolerance, log } = this.#frame;
    for (let attempt = 1; ; attempt++) {
      try {
        await work();
        control.retries.done(stage);
        return;
      } catch (error) {
        if (!isTransient(error) || control.signal.aborted) throw error;
        this.failed(stage, error);
        this.#frame.counter('retries').add(1);
        this.#meter.note('retries', 1, environment.clock.now());
        this.#meter.note('failures', 1, environment.clock.now());
        const delayMs = Math.min(RETRY_FIRST_MS * 2 ** Math.min(attempt - 1, 12), tolerance.settings.retryDelayMaxMs);
        if ((attempt & (attempt - 1)) === 0) {
          log.warn('Trying again.', { attempt, delayMs, error: (error as Error).message });
        }
        await environment.clock.sleep(delayMs, control.signal);
        await this.#between();
        if (control.signal.aborted) throw error;
      }
    }
  }

  /** Notes a failed attempt of work that is tried again elsewhere. */
  failed(stage: string, error: unknown): void {
    this.#frame.control.retries.failed(stage, error, this.#frame.environment.clock.now());
  }
}
