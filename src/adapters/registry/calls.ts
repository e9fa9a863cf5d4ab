// Calls to a registry: over its addresses in turn, again after a pause while it is down, and each answer as our errors.
import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpAnswer, HttpClient } from '../../ports/http-client.ts';
import type { RegistryAccess } from './access.ts';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** What it is about, for messages: `subject orders-value`. */
  readonly about: string;
}

export class RegistryCalls {
  readonly #access: RegistryAccess;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  /** The base that answered last: tried first, so that one that is down costs its time-out once. */
  #first = 0;
  /** A registry stood there once: what answers in another way now stands in for it, and goes. */
  #hasAnswered = false;

  constructor(access: RegistryAccess, http: HttpClient, clock: Clock) {
    this.#access = access;
    this.#http = http;
    this.#clock = clock;
    this.#headers = {
      accept: `${CONTENT_TYPE}, application/json`,
      'content-type': CONTENT_TYPE,
      ...(access.authorization === null ? {} : { authorization: access.authorization }),
    };
  }

  /** The answer's JSON; null for 404. `transient` when no address answers, after the tries that the settings allow. */
  async send(call: Call): Promise<Readonly<Record<string, unknown>> | null> {
    const { retriesMax, retryWaitMs, retryWaitMsMax } = this.#access;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#overBases(call);
      } catch (error) {
        const mayPass = error instanceof TributaryError && error.kind === 'transient';
        if (!mayPass || attempt >= retriesMax) throw error;
        await this.#clock.sleep(Math.min(retryWaitMs * 2 ** attempt, retryWaitMsMax));
      }
    }
  }

  /** What answers at this address is no registry: the page of a gateway that has lost it, or the URL is wrong. */
  odd(at: string): TributaryError {
    return new TributaryError('TRIB_REGISTRY_INVALID', this.#hasAnswered ? 'transient' : 'fatal', {
      what: `${this.#access.bases[this.#first] ?? ''}${at} does not answer like a schema registry${this.#hasAnswered ? ' any more' : ''}.`,
      fix: this.#hasAnswered
        ? 'Retried by itself. Look at what stands between this host and the registry: a gateway answers in its place.'
        : 'Check schema.registry.url: some registries have a path, such as /apis/ccompat/v7.',
    });
  }

  async #overBases(call: Call): Promise<Readonly<Record<string, unknown>> | null> {
    const { bases } = this.#access;
    let failure: unknown = null;
    for (let turn = 0; turn < bases.length; turn++) {
      const index = (this.#first + turn) % bases.length;
      const base = bases[index]!;
      let answer: HttpAnswer;
      try {
        answer = await this.#ask(base, call);
      } catch (error) {
        failure = unreachable(base, call.about, error);
        continue;
      }
      if (answer.status === 408 || answer.status === 429 || answer.status >= 500) {
        failure = unreachable(base, call.about, new Error(`it answered ${answer.status}${said(answer)}`));
        continue;
      }
      this.#first = index;
      const isRefused = answer.status === 401 || answer.status === 403;
      const body = parsed(answer);
      if (!isRefused && (body === null || (answer.status >= 300 && answer.status < 400))) {
        throw this.odd(base + call.path);
      }
      this.#hasAnswered ||= body !== null && (answer.status < 300 ? answer.body !== '' : 'error_code' in body);
      if (answer.status === 404) return null;
      if (answer.status >= 400) throw refusal(base, answer, call.about);
      return body ?? {};
    }
    throw failure;
  }

  #ask(base: string, { method, path, body }: Call): Promise<HttpAnswer> {
    return this.#http.send({
      method,
      url: base + path,
      headers: this.#headers,
      timeoutMs: this.#access.timeoutMs,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

/** Null: no JSON. Nothing at all is as good as an empty object. */
function parsed(answer: HttpAnswer): Readonly<Record<string, unknown>> | null {
  if (answer.body === '') return {};
  try {
    const body: unknown = JSON.parse(answer.body);
    return typeof body === 'object' ? (body as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function messageOf(answer: HttpAnswer): string {
  try {
    const { message } = JSON.parse(answer.body) as { message?: unknown };
    if (message !== undefined) return String(message);
  } catch {
    // Not JSON: the text as it is says enough.
  }
  return answer.body.slice(0, 300);
}

function said(answer: HttpAnswer): string {
  const message = messageOf(answer);
  return message === '' ? '' : `: ${message.slice(0, 200)}`;
}

function refusal(base: string, answer: HttpAnswer, about: string): TributaryError {
  const message = messageOf(answer);
  if (answer.status === 401 || answer.status === 403) {
    return new TributaryError('TRIB_REGISTRY_REFUSED', 'fatal', {
      what: `The schema registry ${base} refused our credentials (${answer.status}) for ${about}.`,
      fix:
        answer.status === 401
          ? 'Check basic.auth.credentials.source, basic.auth.user.info or bearer.auth.token.'
          : 'The user is known but may not do this: give it the right to read (and to write, with auto.register.schemas) the subject.',
    });
  }
  if (answer.status === 409) {
    return new TributaryError('TRIB_REGISTRY_INCOMPATIBLE', 'conflict', {
      what: `The schema registry refused a schema of ${about}: ${message}.`,
      fix: "Make the change compatible, or change the subject's compatibility level.",
    });
  }
  return new TributaryError('TRIB_REGISTRY_INVALID', 'config', {
    what: `The schema registry ${base} answered ${answer.status} for ${about}: ${message}.`,
    fix: 'Check the schema and the registry URL (with its path).',
  });
}

function unreachable(base: string, about: string, cause: unknown): TributaryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TributaryError('TRIB_REGISTRY_UNREACHABLE', 'transient', {
    what: `The schema registry ${base} could not be asked for ${about}: ${why}.`,
    fix: 'Retried by itself; check schema.registry.url.',
    cause,
  });
}
