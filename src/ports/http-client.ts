/** One HTTP answer; the body is text as received. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends requests over kept connections. Adapter: undici. Throws `transient` for network faults and time-outs (`parts.what` says whether the request may have been received). */
export interface HttpClient {
  send(request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  }): Promise<HttpAnswer>;
  close(): Promise<void>;
}
