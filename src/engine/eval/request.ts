// Requests of `trib eval` as data: read from lossless JSON, with the names of the contract.
import { isJsonNumber, isJsonObject, type JsonObject, type JsonValue, numberOf } from '../../formats/json-value.ts';
import type { Headers } from '../../ports/broker.ts';

export interface InputWindow {
  readonly start: number;
  readonly end: number;
  readonly kind: 'TIME' | 'SESSION';
}
export interface InputRecord {
  readonly topic: string;
  readonly key: JsonValue;
  readonly value: JsonValue;
  readonly timestamp: number;
  readonly window: InputWindow | null;
  readonly headers: Headers;
}
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly keyFormat: string | null;
  readonly valueFormat: string | null;
  readonly keySchema: JsonValue;
  readonly valueSchema: JsonValue;
  readonly keySchemaId: number | null;
  readonly valueSchemaId: number | null;
  readonly references: readonly { readonly name: string; readonly format: string; readonly schema: JsonValue }[];
}
export interface EvalRequest {
  readonly id: JsonValue;
  readonly statements: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly topics: readonly TopicSpec[];
  readonly inputs: readonly InputRecord[];
  readonly inputsAfterQueryStart: boolean;
  /** Records are spread over partitions by their key. */
  readonly hashes: boolean;
}

/** Reads a request. Missing parts are empty. */
export function readRequest(value: JsonValue): EvalRequest {
  const request = objectOf(value);
  const properties: Record<string, string> = {};
  for (const [name, item] of Object.entries(objectOf(request['properties']))) {
    properties[name] = isJsonNumber(item) ? String(numberOf(item)) : String(item);
  }
  return {
    id: request['id'] ?? null,
    statements: listOf(request['statements']).map(String),
    properties,
    topics: listOf(request['topics']).map(readTopic),
    inputs: listOf(request['inputs']).map(readInput),
    inputsAfterQueryStart: request['inputsAfterQueryStart'] === true,
    hashes: request['partitioning'] === 'hash',
  };
}

function readTopic(value: JsonValue): TopicSpec {
  const topic = objectOf(value);
  return {
    name: String(topic['name']),
    partitions: integer(topic['partitions']) ?? 1,
    replicas: integer(topic['replicas']) ?? 1,
    keyFormat: text(topic['keyFormat']),
    valueFormat: text(topic['valueFormat']),
    keySchema: topic['keySchema'] ?? null,
    valueSchema: topic['valueSchema'] ?? null,
    keySchemaId: integer(topic['keySchemaId']),
    valueSchemaId: integer(topic['valueSchemaId']),
    references: [...listOf(topic['keySchemaReferences']), ...listOf(topic['valueSchemaReferences'])].map((each) => {
      const reference = objectOf(each);
      return {
        name: String(reference['name']),
        format: String(reference['format']),
        schema: reference['schema'] ?? null,
      };
    }),
  };
}

function readInput(value: JsonValue): InputRecord {
  const input = objectOf(value);
  const window = input['window'];
  return {
    topic: String(input['topic']),
    key: input['key'] ?? null,
    value: input['value'] ?? null,
    timestamp: integer(input['timestamp']) ?? 0,
    window: isJsonObject(window)
      ? {
          start: integer(window['start']) ?? 0,
          end: integer(window['end']) ?? 0,
          kind: String(window['type']).toUpperCase() === 'SESSION' ? 'SESSION' : 'TIME',
        }
      : null,
    headers: listOf(input['headers']).map((each) => {
      const header = objectOf(each);
      const bytes = text(header['value']);
      return [String(header['key'] ?? header['KEY']), bytes === null ? null : Buffer.from(bytes, 'base64')] as const;
    }),
  };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
function integer(value: JsonValue | undefined): number | null {
  return isJsonNumber(value) ? numberOf(value) : null;
}
