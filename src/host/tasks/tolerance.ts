// What happens to a record that cannot be handled: retried, reported, skipped, or the end of its task.
//
// Law: only transient errors are retried, and never past the deadline. A reported record's offset counts as done only when its
// dead letter is acknowledged (the tasks flush the dead-letter producer before they commit).
import type { DeadLetter, RecordFailure, TargetAnswer } from '../../connect/connectors.ts';
import type { ParsedConfig, RawConfig } from '../../core/config/define.ts';
import { parseConfigOrThrow } from '../../core/config/parse.ts';
import { isTransient, TributaryError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Counter } from '../../core/metrics.ts';
import type { TaskMeter } from '../../core/task-meter.ts';
import type { Headers } from '../../ports/broker.ts';
import { javaClassOf } from '../config/java-names.ts';
import { answerHeaders } from '../dead-letters/dead-letter-form.ts';
import { traceOf } from '../states.ts';

const FIRST_DELAY_MS = 300;

/** The `errors.…` settings of a connector. */
export interface ErrorSettings {
  readonly tolerant: boolean;
  readonly retryTimeoutMs: number;
  readonly retryDelayMaxMs: number;
  readonly log: boolean;
  readonly logMessages: boolean;
  /** Null: no dead-letter topic. */
  readonly deadLetterTopic: string | null;
  /** −1: the broker's default, where the settings say nothing: the reference's 3 cannot be made on a single broker. */
  readonly deadLetterReplication: number;
  readonly deadLetterHeaders: boolean;
}

const DEFINITION = [
  { name: 'errors.tolerance', type: 'STRING', fallback: 'none' },
  { name: 'errors.retry.timeout', type: 'LONG', fallback: 0 },
  { name: 'errors.retry.delay.max.ms', type: 'LONG', fallback: 60000 },
  { name: 'errors.log.enable', type: 'BOOLEAN', fallback: false },
  { name: 'errors.log.include.messages', type: 'BOOLEAN', fallback: false },
  { name: 'errors.deadletterqueue.topic.name', type: 'STRING', fallback: '' },
  { name: 'errors.deadletterqueue.topic.replication.factor', type: 'SHORT', fallback: -1 },
  { name: 'errors.deadletterqueue.context.headers.enable', type: 'BOOLEAN', fallback: false },
] as const;

export function errorSettings(raw: RawConfig): ErrorSettings {
  const def = DEFINITION.map((setting) => ({ ...setting, importance: 'MEDIUM' as const, doc: '' }));
  const values: ParsedConfig = parseConfigOrThrow(def, raw, 'errors');
  return {
    tolerant: values['errors.tolerance'] === 'all',
    retryTimeoutMs: values['errors.retry.timeout'] as number,
    retryDelayMaxMs: values['errors.retry.delay.max.ms'] as number,
    log: values['errors.log.enable'] as boolean,
    logMessages: values['errors.log.include.messages'] as boolean,
    deadLetterTopic: (values['errors.deadletterqueue.topic.name'] as string) || null,
    deadLetterReplication: values['errors.deadletterqueue.topic.replication.factor'] as number,
    deadLetterHeaders: values['errors.deadletterqueue.context.headers.enable'] as boolean,
  };
}

/** A failure that may come from a source, where there is no topic position. */
export type AnyFailure = Omit<RecordFailure, 'topic' | 'partition' | 'offset'> &
  Partial<Pick<RecordFailure, 'topic' | 'partition' | 'offset'>> & {
    readonly timestampMs?: number;
    /** What the target answered, where it did. */
    readonly answer?: TargetAnswer | null;
  };

/** Reports failures of one task. */
export class Tolerance {
  readonly settings: ErrorSettings;
  readonly #connector: string;
  readonly #task: number;
  readonly #log: Logger;
  readonly #failed: Counter;
  readonly #skipped: Counter;
  readonly #redact: (text: string) => string;
  readonly #meter: TaskMeter | null;
  readonly #now: () => number;

  constructor(options: {
    readonly settings: ErrorSettings;
    readonly connector: string;
    readonly task: number;
    readonly log: Logger;
    readonly failed: Counter;
    readonly skipped: Counter;
    /** Hides secrets: an error may quote what a server echoed, and dead letters are read by many. */
    readonly redact: (text: string) => string;
    /** Where Connect's error figures go, with the time. */
    readonly meter?: TaskMeter;
    now?(): number;
  }) {
    this.settings = options.settings;
    this.#connector = options.connector;
    this.#task = options.task;
    this.#log = options.log;
    this.#failed = options.failed;
    this.#skipped = options.skipped;
    this.#redact = options.redact;
    this.#meter = options.meter ?? null;
    this.#now = options.now?.bind(options) ?? (() => 0);
  }

  /** Counts and logs; answers the dead letter that is wanted. Does not throw: see {@link verdict}. */
  report(failure: AnyFailure): DeadLetter | null {
    this.#failed.add(1);
    if (this.settings.tolerant) this.#skipped.add(1);
    const topic = failure.topic === undefined ? null : this.settings.deadLetterTopic;
    this.#note(topic !== null);
    if (this.settings.log) this.#log.error(this.#logText(failure), { error: failure.error.message });
    else if (this.settings.tolerant) this.#tell(failure, topic);
    if (topic === null) return null;
    return { topic, headers: this.settings.deadLetterHeaders ? this.#headers(failure) : [] };
  }

  /** A try after a failure: counted apart from the records that failed for good. */
  retried(): void {
    this.#meter?.note('retries', 1, this.#now());
    this.#meter?.note('failures', 1, this.#now());
  }

  #note(hasLetter: boolean): void {
    const meter = this.#meter;
    if (meter === null) return;
    const nowMs = this.#now();
    meter.note('failures', 1, nowMs);
    meter.note('errors', 1, nowMs);
    if (this.settings.tolerant) meter.note('skipped', 1, nowMs);
    if (this.settings.log) meter.note('logged', 1, nowMs);
    if (hasLetter) meter.note('letters', 1, nowMs);
    meter.set('lastErrorMs', nowMs);
  }

  /** What is passed over must be seen somewhere, or a target that refuses everything looks like one that is well. The log folds repeats. */
  #tell({ stage, error, topic, partition, offset }: AnyFailure, letters: string | null): void {
    const message = letters === null ? 'A record was skipped.' : 'A record was sent to the dead letters.';
    this.#log.warn(message, {
      error: error.message,
      stage,
      ...(topic === undefined ? {} : { topic, partition, offset }),
      ...(letters === null ? {} : { deadLetters: letters }),
    });
  }

  /** The error that ends the task, or null when the record is skipped. */
  verdict(failure: AnyFailure): TributaryError | null {
    if (this.settings.tolerant) return null;
    const where = placeOf(failure);
    return new TributaryError(
      'TRIB_TASK_RECORD_FAILED',
      failure.error instanceof TributaryError ? failureKind(failure.error) : 'fatal',
      {
        what: `Tolerance exceeded in error handler: stage ${failure.stage} with ${failure.className} failed: ${failure.error.message}`,
        ...(where === null ? {} : { where }),
        fix: 'Mend the record or the setting, or set "errors.tolerance" to "all" (with "errors.deadletterqueue.topic.name" in a sink) to go on without such records.',
        cause: failure.error,
      },
    );
  }

  /** How long to wait before the next try, or null when it must not be tried again. */
  retryDelay(error: unknown, attempt: number, startedMs: number, nowMs: number): number | null {
    const { retryTimeoutMs, retryDelayMaxMs } = this.settings;
    if (!isTransient(error) || retryTimeoutMs === 0) return null;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), retryDelayMaxMs);
    if (retryTimeoutMs < 0) return delay;
    const left = startedMs + retryTimeoutMs - nowMs;
    return left <= 0 ? null : Math.min(delay, left);
  }

  #logText(failure: AnyFailure): string {
    const text = `Error encountered in task ${this.#connector}-${this.#task}. Executing stage '${failure.stage}' with class '${failure.className}'`;
    if (!this.settings.logMessages || failure.topic === undefined) return `${text}.`;
    const { topic, partition, offset, timestampMs } = failure;
    return `${text}, where consumed record is {topic='${topic}', partition=${partition}, offset=${offset}, timestamp=${timestampMs ?? -1}, timestampType=CreateTime}.`;
  }

  #headers(failure: AnyFailure): Headers {
    const texts: readonly (readonly [string, string])[] = [
      ['topic', failure.topic ?? ''],
      ['partition', String(failure.partition)],
      ['offset', String(failure.offset)],
      ['connector.name', this.#connector],
      ['task.id', String(this.#task)],
      ['stage', failure.stage],
      ['class.name', failure.className],
      ['exception.class.name', javaClassOf(failure.error)],
      ['exception.message', this.#redact(failure.error.message)],
      ['exception.stacktrace', this.#redact(traceOf(failure.error))],
    ];
    const context = texts.map(([name, text]) => [`__connect.errors.${name}`, Buffer.from(text)] as const);
    return [...context, ...answerHeaders(failure.answer ?? null, this.#redact)];
  }
}

function placeOf(failure: AnyFailure): string | null {
  return failure.topic === undefined ? null : `${failure.topic}-${failure.partition}@${failure.offset}`;
}

/** Data and fatal errors end the task; a config error stays one, so that it is not restarted by itself. */
function failureKind(error: TributaryError): 'config' | 'fatal' {
  return error.kind === 'config' ? 'config' : 'fatal';
}
