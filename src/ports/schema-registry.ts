// The schema registry port. Two adapters pass `test/ports/schema-registry.contract.ts`: the Confluent-compatible HTTP API,
// and the embedded one, which keeps its subjects in the data folder (or in memory).

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF';

export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A schema as the registry keeps it: the text is never parsed here. */
export interface RegisteredSchema {
  readonly id: number;
  readonly type: SchemaType;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}

export interface SchemaVersion extends RegisteredSchema {
  readonly subject: string;
  readonly version: number;
}

/** Answers are cached where they cannot change (by id). Unreachable: `transient`; credentials refused: `fatal`. */
export interface SchemaRegistry {
  /** Null when the id is unknown (cached only briefly: it may be registered later). */
  byId(id: number): Promise<RegisteredSchema | null>;
  /** Null when the subject is unknown. Not cached longer than a few seconds. */
  latest(subject: string): Promise<SchemaVersion | null>;
  /** One version of a subject; null when there is none. A version never changes, so it is cached. References name versions. */
  version(subject: string, version: number): Promise<SchemaVersion | null>;
  /** The version of the subject that holds exactly this schema; null when none does. Registers nothing. What was found is cached. */
  lookup(
    subject: string,
    type: SchemaType,
    schema: string,
    references?: readonly SchemaReference[],
    normalize?: boolean,
  ): Promise<SchemaVersion | null>;
  /**
   * Registers or finds the schema under the subject and answers its id. `conflict` when it is not compatible. Cached by subject and text.
   * `normalize`: schemas that differ only in form (order of properties, white space) count as one.
   */
  register(
    subject: string,
    type: SchemaType,
    schema: string,
    references?: readonly SchemaReference[],
    normalize?: boolean,
  ): Promise<number>;
  /** Registers under a given id, for replaying recorded topics into an embedded registry. `conflict` when the id holds another schema; real registries may refuse (`config`). */
  registerWithId(subject: string, type: SchemaType, schema: string, id: number): Promise<void>;
  subjects(): Promise<readonly string[]>;
  deleteSubject(subject: string): Promise<void>;
  close(): Promise<void>;
}
