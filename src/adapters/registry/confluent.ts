// A Confluent-compatible schema registry over HTTP (Confluent, Apicurio's ccompat API, Karapace, Redpanda).
//
// The API is a few plain calls, so it goes over our own HTTP port: a client library would parse every schema, has its own
// retries and cache, and drops the path of the base URL. What cannot change is kept (schemas by id, versions of a subject, ids of
// a text), up to a limit; calls in flight for the same thing are shared, so a cold task with a thousand payloads asks once.

import { TributaryError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpClient } from '../../ports/http-client.ts';
import type {
  RegisteredSchema,
  SchemaReference,
  SchemaRegistry,
  SchemaType,
  SchemaVersion,
} from '../../ports/schema-registry.ts';
import { type RegistryAccess, registryAccess } from './access.ts';
import { RegistryCalls } from './calls.ts';

const LATEST_KEPT_MS = 2_000;
const MISS_KEPT_MS = 1_000;
/** Schemas kept of each sort. The oldest goes: a topic uses few at a time. */
const KEPT_MAX = 10_000;

/** Settings of the client. */
export interface ConfluentRegistryOptions {
  /** One base URL or several separated by commas; a path in it is kept. User and password may stand in it. */
  readonly url: string;
  /** `user:password`; wins over what stands in the URL. */
  readonly userInfo?: string;
  /** Everything else about the way there. Given: `url` and `userInfo` do not count. */
  readonly access?: RegistryAccess;
  readonly http: HttpClient;
  /** The HTTP client is this registry's own and is closed with it. */
  readonly ownsHttp?: boolean;
  readonly clock: Clock;
}

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

/** The registry behind a URL. */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #calls: RegistryCalls;
  readonly #clock: Clock;
  readonly #closeHttp: () => Promise<void>;
  readonly #ids = new Map<number, RegisteredSchema>();
  readonly #missing = new Map<number, number>();
  readonly #latest = new Map<string, Kept<SchemaVersion | null>>();
  readonly #versions = new Map<string, SchemaVersion>();
  /** Ids and versions by subject and text. */
  readonly #registered = new Map<string, Map<string, number>>();
  readonly #found = new Map<string, Map<string, SchemaVersion>>();
  readonly #flights = new Map<string, Promise<unknown>>();

  constructor(options: ConfluentRegistryOptions) {
    this.#clock = options.clock;
    const userInfo = options.userInfo === undefined ? {} : { 'basic.auth.user.info': options.userInfo };
    // The worker's own registry is asked by things that try again themselves.
    const access = options.access ?? { ...registryAccess(options.url, userInfo), retriesMax: 0 };
    this.#calls = new RegistryCalls(access, options.http, options.clock);
    this.#closeHttp = options.ownsHttp === true ? () => options.http.close() : async () => {};
  }

  async byId(id: number): Promise<RegisteredSchema | null> {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    if ((this.#missing.get(id) ?? 0) > this.#clock.now()) return null;
    return await this.#shared(`id ${id}`, async () => {
      const path = `/schemas/ids/${id}`;
      const answer = await this.#calls.send({ method: 'GET', path, about: `schema id ${id}` });
      if (answer === null) {
        keep(this.#missing, id, this.#clock.now() + MISS_KEPT_MS);
        return null;
      }
      // What is kept is kept for good: it must be a schema.
      if (typeof answer['schema'] !== 'string') throw this.#calls.odd(path);
      const schema: RegisteredSchema = { id, ...schemaOf(answer) };
      this.#missing.delete(id);
      keep(this.#ids, id, schema);
      return schema;
    });
  }

  async latest(subject: string): Promise<SchemaVersion | null> {
    const kept = this.#latest.get(subject);
    if (kept !== undefined && kept.untilMs > this.#clock.now()) return kept.value;
    return await this.#shared(`latest ${subject}`, async () => {
      const value = await this.#versionAt(subject, 'latest');
      keep(this.#latest, subject, { value, untilMs: this.#clock.now() + LATEST_KEPT_MS });
      return value;
    });
  }

  async version(subject: string, version: number): Promise<SchemaVersion | null> {
    const name = `${version} ${subject}`;
    const known = this.#versions.get(name);
    if (known !== undefined) return known;
    return await this.#shared(`version ${name}`, async () => {
      const value = await this.#versionAt(subject, String(version));
      if (value !== null) keep(this.#versions, name, value);
      return value;
    });
  }

  async #versionAt(subject: string, version: string): Promise<SchemaVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const answer = await this.#calls.send({ method: 'GET', path, about: `subject ${subject}` });
    if (answer === null) return null;
    const [id, number] = [Number(answer['id']), Number(answer['version'])];
    if (typeof answer['schema'] !== 'string' || !Number.isInteger(id)) throw this.#calls.odd(path);
    return { ...schemaOf(answer), id, subject, version: number };
  }

  async lookup(
    subject: string,
    type: SchemaType,
    schema: string,
    references: readonly SchemaReference[] = [],
    normalize = false,
  ): Promise<SchemaVersion | null> {
    const text = JSON.stringify([type, schema, references, normalize]);
    const known = this.#found.get(subject)?.get(text);
    if (known !== undefined) return known;
    return await this.#shared(`lookup ${subject} ${text}`, async () => {
      const path = `/subjects/${encodeURIComponent(subject)}${normalize ? '?normalize=true' : ''}`;
      const body = bodyOf(type, schema, references);
      const answer = await this.#calls.send({ method: 'POST', path, body, about: `subject ${subject}` });
      if (answer === null) return null;
      const [id, version] = [Number(answer['id']), Number(answer['version'])];
      if (!Number.isInteger(id)) throw this.#calls.odd(path);
      const found = { type, schema, references, id, subject, version };
      keepOf(this.#found, subject, text, found);
      return found;
    });
  }

  async register(
    subject: string,
    type: SchemaType,
    schema: string,
    references: readonly SchemaReference[] = [],
    normalize = false,
  ): Promise<number> {
    const text = JSON.stringify([type, schema, references, normalize]);
    const known = this.#registered.get(subject)?.get(text);
    if (known !== undefined) return known;
    return await this.#shared(`register ${subject} ${text}`, async () => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions${normalize ? '?normalize=true' : ''}`;
      const body = bodyOf(type, schema, references);
      const answer = await this.#calls.send({ method: 'POST', path, body, about: `subject ${subject}` });
      const id = Number(answer?.['id']);
      if (answer === null || !Number.isInteger(id)) throw this.#calls.odd(path);
      keepOf(this.#registered, subject, text, id);
      this.#latest.delete(subject);
      this.#missing.delete(id);
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
    const about = `mode of ${subject}`;
    const mode = await this.#calls.send({
      ...{ method: 'PUT', path: `/mode/${name}?force=true`, body: { mode: 'IMPORT' }, about },
    });
    if (mode === null) {
      throw new TributaryError('TRIB_REGISTRY_NO_IMPORT', 'config', {
        what: `The registry cannot register a schema under a given id (${id} for ${subject}).`,
        fix: 'Replay recorded topics into the embedded registry (schema.registry.url=embedded), or into one that has the IMPORT mode.',
      });
    }
    try {
      const body = { ...bodyOf(type, schema, []), id };
      const path = `/subjects/${name}/versions`;
      await this.#calls.send({ method: 'POST', path, body, about: `subject ${subject}` });
      this.#missing.delete(id);
      this.#latest.delete(subject);
    } finally {
      await this.#calls.send({ method: 'DELETE', path: `/mode/${name}`, about });
    }
  }

  async subjects(): Promise<readonly string[]> {
    const answer: unknown = await this.#calls.send({ method: 'GET', path: '/subjects', about: 'subjects' });
    return Array.isArray(answer) ? answer.map(String) : [];
  }

  async deleteSubject(subject: string): Promise<void> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    await this.#calls.send({ method: 'DELETE', path, about: `subject ${subject}` });
    this.#latest.delete(subject);
    this.#registered.delete(subject);
    this.#found.delete(subject);
    for (const name of [...this.#versions.keys()]) if (name.endsWith(` ${subject}`)) this.#versions.delete(name);
  }

  async close(): Promise<void> {
    // A shared HTTP client is closed by whoever made it.
    await this.#closeHttp();
  }

  #shared<T>(key: string, call: () => Promise<T>): Promise<T> {
    const flying = this.#flights.get(key) as Promise<T> | undefined;
    if (flying !== undefined) return flying;
    const flight = call().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}

function keep<Key, T>(kept: Map<Key, T>, key: Key, value: T): void {
  if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value as Key);
  kept.set(key, value);
}

function keepOf<T>(kept: Map<string, Map<string, T>>, subject: string, text: string, value: T): void {
  let ofSubject = kept.get(subject);
  if (ofSubject === undefined) {
    ofSubject = new Map();
    keep(kept, subject, ofSubject);
  }
  keep(ofSubject, text, value);
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

function idTaken(id: number): TributaryError {
  return new TributaryError('TRIB_REGISTRY_ID_TAKEN', 'conflict', {
    what: `Schema id ${id} already holds another schema.`,
    fix: 'Replay into an empty registry.',
  });
}
