// What binding a statement may know: the catalog and facts of the outside that the driver has loaded before.
//
// Law: binding is pure. What it needs from the registry it declares first (`schemasNeeded` in inference.ts); topics are facts
// handed in. So a statement is accepted or refused the same way on every host and at every replay.
import type { Format } from '../../formats/format.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { sqlError } from '../errors.ts';
import type { Functions } from '../functions/registry.ts';
import type { Name, Span } from '../syntax/ast.ts';
import { RESERVED } from '../syntax/tokens.ts';

export interface TopicFacts {
  readonly partitions: number;
  readonly replicas: number;
}
/** A schema in the registry: the latest of a subject, or one by id. */
export type SchemaRef = { readonly subject: string } | { readonly id: number };
export interface SchemaFacts {
  readonly id: number;
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly schema: string;
  /** Texts of the schemas it builds on, each after those it builds on itself. */
  readonly references: readonly string[];
}
export interface Environment {
  readonly catalog: Catalog;
  readonly functions: Functions;
  /** By upper-case name; null: unknown format. */
  format(name: string): Format | null;
  /** All format names, for suggestions. */
  readonly formatNames: readonly string[];
  /** Effective properties: defaults are known to whoever asks (`setting`). */
  readonly properties: Readonly<Record<string, string>>;
  topic(name: string): TopicFacts | null;
  /** All rows of every topic lie in one partition, whatever the counts say: nothing needs to be moved. */
  readonly isTogether?: boolean;
  /** Facts declared by `schemasNeeded` and loaded; null: not in the registry. */
  schema(ref: SchemaRef): SchemaFacts | null;
  readonly topicNames: readonly string[];
  nowMs(): number;
}

/** The statement being bound: its text, for positions, and the environment. */
export interface Binding {
  readonly env: Environment;
  readonly text: string;
}

/** Throws the rejection `id`, pointing at `span`. */
export function reject(binding: Binding, id: string, span: Span | null, what: string, fix?: string): never {
  throw sqlError(id, {
    what,
    ...(fix === undefined ? {} : { fix }),
    ...(span === null ? {} : { span, text: binding.text }),
  });
}

/** The user's own words at `span`, shortened to 80 characters. */
export function fragment(binding: Binding, span: Span): string {
  const text = binding.text.slice(span[0], span[1]).replace(/\s+/g, ' ').trim();
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A boolean property of the engine. */
export function isOn(env: Environment, name: string, fallback: boolean): boolean {
  const value = env.properties[name];
  return value === undefined ? fallback : value.toLowerCase() === 'true';
}

/** A name as the user can paste it: quoted unless it is a plain upper-case word that is not reserved. */
export function pasteName(name: string): string {
  return /^[A-Z_][A-Z0-9_@]*$/.test(name) && !RESERVED.has(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** How the user wrote a name. */
export function writtenName(name: Name): string {
  return name.quoted ? `\`${name.text}\`` : name.raw;
}
