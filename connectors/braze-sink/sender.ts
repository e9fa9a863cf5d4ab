// Packs objects into requests and sends several at once.
//
// Law: the objects of one user are never in two requests at once and leave in the order they came, because Braze keeps no order
// between requests. A request whose answer is known is never sent again.
import {
  type Clock,
  type ConnectRecord,
  type HttpAnswer,
  type HttpClient,
  isTransient,
  type TargetAnswer,
  TributaryError,
} from 'tributary/connect';
import { judge, type Verdict } from './answers.ts';
import type { BrazeConfig } from './config.ts';

export interface Item {
  readonly user: string;
  readonly json: string;
  readonly bytes: number;
  readonly record: ConnectRecord;
  taken: boolean;
}

/** What the sender tells its task. `settled` is awaited before the users of the request are free again. */
export interface SenderEvents {
  /** Items accepted by Braze (or given up knowingly). */
  settled(items: readonly Item[]): Promise<void>;
  rejected(item: Item, why: Error, answer: TargetAnswer): void;
  count(counter: string, by: number): void;
  warn(message: string): void;
  /** A request failed and is sent again; null: one was taken. */
  retrying(why: string | null): void;
}

const ARRAYS = { event: 'events', attributes: 'attributes', purchase: 'purchases' } as const;
/** Nothing was answered, so nothing is rejected for it. */
const NO_ANSWER: TargetAnswer = { status: 0, body: '' };
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 30_000;

export class Sender {
  readonly #config: BrazeConfig;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #events: SenderEvents;
  readonly #array: string;
  readonly #busyUsers = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #queue: Item[] = [];
  #head = 0;
  #objectsMax: number;
  #nextSlotMs = 0;
  #failure: Error | null = null;
  #flushing = false;
  #wake: (() => void)[] = [];

  constructor(parts: {
    config: BrazeConfig;
    http: HttpClient;
    clock: Clock;
    signal: AbortSignal;
    events: SenderEvents;
  }) {
    this.#config = parts.config;
    this.#http = parts.http;
    this.#clock = parts.clock;
    this.#signal = parts.signal;
    this.#events = parts.events;
    this.#array = ARRAYS[parts.config.object];
    this.#objectsMax = parts.config.objectsMax;
  }

  add(item: Item): void {
    this.#queue.push(item);
  }

  /** Objects waiting to be sent. */
  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Sends what may be sent now; resolves when at most `waitingMax` objects are left waiting. Throws what made delivery impossible. */
  async drain(waitingMax: number): Promise<void> {
    this.#pump();
    while (this.waiting > waitingMax && this.#failure === null && !this.#signal.aborted) {
      await this.#change();
      this.#pump();
    }
    this.#throwFailure();
  }

  /** Resolves when everything added so far is settled. */
  async flush(): Promise<void> {
    this.#flushing = true;
    try {
      await this.drain(0);
      while (this.#underWay.size > 0 && this.#failure === null) await this.#change();
      this.#throwFailure();
    } finally {
      this.#flushing = false;
    }
  }

  /** Resolves when no request is under way any more (after the signal was aborted). */
  async stopped(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  #changed(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #pump(): void {
    while (this.#failure === null && !this.#signal.aborted && this.#underWay.size < this.#config.inFlightMax) {
      // A request that is not full waits for company as long as others are under way.
      if (this.waiting < this.#objectsMax && this.#underWay.size > 0 && !this.#flushing) return;
      const items = this.#take();
      if (items.length === 0) return;
      const request = this.#run(items).finally(() => {
        this.#underWay.delete(request);
        this.#pump();
        this.#changed();
      });
      this.#underWay.add(request);
    }
  }

  /** The next objects that may travel together: first come first served, passing over users who are busy. */
  #take(): Item[] {
    const items: Item[] = [];
    const passedOver = new Set<string>();
    let bytes = 0;
    for (let i = this.#head; i < this.#queue.length && items.length < this.#objectsMax; i++) {
      const item = this.#queue[i]!;
      if (item.taken) continue;
      if (this.#busyUsers.has(item.user) || passedOver.has(item.user)) {
        passedOver.add(item.user);
        continue;
      }
      if (items.length > 0 && bytes + item.bytes > this.#config.bytesMax) break;
      item.taken = true;
      bytes += item.bytes + 1;
      items.push(item);
    }
    while (this.#head < this.#queue.length && this.#queue[this.#head]!.taken) this.#head++;
    if (this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    for (const item of items) this.#busyUsers.add(item.user);
    return items;
  }

  async #run(items: readonly Item[]): Promise<void> {
    try {
      await this.#deliver(items, this.#clock.now());
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    } finally {
      for (const item of items) this.#busyUsers.delete(item.user);
    }
  }

  async #deliver(items: readonly Item[], sinceMs: number): Promise<void> {
    for (let attempt = 0; !this.#signal.aborted; attempt++) {
      const { verdict, answer } = await this.#send(items);
      if (this.#signal.aborted && verdict.kind !== 'taken') return;
      switch (verdict.kind) {
        case 'taken':
          this.#events.retrying(null);
          return this.#taken(items, verdict, answer);
        case 'without':
          return this.#without(items, verdict.rejected, answer);
        case 'split':
          return this.#split(items, verdict, answer, sinceMs);
        case 'stop':
          throw refusedError(verdict, this.#config.endpoint);
        case 'unknown':
          if (!this.#config.resendUnknown) {
            this.#events.count('events_outcome_unknown', items.length);
            return this.#events.settled(items);
          }
          this.#events.count('events_sent_again', items.length);
          await this.#backOff(verdict.why, null, attempt, sinceMs);
          break;
        case 'wait':
          await this.#backOff(verdict.why, verdict.waitMs, attempt, sinceMs);
      }
    }
  }

  async #send(items: readonly Item[]): Promise<{ readonly verdict: Verdict; readonly answer: TargetAnswer }> {
    await this.#slot();
    if (this.#signal.aborted) return { verdict: { kind: 'wait', waitMs: 0, why: 'stopping' }, answer: NO_ANSWER };
    let body = `{"${this.#array}":[${items[0]!.json}`;
    for (let i = 1; i < items.length; i++) body += `,${items[i]!.json}`;
    body += ']}';
    this.#events.count('requests', 1);
    let answer: HttpAnswer;
    try {
      answer = await this.#http.send({
        method: 'POST',
        url: `${this.#config.endpoint}/users/track`,
        headers: { authorization: `Bearer ${this.#config.apiKey.reveal()}`, 'content-type': 'application/json' },
        body,
        timeoutMs: this.#config.timeoutMs,
      });
    } catch (error) {
      if (!isTransient(error)) throw error;
      const { message } = error as Error;
      // A refused connection carried nothing; all else may have arrived.
      const isSent = !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(message);
      return {
        verdict: isSent ? { kind: 'unknown', why: message } : { kind: 'wait', waitMs: null, why: message },
        answer: NO_ANSWER,
      };
    }
    this.#slowDown(answer);
    return { verdict: judge(answer, this.#array, items.length, this.#clock.now()), answer };
  }

  /** Waits for this request's turn at the configured pace. */
  async #slot(): Promise<void> {
    const nowMs = this.#clock.now();
    const slotMs = Math.max(nowMs, this.#nextSlotMs);
    this.#nextSlotMs = slotMs + 60_000 / this.#config.requestsPerMinute;
    if (slotMs > nowMs) await this.#clock.sleep(slotMs - nowMs, this.#signal);
  }

  /** No requests remain in this window: the next one waits for the reset rather than for a 429. */
  #slowDown(answer: HttpAnswer): void {
    if (answer.headers['x-ratelimit-remaining'] !== '0' || answer.status === 429) return;
    const reset = Number(answer.headers['x-ratelimit-reset']);
    if (!Number.isFinite(reset)) return;
    const nowMs = this.#clock.now();
    const untilMs = reset < 1_000_000_000 ? nowMs + reset * 1000 : reset * 1000;
    this.#nextSlotMs = Math.max(this.#nextSlotMs, Math.min(untilMs, nowMs + 60_000));
  }

  async #backOff(why: string, waitMs: number | null, attempt: number, sinceMs: number): Promise<void> {
    if (this.#clock.now() - sinceMs > this.#config.retryTimeoutMs)
      throw new TributaryError('TRIB_BRAZE_UNREACHABLE', 'fatal', {
        what: `Braze did not take a request for ${Math.round(this.#config.retryTimeoutMs / 1000)} s: ${why}.`,
        where: this.#config.endpoint,
        fix: 'Nothing is lost: restart the task when Braze answers again.',
      });
    const pauseMs = waitMs ?? Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 10));
    this.#events.count('requests_retried', 1);
    this.#events.warn(`Braze: ${why}; trying again in ${pauseMs} ms`);
    this.#events.retrying(`Braze: ${why}`);
    if (waitMs !== null) this.#nextSlotMs = Math.max(this.#nextSlotMs, this.#clock.now() + waitMs);
    await this.#clock.sleep(pauseMs, this.#signal);
  }

  async #taken(
    items: readonly Item[],
    verdict: { rejected: ReadonlyMap<number, string>; unclear: string | null },
    answer: TargetAnswer,
  ): Promise<void> {
    if (verdict.unclear !== null) {
      this.#events.count('events_unclear', items.length - verdict.rejected.size);
      this.#events.warn(`Braze took a request but reported without a position: ${verdict.unclear}`);
    }
    await this.#settle(items, verdict.rejected, answer);
  }

  async #settle(items: readonly Item[], rejected: ReadonlyMap<number, string>, answer: TargetAnswer): Promise<void> {
    for (const [index, type] of rejected) this.#reject(items[index]!, type, answer);
    this.#events.count('events_accepted', items.length - rejected.size);
    await this.#events.settled(items);
  }

  #reject(item: Item, type: string, answer: TargetAnswer): void {
    this.#events.count('events_rejected', 1);
    this.#events.rejected(
      item,
      new TributaryError('TRIB_BRAZE_REJECTED', 'data', {
        what: `Braze rejected the object: ${type}.`,
        fix: `Object sent: ${item.json.slice(0, 500)}`,
      }),
      { status: answer.status, body: answer.body },
    );
  }

  /** Nothing was taken: the bad ones are rejected, the others go again. */
  async #without(items: readonly Item[], rejected: ReadonlyMap<number, string>, answer: TargetAnswer): Promise<void> {
    for (const [index, type] of rejected) this.#reject(items[index]!, type, answer);
    await this.#events.settled(items.filter((_, index) => rejected.has(index)));
    const rest = items.filter((_, index) => !rejected.has(index));
    if (rest.length > 0) await this.#deliver(rest, this.#clock.now());
  }

  async #split(
    items: readonly Item[],
    verdict: { why: string; overLimit: boolean },
    answer: TargetAnswer,
    sinceMs: number,
  ): Promise<void> {
    if (items.length === 1) {
      this.#reject(items[0]!, verdict.why, answer);
      return this.#events.settled(items);
    }
    const half = items.length >> 1;
    if (verdict.overLimit && half < this.#objectsMax) {
      this.#objectsMax = half;
      this.#events.warn(
        `Braze allows fewer objects in a request; going on with ${half}. Set braze.objects.per.request.`,
      );
    }
    // One after the other: both halves may hold the same user.
    await this.#deliver(items.slice(0, half), sinceMs);
    await this.#deliver(items.slice(half), sinceMs);
  }
}

function refusedError(verdict: { status: number; why: string }, endpoint: string): TributaryError {
  const fixes: Record<number, string> = {
    401: 'The API key is wrong or belongs to another instance: check braze.api.key and braze.endpoint. Nothing was lost; restart the task after mending it.',
    403: 'The API key lacks the permission users.track. Nothing was lost; restart the task after mending it.',
    404: 'There is no such address: check braze.endpoint (REST, not SDK, endpoint).',
  };
  return new TributaryError(verdict.status === 401 ? 'TRIB_BRAZE_UNAUTHORIZED' : 'TRIB_BRAZE_REFUSED', 'fatal', {
    what: `Braze answered ${verdict.status}: ${verdict.why}.`,
    where: `${endpoint}/users/track`,
    fix:
      fixes[verdict.status] ??
      'Check that braze.endpoint is the REST endpoint of your instance. Nothing was lost; restart the task after mending it.',
  });
}
