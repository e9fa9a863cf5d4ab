// Secrets that change: values with a time to live are asked for again, and whoever runs with old ones is told, once.
import type { RawConfig } from '../../core/config/define.ts';
import type { Logger } from '../../core/log.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Providers } from './providers.ts';

const RETRY_MS = 30_000;
const LEAST_MS = 1000;

export interface ValueWatch {
  readonly providers: Providers;
  readonly clock: Clock;
  readonly log: Logger;
  /** As stored: with references. */
  readonly config: RawConfig;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** The values in use are no longer those that the references give. */
  changed(): void;
}

/** Watches the values behind a config that was just resolved. Resolves when the watch has ended. */
export async function watchValues({ providers, clock, log, config, signal, changed }: ValueWatch): Promise<void> {
  const used = providers.resolve(config);
  if (used['config.action.reload']?.trim().toLowerCase() === 'none') return;
  while (!signal.aborted) {
    const dueMs = providers.dueMs(config);
    if (dueMs === null) return;
    await clock.sleep(Math.max(dueMs - clock.now(), LEAST_MS), signal);
    if (signal.aborted) return;
    try {
      await providers.load(config);
    } catch (error) {
      log.warn('A config provider could not be asked; the old values stay in use.', {
        error: error instanceof Error ? error.message : String(error),
      });
      await clock.sleep(RETRY_MS, signal);
      continue;
    }
    if (signal.aborted || sameValues(used, providers.resolve(config))) continue;
    log.info('A value behind a reference of the config has changed: starting again with it.');
    changed();
    return;
  }
}

function sameValues(left: RawConfig, right: RawConfig): boolean {
  return Object.keys(left).every((name) => left[name] === right[name]);
}
