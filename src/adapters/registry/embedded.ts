// The schema registry inside the process: subjects in a file of the data folder, or in memory.
//
// Law: an id belongs to one content for ever: the same schema under two subjects has one id, and deleting a subject keeps it,
// since payloads on topics still name it. Compatibility is NONE: any schema may follow any other, as on a
// developer's machine; who wants BACKWARD checked runs a real registry.

import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TributaryError } from '../../core/errors.ts';
import type {
  RegisteredSchema,
  SchemaReference,
  SchemaRegistry,
  SchemaType,
  SchemaVersion,
} from '../../ports/schema-registry.ts';

type Event = (SchemaVersion & { readonly op: 'version' }) | { readonly op: 'delete'; readonly subject: string };

/** The registry of one process. Without a folder it keeps nothing. */
export class EmbeddedRegistry implements SchemaRegistry {
  readonly #path: string | null;
  readonly #ids = new Map<number, RegisteredSchema>();
  readonly #contents = new Map<string, number>();
  readonly #subjects = new Map<string, SchemaVersion[]>();
  #lastId = 0;

  constructor(folder: string | null) {
    this.#path = folder === null ? null : join(folder, 'schemas.ndjson');
    if (folder !== null) {
      try {
        mkdirSync(folder, { recursive: true });
        this.#restore(this.#path!);
      } catch (cause) {
        throw this.#failure(cause);
      }
    }
  }

  async byId(id: number): Promise<RegisteredSchema | null> {
    return this.#ids.get(id) ?? null;
  }

  async latest(subject: string): Promise<SchemaVersion | null> {
    return this.#subjects.get(subject)?.at(-1) ?? null;
  }

  async version(subject: string, version: number): Promise<SchemaVersion | null> {
    return this.#subjects.get(subject)?.find((each) => each.version === version) ?? null;
  }

  async lookup(
    subject: string,
    type: SchemaType,
    schema: string,
    references: readonly SchemaReference[] = [],
  ): Promise<SchemaVersion | null> {
    return this.#find(subject, contentOf(type, schema, references)) ?? null;
  }

  /** Texts are kept as they come: `normalize` has nothing to do here. */
  async register(
    subject: string,
    type: SchemaType,
    schema: string,
    references: readonly SchemaReference[] = [],
  ): Promise<number> {
    const content = contentOf(type, schema, references);
    const known = this.#find(subject, content);
    if (known !== undefined) return known.id;
    const id = this.#contents.get(content) ?? this.#lastId + 1;
    this.#add({ id, type, schema, references, subject, version: this.#nextVersion(subject) });
    return id;
  }

  async registerWithId(subject: string, type: SchemaType, schema: string, id: number): Promise<void> {
    const held = this.#ids.get(id);
    if (held !== undefined && (held.type !== type || held.schema !== schema)) {
      throw new TributaryError('TRIB_REGISTRY_ID_TAKEN', 'conflict', {
        what: `Schema id ${id} already holds another schema than the one of ${subject}.`,
        fix: 'Replay into an empty data folder.',
      });
    }
    if (this.#subjects.get(subject)?.some((version) => version.id === id) === true) return;
    this.#add({ id, type, schema, references: [], subject, version: this.#nextVersion(subject) });
  }

  async subjects(): Promise<readonly string[]> {
    return [...this.#subjects.keys()].sort();
  }

  async deleteSubject(subject: string): Promise<void> {
    if (!this.#subjects.has(subject)) return;
    this.#save({ op: 'delete', subject });
    this.#subjects.delete(subject);
  }

  async close(): Promise<void> {}

  #find(subject: string, content: string): SchemaVersion | undefined {
    return this.#subjects.get(subject)?.find((version) => this.#contents.get(content) === version.id);
  }

  #nextVersion(subject: string): number {
    return (this.#subjects.get(subject)?.at(-1)?.version ?? 0) + 1;
  }

  #add(version: SchemaVersion): void {
    this.#save({ op: 'version', ...version });
    this.#apply(version);
  }

  #apply(added: SchemaVersion): void {
    const { id, type, schema, references, subject } = added;
    if (!this.#ids.has(id)) this.#ids.set(id, { id, type, schema, references });
    const content = contentOf(type, schema, references);
    // A recorded topic may bring the same content under two ids: the first one is given out from then on.
    if (!this.#contents.has(content)) this.#contents.set(content, id);
    this.#lastId = Math.max(this.#lastId, id);
    const versions = this.#subjects.get(subject);
    if (versions === undefined) this.#subjects.set(subject, [added]);
    else versions.push(added);
  }

  /** Registrations are few and each is awaited by someone: written at once, in order, before they are answered. */
  #save(event: Event): void {
    if (this.#path === null) return;
    try {
      appendFileSync(this.#path, `${JSON.stringify(event)}\n`, { flush: true });
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  #restore(path: string): void {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const lines = text.split('\n');
    // A line cut by a crash was never answered to anyone; a line end keeps it apart from the next one.
    if (lines.pop() !== '') appendFileSync(path, '\n');
    for (const line of lines) {
      const event = eventOf(line);
      if (event === null) continue;
      if (event.op === 'delete') this.#subjects.delete(event.subject);
      else {
        const { op: _, ...version } = event;
        this.#apply(version);
      }
    }
  }

  #failure(cause: unknown): TributaryError {
    return new TributaryError('TRIB_REGISTRY_FILE', 'fatal', {
      what: `The schema file ${this.#path} cannot be used: ${cause instanceof Error ? cause.message : cause}.`,
      fix: 'Check that data.dir is writable. Do not delete the file: payloads on topics name its ids.',
      cause,
    });
  }
}

/** Null for a line that a crash has cut. */
function eventOf(line: string): Event | null {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return null;
  }
}

function contentOf(type: SchemaType, schema: string, references: readonly SchemaReference[]): string {
  return JSON.stringify([type, schema, references]);
}
