// A connector instance that stands on its connector's thread: the main thread's stand-in.
//
// Law: the host never waits here for plugin code without a limit: what does not return in time loses its thread, and the call fails.
import type { ConnectorContext, ProcessorConnector, SinkConnector, SourceConnector } from '../../connect/connectors.ts';
import type { ParsedConfig, RawConfig } from '../../core/config/define.ts';
import { unpackError } from '../../core/error-parcel.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { hung } from '../tasks/call-watch.ts';
import { within } from '../tasks/deadline.ts';
import type { HostThread, Resident } from './host-thread.ts';
import type { Ask, HandedConfig, Report, SourcePosition } from './messages.ts';

/** Starts within this time that each lost their thread. */
const RELAPSE_MS = 300_000;
const RELAPSES_MAX = 3;

export interface RemoteConnectorParts {
  readonly className: string;
  readonly clock: Clock;
  readonly stopLimitMs: number;
  nextId(): number;
  hand(className: string, raw: RawConfig): HandedConfig;
  hangLimitMs(raw: RawConfig): number | null;
  /** The connector's own thread, with the limits that its settings ask for. */
  place(connector: string, raw: RawConfig): HostThread;
  /** The instance that is there takes over from one that has hung in its start. */
  settle(connector: string, instance: RemoteConnector): void;
  ask(of: Ask): Promise<unknown>;
}

export class RemoteConnector implements Resident {
  readonly leaseUntilMs = Number.POSITIVE_INFINITY;
  hangLimitMs: number | null = null;
  readonly #parts: RemoteConnectorParts;
  #id = 0;
  #raw: RawConfig = {};
  #context: ConnectorContext | null = null;
  #thread: HostThread | null = null;
  #ready: Promise<void> = Promise.resolve();
  #lostAtMs: number[] = [];
  #state: 'new' | 'starting' | 'started' | 'over' = 'new';

  constructor(parts: RemoteConnectorParts) {
    this.#parts = parts;
  }

  get label(): string {
    return `connector ${this.#context?.connector ?? this.#parts.className}`;
  }

  async start(_config: ParsedConfig, raw: RawConfig, context: ConnectorContext): Promise<void> {
    this.#raw = raw;
    this.#context = context;
    this.hangLimitMs = this.#parts.hangLimitMs(raw);
    this.#parts.settle(context.connector, this);
    this.#state = 'starting';
    await this.#begin();
    if (this.#state === 'starting') this.#state = 'started';
  }

  async taskConfigs(maxTasks: number): Promise<readonly RawConfig[]> {
    await this.#ready;
    const thread = this.#thread;
    if (thread === null) throw this.#lost();
    return this.#limited(
      thread,
      thread.ask<readonly RawConfig[]>({ ask: 'taskConfigs', instance: this.#id, maxTasks }),
      'taskConfigs',
      this.hangLimitMs,
    );
  }

  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#state = 'over';
    if (thread === null) return;
    try {
      const stopped = thread.ask<null>({ ask: 'stop', instance: this.#id });
      await this.#limited(thread, stopped, 'stop', this.#parts.stopLimitMs);
    } finally {
      thread.leave(-this.#id);
      this.#thread = null;
    }
  }

  /** Nobody waits for this one any more: its thread ends, should it still be in its start. */
  abandon(): void {
    if (this.#state !== 'starting') return;
    this.#state = 'over';
    this.#thread?.end(hung('start of the connector', 0, this.label), new Set([-this.#id]));
  }

  async checkOffsets(offsets: readonly SourcePosition[]): Promise<void> {
    await this.#parts.ask({ ask: 'checkOffsets', offsets, ...this.#parts.hand(this.#parts.className, this.#raw) });
  }

  task(): never {
    throw new TributaryError('TRIB_BUG', 'bug', { what: 'Broken belief: tasks of this class run on threads.' });
  }

  take(report: Report): void {
    const context = this.#context;
    if (context === null) return;
    if (report.report === 'reconfigure') context.requestTaskReconfiguration();
    else if (report.report === 'raise') context.raise(unpackError(report.error));
  }

  /** The thread is gone. A started instance is started anew: it is needed for the next set of tasks. */
  orphaned(blame: TributaryError | null): void {
    this.#thread = null;
    if (this.#state !== 'started') return;
    const nowMs = this.#parts.clock.now();
    this.#lostAtMs = [...this.#lostAtMs.filter((at) => nowMs - at < RELAPSE_MS), nowMs];
    if (this.#lostAtMs.length > RELAPSES_MAX) {
      this.#state = 'over';
      this.#context?.raise(blame ?? this.#lost());
      return;
    }
    this.#begin().catch((error: unknown) => {
      if (this.#state === 'over') return;
      this.#state = 'over';
      this.#context?.raise(error instanceof Error ? error : new Error(String(error)));
    });
  }

  #begin(): Promise<void> {
    const ready = this.#startOnThread();
    this.#ready = ready.catch(() => {});
    return ready;
  }

  async #startOnThread(): Promise<void> {
    const { nextId, hand, place, className } = this.#parts;
    const connector = this.#context!.connector;
    this.#id = nextId();
    const handed = hand(className, this.#raw);
    const thread = place(connector, this.#raw);
    this.#thread = thread;
    thread.admit(-this.#id, this);
    try {
      const started = thread.ask<null>({ ask: 'start', instance: this.#id, connector, ...handed });
      await this.#limited(thread, started, 'start of the connector', this.hangLimitMs);
    } catch (error) {
      thread.leave(-this.#id);
      this.#thread = null;
      throw error;
    }
  }

  async #limited<T>(thread: HostThread, work: Promise<T>, call: string, limitMs: number | null): Promise<T> {
    if (limitMs === null) return work;
    work.catch(() => {});
    await thread.loaded;
    const outcome = await within(work, limitMs, this.#parts.clock);
    if (outcome.done) return outcome.value;
    const error = hung(call, limitMs, this.label);
    thread.end(error, new Set([-this.#id]));
    throw error;
  }

  #lost(): TributaryError {
    return new TributaryError('TRIB_THREAD_ENDED', 'transient', {
      what: 'The thread of the connector has ended.',
      where: this.label,
      fix: 'It is started anew.',
    });
  }
}

/** The stand-in has what a connector of any kind has. */
export type RemoteAnyConnector = RemoteConnector & SourceConnector & SinkConnector & ProcessorConnector;
