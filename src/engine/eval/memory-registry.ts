// A schema registry for one request: subjects in memory, no compatibility rules.
import { TributaryError } from '../../core/errors.ts';
import type {
  RegisteredSchema,
  SchemaReference,
  SchemaRegistry,
  SchemaType,
  SchemaVersion,
} from '../../ports/schema-registry.ts';

export class MemoryRegistry implements SchemaRegistry {
  readonly #byId = new Map<number, RegisteredSchema>();
  readonly #subjects = new Map<string, SchemaVersion[]>();
  #nextId = 1;

  /** Registers now. `id` null: the next free one. */
  put(
    subject: string,
    type: SchemaType,
    schema: string,
    id: number | null,
    references: readonly SchemaReference[] = [],
  ): number {
    const known = [...this.#byId.values()].find((each) => each.type === type && each.schema === schema);
    let chosen = id ?? known?.id ?? null;
    if (chosen === null) {
      while (this.#byId.has(this.#nextId)) this.#nextId++;
      chosen = this.#nextId++;
    }
    const registered: RegisteredSchema = { id: chosen, type, schema, references };
    this.#byId.set(chosen, registered);
    const versions = this.#subjects.get(subject) ?? [];
    if (versions.at(-1)?.schema !== schema) versions.push({ ...registered, subject, version: versions.length + 1 });
    this.#subjects.set(subject, versions);
    return chosen;
  }
  /** Ids are given from here on. */
  continueAt(id: number): void {
    this.#nextId = id;
  }
  find(id: number): RegisteredSchema | null {
    return this.#byId.get(id) ?? null;
  }
  newest(subject: string): SchemaVersion | null {
    return this.#subjects.get(subject)?.at(-1) ?? null;
  }

  byId(id: number): Promise<RegisteredSchema | null> {
    return Promise.resolve(this.find(id));
  }
  latest(subject: string): Promise<SchemaVersion | null> {
    return Promise.resolve(this.newest(subject));
  }
  version(subject: string, version: number): Promise<SchemaVersion | null> {
    return Promise.resolve(this.#subjects.get(subject)?.find((each) => each.version === version) ?? null);
  }
  lookup(subject: string, type: SchemaType, schema: string): Promise<SchemaVersion | null> {
    const versions = this.#subjects.get(subject) ?? [];
    return Promise.resolve(versions.findLast((each) => each.type === type && each.schema === schema) ?? null);
  }
  register(
    subject: string,
    type: SchemaType,
    schema: string,
    references: readonly SchemaReference[] = [],
  ): Promise<number> {
    return Promise.resolve(this.put(subject, type, schema, null, references));
  }
  registerWithId(subject: string, type: SchemaType, schema: string, id: number): Promise<void> {
    const existing = this.find(id);
    if (existing !== null && existing.schema !== schema) {
      return Promise.reject(
        new TributaryError('TRIB_SCHEMA_ID_TAKEN', 'conflict', { what: `Schema id ${id} holds another schema.` }),
      );
    }
    this.put(subject, type, schema, id);
    return Promise.resolve();
  }
  subjects(): Promise<readonly string[]> {
    return Promise.resolve([...this.#subjects.keys()]);
  }
  deleteSubject(subject: string): Promise<void> {
    this.#subjects.delete(subject);
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
