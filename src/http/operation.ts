// What a route says of itself: from it come `/openapi.json` and docs/reference/rest.md.

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A JSON schema of draft 2020-12, as OpenAPI 3.1 uses it. */
export type Schema = Readonly<Record<string, unknown>>;

/** An answer of an operation. */
export interface OperationAnswer {
  readonly doc: string;
  /** None: the answer has no body. */
  readonly schema?: Schema;
  /** Default `application/json`. */
  readonly type?: string;
}

/** One method of a path. Errors all have one shape and are listed by `errors`. */
export interface Operation {
  /** Unique name that generated clients use. */
  readonly id: string;
  readonly summary: string;
  readonly doc?: string;
  readonly query?: Readonly<Record<string, { readonly schema: Schema; readonly doc: string }>>;
  readonly body?: { readonly schema: Schema; readonly doc?: string; readonly example?: unknown };
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  /** Error codes that this operation answers, and when. */
  readonly errors?: Readonly<Record<number, string>>;
  /** Called by other workers only. */
  readonly internal?: boolean;
}

/** Operations by route, as `GET /connectors/:name`. */
export type Operations = Readonly<Record<string, Operation>>;

/** A reference to a schema of `components`. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export const TEXT: Schema = { type: 'string' };
export const WHOLE: Schema = { type: 'integer' };
export const FLAG: Schema = { type: 'boolean' };

/** An array of something. */
export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** An object with named members; those of `optional` may be missing. */
export function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

/** An object whose members all have one schema. */
export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

/** The schema or null. */
export function orNull(schema: Schema): Schema {
  const { type } = schema;
  return typeof type === 'string' && !('enum' in schema)
    ? { ...schema, type: [type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
}

/** One of some texts. */
export function oneOf(...texts: readonly string[]): Schema {
  return { type: 'string', enum: texts };
}
