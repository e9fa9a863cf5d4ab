// Columns from the schema registry (schema-inference.md).
//
// Law: the registry is asked before binding. `schemasNeeded` names what a statement will look at; binding then finds it loaded.
import { TributaryError } from '../../core/errors.ts';
import type { Format } from '../../formats/format.ts';
import { columnsOfSchema } from '../plan/schema.ts';
import type { Span, Statement } from '../syntax/ast.ts';
import type { Column } from '../types/sql-type.ts';
import { type Binding, type Environment, reject, type SchemaFacts, type SchemaRef } from './environment.ts';
import type { Side } from './side.ts';
import { readWith, type WithClause } from './with.ts';

const KIND_OF: Readonly<Record<string, SchemaFacts['type']>> = { AVRO: 'AVRO', JSON_SR: 'JSON', PROTOBUF: 'PROTOBUF' };

/** What the registry must be asked before the statement can be bound. Never throws: faults are found when binding. */
export function schemasNeeded(env: Environment, statement: Statement, text: string): readonly SchemaRef[] {
  if (statement.kind === 'explain' && statement.statement !== null)
    return schemasNeeded(env, statement.statement, text);
  if (statement.kind !== 'createSource' && statement.kind !== 'createAs') return [];
  const binding: Binding = { env, text };
  const refs: SchemaRef[] = [];
  try {
    const clause = readWith(binding, statement.properties, statement.kind === 'createSource' ? 'source' : 'sink');
    if (clause.keySchemaId !== null) refs.push({ id: clause.keySchemaId });
    if (clause.valueSchemaId !== null) refs.push({ id: clause.valueSchemaId });
    if (statement.kind === 'createAs' || clause.topic === null) return refs;
    refs.push({ subject: `${clause.topic}-key` }, { subject: `${clause.topic}-value` });
    return refs;
  } catch (error) {
    if (error instanceof TributaryError) return refs;
    throw error;
  }
}

export interface Inferred {
  readonly columns: readonly Column[];
  /** The schema is no record: the payload is the bare value. */
  readonly isBare: boolean;
}

/** The columns of a side as the registry has them. */
export function inferColumns(
  binding: Binding,
  side: Side,
  format: Format,
  clause: WithClause,
  topic: string,
): Inferred {
  const id = side === 'key' ? clause.keySchemaId : clause.valueSchemaId;
  const property = side === 'key' ? 'KEY_SCHEMA_ID' : 'VALUE_SCHEMA_ID';
  const subject = `${topic}-${side}`;
  const span: Span | null = id === null ? clause.spanOf('KAFKA_TOPIC') : clause.spanOf(property);
  const facts = binding.env.schema(id === null ? { subject } : { id });
  if (facts === null) {
    if (id !== null) reject(binding, 'SR-2', span, `The registry has no schema with id ${id}.`, `Check ${property}.`);
    reject(
      binding,
      'SR-1',
      span,
      `The registry has no subject ${subject}, from which the ${side} columns of topic ${topic} would be taken.`,
      `Check the topic's name and its ${side} format, register the schema, or declare the columns.`,
    );
  }
  if (facts.type !== KIND_OF[format.name]) {
    const fitting = Object.entries(KIND_OF).find(([, kind]) => kind === facts.type)?.[0];
    reject(
      binding,
      'SR-3',
      span,
      `The schema of ${id === null ? subject : `id ${id}`} is ${facts.type}; the ${side} format is ${format.name}.`,
      `Set ${side.toUpperCase()}_FORMAT to ${fitting}.`,
    );
  }
  return readSchema(binding, { side, format, clause, facts, keepCase: id !== null, span });
}

interface Reading {
  readonly side: Side;
  readonly format: Format;
  readonly clause: WithClause;
  readonly facts: SchemaFacts;
  readonly keepCase: boolean;
  readonly span: Span | null;
}

function readSchema(binding: Binding, reading: Reading): Inferred {
  const { side, format, clause, facts, keepCase, span } = reading;
  const fullName = side === 'key' ? clause.keySchemaName : clause.valueSchemaName;
  // A key stands bare wherever its format can: then the whole schema, record or not, is the one column ROWKEY.
  const isBare = side === 'key' ? format.unwrapsSingles : bareValueWanted(binding, clause);
  try {
    const schema = format.inferred!(facts.schema, {
      isKey: side === 'key' && !isBare,
      unwrapped: isBare,
      references: facts.references,
      ...(fullName === null ? {} : { fullName }),
    });
    const columns = columnsOfSchema(schema, (name) => (keepCase ? name : name.toUpperCase()));
    if (side === 'key' && isBare) return { columns: [{ name: 'ROWKEY', type: columns[0]!.type }], isBare };
    return { columns, isBare };
  } catch (error) {
    if (!(error instanceof TributaryError)) throw error;
    return reject(
      binding,
      'SR-4',
      span,
      `The schema registered for the ${side} cannot be used: ${error.parts.what}`,
      error.parts.fix,
    );
  }
}

function bareValueWanted(binding: Binding, clause: WithClause): boolean {
  if (clause.wrapSingleValue !== null) return !clause.wrapSingleValue;
  return String(binding.env.properties['ksql.persistence.wrap.single.values'] ?? '').toLowerCase() === 'false';
}
