// Automatic restart of failed tasks: `task.restart.enable`, waits from `task.restart.delay.ms` doubling to `task.restart.delay.max.ms`,
// at most `task.restart.attempts` within 24 hours.
//
// Law: an error in the user's own text is not tried again, for time does not cure it. What may pass (a broker that is down) is
// tried again without end and without counting: it must not need a person for each task. So is what Kafka refuses to its user
// (credentials or rights that were taken away): one person mends it there, at whatever time, for all tasks.
import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { isTransient, TributaryError } from '../../core/errors.ts';

const DELAY_MS = 10_000;
const DELAY_MAX_MS = 900_000;
const ATTEMPTS = 10;
const WINDOW_MS = 24 * 3_600_000;
const HEALTHY_MS = 300_000;
const TRANSIENT_FIRST_MS = 500;
const TRANSIENT_MAX_MS = 10_000;
const REFUSED_MAX_MS = 60_000;

/** Settings of automatic restarts, as a connector has them. */
export interface RestartSettings {
  readonly enabled: boolean;
  readonly firstMs: number;
  readonly mostMs: number;
  readonly attempts: number;
}

/** The policy that a connector's settings make. */
export function restartSettings(raw: RawConfig, enabledByWorker: boolean): RestartSettings {
  return {
    enabled: (parseSetting('BOOLEAN', raw['task.restart.enable'] ?? '') ?? enabledByWorker) === true,
    firstMs: numberOf(raw['task.restart.delay.ms'], DELAY_MS),
    mostMs: numberOf(raw['task.restart.delay.max.ms'], DELAY_MAX_MS),
    attempts: numberOf(raw['task.restart.attempts'], ATTEMPTS),
  };
}

/** Remembers the failures of one task. */
export class Restarts {
  #failures = 0;
  #startedAtMs = 0;
  /** Times of counted restarts within the window. */
  #counted: number[] = [];

  started(nowMs: number): void {
    this.#startedAtMs = nowMs;
  }

  /** A person, or a new config, starts the task: what was counted is forgotten. */
  forget(): void {
    this.#failures = 0;
    this.#counted = [];
  }

  /** Restarts by itself within the last 24 hours. */
  attempts(nowMs: number): number {
    return this.#counted.filter((at) => nowMs - at < WINDOW_MS).length;
  }

  /** How long to wait before the next start, or null when there is none. */
  next(error: unknown, settings: RestartSettings, nowMs: number): number | null {
    // A task that has run well for a while begins with the first delay again.
    if (nowMs - this.#startedAtMs > HEALTHY_MS) this.#failures = 0;
    const doublings = Math.min(this.#failures, 30);
    this.#failures++;
    if (isTransient(error)) return Math.min(TRANSIENT_FIRST_MS * 2 ** doublings, TRANSIENT_MAX_MS);
    if (!settings.enabled || isUsersFault(error)) return null;
    if (isRefused(error)) return Math.min(settings.firstMs * 2 ** doublings, settings.mostMs, REFUSED_MAX_MS);
    this.#counted = this.#counted.filter((at) => nowMs - at < WINDOW_MS);
    if (this.#counted.length >= settings.attempts) return null;
    this.#counted.push(nowMs);
    return Math.min(settings.firstMs * 2 ** doublings, settings.mostMs);
  }
}

function isUsersFault(error: unknown): boolean {
  return error instanceof TributaryError && (error.kind === 'config' || error.kind === 'sql' || error.kind === 'bug');
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof TributaryError &&
    (error.code === 'TRIB_KAFKA_CREDENTIALS' || error.code === 'TRIB_KAFKA_NOT_ALLOWED')
  );
}

function numberOf(text: string | null | undefined, fallback: number): number {
  const value = parseSetting('LONG', text ?? '');
  return typeof value === 'number' && value >= 0 ? value : fallback;
}
