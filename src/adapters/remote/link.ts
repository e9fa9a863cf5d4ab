// Calls from one thread to another over a message port.
//
// Law: messages are taken in the order in which they were sent, each up to its first wait. So what is told (`append`) lies before
// what is asked for afterwards (`flush`). Byte arrays in messages are exact copies or given away, never views: a structured copy of
// a view copies all of the memory behind it.
import type { MessagePort, Transferable } from 'node:worker_threads';
import { type ErrorParcel, packError, unpackError } from '../../core/error-parcel.ts';
import { TributaryError } from '../../core/errors.ts';

type Question = readonly [id: number, method: string, args: readonly unknown[]];
type Answer = readonly [id: number, value: unknown, error: ErrorParcel | null];

/** A method of the answering side. Throws or rejects with what the caller is to get. */
export type Method = (...args: never[]) => unknown;

/** An answer that gives memory away with it. */
export class Gift {
  readonly value: unknown;
  readonly transfer: readonly Transferable[];

  constructor(value: unknown, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** The calling side. */
export class Caller {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;
  #closed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', ([id, value, error]: Answer) => {
      const waiter = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === null) waiter?.resolve(value);
      else waiter?.reject(unpackError(error));
    });
    port.on('close', () => this.#end());
  }

  /** Asks and waits for the answer. */
  call<T>(method: string, args: readonly unknown[], transfer: readonly Transferable[] = []): Promise<T> {
    if (this.#closed) return Promise.reject(gone());
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#port.postMessage([id, method, args] satisfies Question, transfer);
    });
  }

  /** Tells without an answer; what goes wrong shows in a later call. */
  tell(method: string, args: readonly unknown[], transfer: readonly Transferable[] = []): void {
    if (!this.#closed) this.#port.postMessage([0, method, args] satisfies Question, transfer);
  }

  close(): void {
    this.#port.close();
    this.#end();
  }

  #end(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }
}

/** The answering side: calls come in by name. */
export function answerCalls(port: MessagePort, methods: ReadonlyMap<string, Method>): void {
  const answer = async ([id, method, args]: Question): Promise<void> => {
    try {
      const found = methods.get(method) as ((...args: readonly unknown[]) => unknown) | undefined;
      if (found === undefined) throw new TypeError(`There is no method ${method}.`);
      const value = await found(...args);
      if (id === 0) return;
      if (value instanceof Gift) port.postMessage([id, value.value, null] satisfies Answer, value.transfer);
      else port.postMessage([id, value, null] satisfies Answer);
    } catch (error) {
      if (id !== 0) port.postMessage([id, null, packError(error)] satisfies Answer);
    }
  };
  port.on('message', (question: Question) => void answer(question));
}

function gone(): TributaryError {
  return new TributaryError('TRIB_THREAD_CUT_OFF', 'fatal', {
    what: 'This thread was cut off from its host.',
    fix: 'This happens while a task is replaced or the host stops; otherwise please report it.',
  });
}
