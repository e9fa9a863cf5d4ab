// A Confluent-compatible schema registry over HTTP (Confluent, Apicurio's ccompat API, Karapace, Redpanda).
//
// The API is four plain calls, so it goes over our own HTTP port: a client library would parse every schema, has its own
// retries and cache, and drops the path of the base URL. Schemas of an id never change and are kept for good; calls in
// flight for the same thing are shared, so a cold task with a thousand payloads asks once.

import { quoted, TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpAnswer, HttpClient } from '../../ports/http-client.ts';
import type {
  RegisteredSchema,
  SchemaReference,
  SchemaRegistry,
  SchemaType,
  SchemaVersion,
} from '../../ports/schema-registry.ts';

const TIMEOUT_MS = 10_000;
const LATEST_KEPT_MS = 2_000;
const MISS_KEPT_MS = 1_000;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

/** Settings of the client. */
export interface ConfluentRegistryOptions {
  /** One base URL or several separated by commas; a path in it is kept. User and password may stand in it. */
  readonly url: string;
  /** `user:password`; wins over what stands in the URL. */
  readonly userInfo?: string;
  readonly http: HttpClient;
  readonly clock: Clock;
}

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

/** The registry behind a URL. */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #bases: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #ids = new Map<number, RegisteredSchema>();
  readonly #missing = new Map<number, number>();
  readonly #latest = new Map<string, Kept<SchemaVersion | null>>();
  /** Ids by subject and text. */
  readonly #registered = new Map<string, Map<string, number>>();
  readonly #flights = new Map<string, Promise<unknown>>();

  constructor(options: ConfluentRegistryOptions) {
    this.#http = options.http;
    this.#clock = options.clock;
    const { bases, userInfo } = parsedUrls(options.url);
    this.#bases = bases;
    const credentials = options.userInfo ?? userInfo;
    this.#headers = {
      accept: `${CONTENT_TYPE}, application/json`,
      'content-type': CONTENT_TYPE,
      ...(credentials === null ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    };
  }

  async byId(id: number): Promise<RegisteredSchema | null> {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    if ((this.#missing.get(id) ?? 0) > this.#clock.now()) return null;
    return await this.#shared(`id ${id}`, async () => {
      const answer = await this.#call('GET', `/schemas/ids/${id}`, null, `schema id ${id}`);
      if (answer === null) {
        this.#missing.set(id, this.#clock.now() + MISS_KEPT_MS);
        return null;
      }
      const schema: RegisteredSchema = { id, ...schemaOf(answer) };
      this.#missing.delete(id);
      this.#ids.set(id, schema);
      return schema;
    });
  }

  async latest(subject: string): Promise<SchemaVersion | null> {
    const kept = this.#latest.get(subject);
    if (kept !== undefined && kept.untilMs > this.#clock.now()) return kept.value;
    return await this.#shared(`latest ${subject}`, async () => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
      const answer = await this.#call('GET', path, null, `subject ${subject}`);
      const value =
        answer === null
          ? null
          : { ...schemaOf(answer), id: Number(answer['id']), subject, version: Number(answer['version']) };
      this.#latest.set(subject, { value, untilMs: this.#clock.now() + LATEST_KEPT_MS });
      return value;
    });
  }

  async register(
    subject: string,
    type: SchemaType,
    schema: string,
    references: readonly SchemaReference[] = [],
  ): Promise<number> {
    const text = JSON.stringify([type, schema, references]);
    const known = this.#registered.get(subject)?.get(text);
    if (known !== undefined) return known;
    return await this.#shared(`register ${subject} ${text}`, async () => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`;
      const answer = await this.#call('POST', path, bodyOf(type, schema, references), `subject ${subject}`);
      const id = Number(answer?.['id']);
      if (answer === null || !Number.isInteger(id)) throw odd(path);
      this.#remember(subject, text, id);
      return id;
    });
  }

  async registerWithId(subject: string, type: SchemaType, schema: string, id: number): Promise<void> {
    const held = await this.byId(id);
    if (held !== null && held.schema === schema) {
      const found = await this.register(subject, type, schema);
      if (found === id) return;
    }
    if (held !== null) throw idTaken(id);
    const name = encodeURIComponent(subject);
    const mode = await this.#call('PUT', `/mode/${name}?force=true`, { mode: 'IMPORT' }, `mode of ${subject}`);
    if (mode === null) {
      throw new TributaryError('TRIB_REGISTRY_NO_IMPORT', 'config', {
        what: `The registry cannot register a schema under a given id (${id} for ${subject}).`,
        fix: 'Replay recorded topics into the embedded registry (schema.registry.url=embedded), or into one that has the IMPORT mode.',
      });
    }
    try {
      const body = { ...bodyOf(type, schema, []), id };
      await this.#call('POST', `/subjects/${name}/versions`, body, `subject ${subject}`);
      this.#missing.delete(id);
      this.#latest.delete(subject);
    } finally {
      await this.#call('DELETE', `/mode/${name}`, null, `mode of ${subject}`);
    }
  }

  async subjects(): Promise<readonly string[]> {
    const answer: unknown = await this.#call('GET', '/subjects', null, 'subjects');
    return Array.isArray(answer) ? answer.map(String) : [];
  }

  async deleteSubject(subject: string): Promise<void> {
    await this.#call('DELETE', `/subjects/${encodeURIComponent(subject)}`, null, `subject ${subject}`);
    this.#latest.delete(subject);
    this.#registered.delete(subject);
  }

  async close(): Promise<void> {
    // The HTTP client is shared: whoever made it closes it.
  }

  #remember(subject: string, text: string, id: number): void {
    let ids = this.#registered.get(subject);
    if (ids === undefined) {
      ids = new Map();
      this.#registered.set(subject, ids);
    }
    ids.set(text, id);
    this.#latest.delete(subject);
    this.#missing.delete(id);
  }

  #shared<T>(key: string, call: () => Promise<T>): Promise<T> {
    const flying = this.#flights.get(key) as Promise<T> | undefined;
    if (flying !== undefined) return flying;
    const flight = call().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  /** Null for 404. Other bases are tried when one cannot be reached or is ill. */
  async #call(
    method: string,
    path: string,
    body: object | null,
    about: string,
  ): Promise<Readonly<Record<string, unknown>> | null> {
    let failure: unknown = null;
    for (const base of this.#bases) {
      let answer: HttpAnswer;
      try {
        answer = await this.#http.send({
          method,
          url: base + path,
          headers: this.#headers,
          timeoutMs: TIMEOUT_MS,
          ...(body === null ? {} : { body: JSON.stringify(body) }),
        });
      } catch (error) {
        failure = unreachable(base, about, error);
        continue;
      }
      if (answer.status === 404) return null;
      if (answer.status === 429 || answer.status >= 500) {
        failure = unreachable(base, about, new Error(`it answered ${answer.status}`));
        continue;
      }
      if (answer.status >= 400) throw refusal(base, answer, about);
      return parsed(answer, base + path);
    }
    throw failure;
  }
}

/** Base URLs without credentials, and the credentials. */
function parsedUrls(text: string): { bases: string[]; userInfo: string | null } {
  let userInfo: string | null = null;
  const bases = text.split(',').map((part) => {
    let url: URL;
    try {
      url = new URL(part.trim());
    } catch {
      throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
        what: `schema.registry.url is ${quoted(text.replace(/\/\/[^@/]*@/g, '//'))}, which is no URL.`,
        fix: 'Write e.g. http://host:8081, or "embedded".',
      });
    }
    if (url.username !== '') userInfo = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  });
  return { bases, userInfo };
}

function bodyOf(type: SchemaType, schema: string, references: readonly SchemaReference[]): object {
  // AVRO is the default, and the only type older registries know: they refuse the field.
  return {
    schema,
    ...(type === 'AVRO' ? {} : { schemaType: type }),
    ...(references.length === 0 ? {} : { references }),
  };
}

/** Confluent leaves `schemaType` out for Avro and `references` when empty; Apicurio always has both. */
function schemaOf(answer: Readonly<Record<string, unknown>>): Omit<RegisteredSchema, 'id'> {
  return {
    type: (answer['schemaType'] ?? 'AVRO') as SchemaType,
    schema: String(answer['schema']),
    references: (answer['references'] ?? []) as SchemaReference[],
  };
}

function parsed(answer: HttpAnswer, url: string): Readonly<Record<string, unknown>> {
  if (answer.body === '') return {};
  try {
    return JSON.parse(answer.body) as Readonly<Record<string, unknown>>;
  } catch {
    throw odd(url);
  }
}

function refusal(base: string, answer: HttpAnswer, about: string): TributaryError {
  let message = answer.body.slice(0, 300);
  try {
    message = String((JSON.parse(answer.body) as Record<string, unknown>)['message'] ?? message);
  } catch {
    // Not JSON: the text as it is says enough.
  }
  if (answer.status === 401 || answer.status === 403) {
    return new TributaryError('TRIB_REGISTRY_REFUSED', 'fatal', {
      what: `The schema registry ${base} refused our credentials (${answer.status}) for ${about}.`,
      fix: 'Check basic.auth.user.info and the rights of that user.',
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

function idTaken(id: number): TributaryError {
  return new TributaryError('TRIB_REGISTRY_ID_TAKEN', 'conflict', {
    what: `Schema id ${id} already holds another schema.`,
    fix: 'Replay into an empty registry.',
  });
}

function odd(url: string): TributaryError {
  return new TributaryError('TRIB_REGISTRY_INVALID', 'config', {
    what: `${url} does not answer like a schema registry.`,
    fix: 'Check schema.registry.url: some registries have a path, such as /apis/ccompat/v7.',
  });
}
