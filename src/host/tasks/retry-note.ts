// What a running task is failing at, from the first failed attempt until the first success of the same work.
//
// Law: a task that tries again stays RUNNING, as with Kafka Connect; only this note tells that it gets nowhere. Success costs one
// comparison a batch.

/** Work that fails and is tried again. */
export interface Retrying {
  /** What fails: of a source `poll`, `write`; of a sink `topics`, `read`, `decode`, `record`, `put`, `flush`; `task`: the plugin tells it. */
  readonly stage: string;
  readonly sinceMs: number;
  readonly attempts: number;
  /** Why the last attempt failed; it may hold secrets. */
  readonly message: string;
}

export class RetryNote {
  /** By stage, oldest first: a sink that reads well does not flush well for that. */
  readonly #failing = new Map<string, Retrying>();

  /** What has failed for longest; null while all goes well. A new object after each attempt. */
  get current(): Retrying | null {
    return this.#failing.size === 0 ? null : this.#failing.values().next().value!;
  }

  failed(stage: string, error: unknown, nowMs: number): void {
    const before = this.#failing.get(stage);
    this.#failing.set(stage, {
      stage,
      sinceMs: before?.sinceMs ?? nowMs,
      attempts: (before?.attempts ?? 0) + 1,
      message: error instanceof Error ? error.message : String(error),
    });
  }

  done(stage: string): void {
    if (this.#failing.size > 0) this.#failing.delete(stage);
  }
}
