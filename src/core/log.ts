// Structured logs: one line of JSON per event, loggers by dotted name, levels set at run time.
//
// Law: a level set on a name holds for everything below it. A line passes through the redactor before it leaves, so a secret
// that reached a message by way of a foreign error never reaches the log. Warnings and errors that repeat are folded (log-fold.ts).
import { type Folded, LogFold } from './log-fold.ts';

export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL' | 'OFF';
export type LogFields = Readonly<Record<string, unknown>>;

/** From most to least talkative; `ALL` is taken as TRACE. */
export const LOG_LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'OFF'];

/** Writes events of one name. Cheap to make; keep one per object. */
export interface Logger {
  readonly name: string;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same logger with fields that stand in every line. */
  with(fields: LogFields): Logger;
}

/** A logger's effective level and when it was last changed (null: never). */
export interface LoggerState {
  readonly level: LogLevel;
  readonly lastModified: number | null;
}

/** Where lines go and where time comes from: core touches neither itself. */
export interface LogOutlets {
  write(line: string): void;
  now(): number;
  redact?(text: string): string;
}

/** All loggers of a process, by name; `root` stands above all. */
export class Logs {
  readonly #outlets: LogOutlets;
  readonly #fold = new LogFold();
  readonly #states = new Map<string, { level: LogLevel; own: boolean; lastModified: number | null }>();

  /** Counts changes of levels: whoever keeps a copy of them sees by it that the copy is old. */
  revision = 0;

  constructor(outlets: LogOutlets, level: LogLevel = 'INFO') {
    this.#outlets = outlets;
    this.#states.set('root', { level, own: true, lastModified: null });
  }

  /** The logger of that name, made known (and listed) by this call. */
  logger(name: string): Logger {
    this.#known(name);
    return this.#make(name, {});
  }

  /** Every known logger, sorted by name. */
  list(): ReadonlyMap<string, LoggerState> {
    return new Map([...this.#states.keys()].sort().map((name) => [name, this.get(name)!]));
  }

  get(name: string): LoggerState | null {
    const state = this.#states.get(name);
    return state === undefined ? null : { level: this.#effective(name), lastModified: state.lastModified };
  }

  /** Sets the level of a name and of everything below it; answers the names concerned, sorted. */
  setLevel(name: string, level: LogLevel): readonly string[] {
    this.#known(name);
    const at = this.#outlets.now();
    const touched = [...this.#states.keys()].filter((known) => name === 'root' || isWithin(known, name)).sort();
    for (const known of touched) this.#states.set(known, { level, own: true, lastModified: at });
    this.revision++;
    return touched;
  }

  /** The levels that were set, for `adopt` on another thread. */
  ownLevels(): readonly (readonly [name: string, level: LogLevel])[] {
    return [...this.#states].flatMap(([name, { level, own }]) => (own ? [[name, level] as const] : []));
  }

  /** Takes the levels of another thread's loggers in place of those set here. */
  adopt(levels: readonly (readonly [name: string, level: LogLevel])[]): void {
    for (const state of this.#states.values()) state.own = false;
    for (const [name, level] of levels) this.#states.set(name, { level, own: true, lastModified: null });
  }

  /** Writes a line that a logger on another thread has made, redacted by this one. */
  relay(line: string): void {
    this.#outlets.write(this.#outlets.redact === undefined ? line : this.#outlets.redact(line));
  }

  /** Tells what was held back of repeated lines, of windows that are over or (at the end) of all. Call it now and then. */
  flush(all = false): void {
    for (const folded of this.#fold.flush(this.#outlets.now(), all)) this.#writeFolded(folded);
  }

  #known(name: string): void {
    if (!this.#states.has(name)) this.#states.set(name, { level: 'INFO', own: false, lastModified: null });
  }

  #effective(name: string): LogLevel {
    for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const state = this.#states.get(at);
      if (state?.own) return state.level;
    }
    return this.#states.get('root')!.level;
  }

  #make(name: string, always: LogFields): Logger {
    const at = (level: LogLevel) => (message: string, fields?: LogFields) =>
      this.#emit(name, level, message, always, fields);
    return {
      name,
      debug: at('DEBUG'),
      info: at('INFO'),
      warn: at('WARN'),
      error: at('ERROR'),
      with: (fields) => this.#make(name, { ...always, ...fields }),
    };
  }

  #emit(name: string, level: LogLevel, message: string, always: LogFields, fields: LogFields | undefined): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.#effective(name))) return;
    const values = { ...always, ...fields };
    if (level === 'WARN' || level === 'ERROR' || level === 'FATAL') {
      const { error } = values as { error?: unknown };
      const text =
        error === undefined || error === null ? null : error instanceof Error ? error.message : String(error);
      const { before, write } = this.#fold.take({ level, logger: name, message, error: text }, this.#outlets.now());
      if (before !== null) this.#writeFolded(before);
      if (!write) return;
    }
    this.#write(name, level, message, { ...contextOf(values), ...values });
  }

  #writeFolded({ level, message, error, count, loggers, loggerCount, windowMs }: Folded): void {
    this.#write(loggerCount === 1 ? loggers[0]! : 'log', level, message, {
      ...(error === null ? {} : { error }),
      repeated: count,
      ...(loggerCount === 1 ? {} : { loggers, loggerCount }),
      seconds: windowMs / 1000,
    });
  }

  #write(name: string, level: string, message: string, values: LogFields): void {
    const line = JSON.stringify(
      {
        time: new Date(this.#outlets.now()).toISOString(),
        level: level.toLowerCase(),
        logger: name,
        ...values,
        message,
      },
      plain,
    );
    this.#outlets.write(this.#outlets.redact === undefined ? line : this.#outlets.redact(line));
  }
}

/** The level a user wrote, any case; null when there is none such. */
export function parseLevel(text: string): LogLevel | null {
  const upper = text.toUpperCase();
  if (upper === 'ALL') return 'TRACE';
  return LOG_LEVELS.find((level) => level === upper) ?? null;
}

/** Kafka Connect's `connector.context`, by which its users filter: `[orders|task-0]`, `[orders|worker]`. */
function contextOf({ connector, task }: LogFields): LogFields {
  if (typeof connector !== 'string') return {};
  return { 'connector.context': `[${connector}|${task === undefined ? 'worker' : `task-${String(task)}`}]` };
}

function isWithin(name: string, parent: string): boolean {
  return name === parent || name.startsWith(`${parent}.`);
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return value.message;
  return value;
}
