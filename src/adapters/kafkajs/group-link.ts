// A connection of one's own to the coordinator of a group. JoinGroup may be held back for a minute, and answers come in the order
// of the requests: so nobody else may share it, and heart-beats need another one.

import type { Cluster } from './cluster.ts';
import { movesCoordinator } from './cluster.ts';
import { ConnectionError } from './error-codes.ts';
import type { Call, Link } from './link.ts';

export class GroupLink {
  readonly #cluster: Cluster;
  readonly #group: string;
  #link: Link | null = null;
  // The calls under way: usually one, and a goodbye beside it.
  readonly #waiting = new Set<(error: Error) => void>();

  constructor(cluster: Cluster, group: string) {
    this.#cluster = cluster;
    this.#group = group;
  }

  /** One attempt. Throws {@link ConnectionError} also when no answer came within `withinMs`: the connection is then closed. */
  async call<T>(call: Call<T>, withinMs: number): Promise<T> {
    const stop = new AbortController();
    void this.#cluster.clock.sleep(withinMs, stop.signal).then(() => {
      if (!stop.signal.aborted) this.drop();
    });
    let giveUp = (_error: Error): void => {};
    const dropped = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    this.#waiting.add(giveUp);
    try {
      return await Promise.race([this.#send(call), dropped]);
    } catch (error) {
      if (movesCoordinator(error)) this.#forget();
      throw error;
    } finally {
      this.#waiting.delete(giveUp);
      stop.abort();
    }
  }

  /** Closes the connection; a call under way fails, the next one connects anew. */
  drop(): void {
    const error = new ConnectionError(`coordinator of ${this.#group}`, new Error('no answer'));
    for (const giveUp of this.#waiting) giveUp(error);
    this.#link?.close();
    this.#link = null;
  }

  async #send<T>(call: Call<T>): Promise<T> {
    const nodeId = await this.#cluster.coordinator('group', this.#group);
    this.#link ??= this.#cluster.newLink(nodeId);
    return this.#link.call(call);
  }

  // It may be another broker by now.
  #forget(): void {
    this.#cluster.forgetCoordinator('group', this.#group);
    this.#link?.close();
    this.#link = null;
  }
}
