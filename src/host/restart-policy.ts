// Automatic restart of failed tasks: `task.restart.enable`, waits from `task.restart.delay.ms` doubling to `task.restart.delay.max.ms`,
// at most `task.restart.attempts` in a row.
import type { RawConfig } from '../core/config/define.ts';
import { parseSetting } from '../core/config/parse.ts';
import { TributaryError } from '../core/errors.ts';

const DELAY_MS = 10_000;
const DELAY_MAX_MS = 900_000;
const ATTEMPTS = 10;

/** The policy that a connector's settings make. */
export function restartPolicy(
  raw: RawConfig,
  enabledByWorker: boolean,
): { delayMs(error: unknown, failures: number): number | null } {
  const enabled = parseSetting('BOOLEAN', raw['task.restart.enable'] ?? '') ?? enabledByWorker;
  const first = numberOf(raw['task.restart.delay.ms'], DELAY_MS);
  const most = numberOf(raw['task.restart.delay.max.ms'], DELAY_MAX_MS);
  const attempts = numberOf(raw['task.restart.attempts'], ATTEMPTS);
  return {
    delayMs: (error, failures) => {
      if (enabled !== true || failures > attempts || isUsersFault(error)) return null;
      return Math.min(first * 2 ** (failures - 1), most);
    },
  };
}

function isUsersFault(error: unknown): boolean {
  return error instanceof TributaryError && (error.kind === 'config' || error.kind === 'sql' || error.kind === 'bug');
}

function numberOf(text: string | null | undefined, fallback: number): number {
  const value = parseSetting('LONG', text ?? '');
  return typeof value === 'number' && value >= 0 ? value : fallback;
}
