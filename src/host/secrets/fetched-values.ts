// What a provider of a package has answered, by path, until its time is over.
import type { ConfigProvider } from '../../connect/config-provider.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import { within } from '../tasks/deadline.ts';

const CALL_LIMIT_MS = 30_000;

interface Answer {
  readonly asked: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly dueMs: number | null;
}

export class FetchedValues {
  readonly #name: string;
  readonly #provider: ConfigProvider;
  readonly #clock: Clock;
  readonly #redactor: Redactor;
  readonly #answers = new Map<string, Answer>();

  constructor(name: string, provider: ConfigProvider, clock: Clock, redactor: Redactor) {
    this.#name = name;
    this.#provider = provider;
    this.#clock = clock;
    this.#redactor = redactor;
  }

  get(path: string, key: string): string | null {
    return this.#answers.get(path)?.values.get(key) ?? null;
  }

  dueMs(path: string): number | null {
    return this.#answers.get(path)?.dueMs ?? null;
  }

  /** Asks for the keys, unless they stand. What was asked before under this path is asked again with them. */
  async load(path: string, keys: readonly string[]): Promise<void> {
    const known = this.#answers.get(path);
    const isDue = known !== undefined && known.dueMs !== null && known.dueMs <= this.#clock.now();
    if (known !== undefined && !isDue && keys.every((key) => known.asked.has(key))) return;
    const asked = new Set([...(known?.asked ?? []), ...keys]);
    const { values, ttlMs } = await this.#call(path, [...asked]);
    for (const value of Object.values(values)) this.#redactor.add(value);
    this.#answers.set(path, {
      asked,
      values: new Map(Object.entries(values)),
      dueMs: ttlMs === undefined ? null : this.#clock.now() + ttlMs,
    });
  }

  async close(): Promise<void> {
    await this.#provider.close?.();
  }

  async #call(path: string, keys: readonly string[]) {
    try {
      const outcome = await within(this.#provider.get(path, keys), CALL_LIMIT_MS, this.#clock);
      if (outcome.done) return outcome.value;
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      throw this.#fault('config', error instanceof Error ? error.message : String(error), path);
    }
    throw this.#fault('transient', `it did not answer within ${CALL_LIMIT_MS / 1000} s`, path);
  }

  #fault(kind: 'config' | 'transient', why: string, path: string): TributaryError {
    return new TributaryError('TRIB_CONFIG_PROVIDER', kind, {
      what: `The config provider "${this.#name}" has no answer for the path "${path}": ${this.#redactor.redact(why)}.`,
      fix: 'Check the reference, and that the provider may read what it names.',
    });
  }
}
