// Calls between workers: task sets and fencing go to the leader, signed with the key that all read from the config topic.

import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { HttpClient } from '../../ports/http-client.ts';
import { type SessionKey, SIGNATURE_ALGORITHM, signBody, verifiesBody } from '../group/session-key.ts';

export const SIGNATURE_HEADER = 'x-connect-authorization';
export const ALGORITHM_HEADER = 'x-connect-request-signature-algorithm';
const CALL_TIMEOUT_MS = 30_000;

/** Why an internal call is refused. */
export type SignatureFault = { readonly status: 400 | 403 | 503; readonly message: string };

export class Peers {
  readonly #http: HttpClient;
  readonly #key: () => SessionKey | null;

  constructor(http: HttpClient, key: () => SessionKey | null) {
    this.#http = http;
    this.#key = key;
  }

  /** Hands a connector's task configs to the leader. */
  async publishTasks(leaderUrl: string, connector: string, configs: readonly RawConfig[]): Promise<void> {
    await this.#call('POST', `${leaderUrl}/connectors/${encodeURIComponent(connector)}/tasks`, JSON.stringify(configs));
  }

  /** Asks the leader to fence the older producers of a connector. */
  async fence(leaderUrl: string, connector: string): Promise<void> {
    await this.#call('PUT', `${leaderUrl}/connectors/${encodeURIComponent(connector)}/fence`, '');
  }

  /** Null when the call is one of another worker's. */
  fault(body: Uint8Array, signature: string | undefined, algorithm: string | undefined): SignatureFault | null {
    if (signature === undefined || algorithm === undefined) {
      return { status: 400, message: 'Internal request missing required signature' };
    }
    if (algorithm !== SIGNATURE_ALGORITHM) {
      return {
        status: 400,
        message: `This worker does not support the '${algorithm}' key signing algorithm used by other workers.`,
      };
    }
    const key = this.#key();
    if (key === null)
      return { status: 503, message: 'This worker has no session key yet: it is still joining its group.' };
    if (verifiesBody(key, body, signature)) return null;
    return { status: 403, message: 'Internal request contained invalid signature.' };
  }

  async #call(method: string, url: string, body: string): Promise<void> {
    const key = this.#key();
    if (key === null) throw notNow('there is no session key yet');
    const answer = await this.#http.send({
      method,
      url: `${url}?forward=false`,
      headers: {
        'content-type': 'application/json',
        [SIGNATURE_HEADER]: signBody(key, Buffer.from(body)),
        [ALGORITHM_HEADER]: SIGNATURE_ALGORITHM,
      },
      body,
      timeoutMs: CALL_TIMEOUT_MS,
    });
    // A leader that is no more, a key that has just changed: all that passes. The work that asks is given up when it is moved.
    if (answer.status >= 300) throw notNow(`the leader answered ${answer.status}: ${answer.body}`);
  }
}

function notNow(why: string): TributaryError {
  return new TributaryError('TRIB_LEADER_UNREACHABLE', 'transient', {
    what: `The leader of the group cannot be asked now: ${why}.`,
  });
}
