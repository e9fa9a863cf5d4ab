// The states of connectors and tasks as REST shows them, and how an error becomes a trace.
import { TributaryError } from '../core/errors.ts';

/** What the user wants of a connector; kept in the config topic. */
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED';

export type State = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING';

/** A state with its cause. `error` is kept beside the trace for those who want its code. */
export interface Status {
  readonly state: State;
  readonly trace: string | null;
  readonly error: Error | null;
}

export const UNASSIGNED: Status = { state: 'UNASSIGNED', trace: null, error: null };

export function statusOf(state: State): Status {
  return { state, trace: null, error: null };
}

export function failedStatus(error: unknown): Status {
  const cause = error instanceof Error ? error : new Error(String(error));
  return { state: 'FAILED', trace: traceOf(cause), error: cause };
}

const FRAMES_MAX = 12;
const CAUSES_MAX = 6;

/** The text of an error with its causes: message first, then where it was thrown. */
export function traceOf(error: unknown): string {
  const parts: string[] = [];
  let at: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && at !== undefined && at !== null; depth++) {
    parts.push(`${depth === 0 ? '' : 'Caused by: '}${headline(at)}`);
    if (!(at instanceof Error)) break;
    parts.push(...framesOf(at));
    at = at.cause;
  }
  return `${parts.join('\n')}\n`;
}

function headline(error: unknown): string {
  if (error instanceof TributaryError) return `${error.code} ${error.message}`;
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return String(error);
}

function framesOf(error: Error): string[] {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, FRAMES_MAX).map((line) => `\t${line.trim()}`);
}
