// Puts the column types of the source table, which Debezium leaves in schema parameters, into the event itself.

import type { TransformDef } from '../../connect/plugins.ts';
import { parseInt32 } from '../../core/data/long.ts';
import { arrayOf, fieldOf, primitive, type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { schemaBasics } from '../cells.ts';
import { dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { sample } from '../sample.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import { nameAdjustment } from './name-adjustment.ts';

const PARAMETER = '__debezium.source.column.';

/** Debezium's `ExtractSchemaToNewRecord`. */
export const extractSchemaToNewRecord: TransformDef = {
  kind: 'transform',
  name: 'ExtractSchemaToNewRecord',
  classes: ['io.debezium.transforms.ExtractSchemaToNewRecord'],
  version: DEBEZIUM_VERSION,
  doc: 'Adds a field sourceSchema with the columns of the source table and their types, taken from schema parameters.',
  config: [],
  examples: [{ config: {}, given: sample({ value: null }), gives: sample({ value: null }) }],
  create: (_config, _className, raw) => {
    const adjust = nameAdjustment(raw['schema.name.adjustment.mode'] ?? 'none');
    const schemas = sourceSchemas(adjust);
    const planOf = perSchema((envelope) => ({
      schema: structOf(
        [...(envelope.fields ?? []), { name: 'sourceSchema', schema: schemas.source }],
        schemaBasics(envelope),
      ),
      columns: columnsOf(envelope, schemas.column),
    }));
    return (record) => {
      const envelope = record.value;
      if (!isEnvelope(record.valueSchema) || !(envelope instanceof Struct)) return record;
      const op = envelope.get('op');
      if (op === 't' || op === 'm') return record;
      const plan = planOf(record.valueSchema);
      const table = new Struct(schemas.table, [plan.columns]);
      const source = new Struct(schemas.source, [tableId(envelope), table]);
      return record.withValue(plan.schema, new Struct(plan.schema, [...envelope.cells, source]));
    };
  },
};

function sourceSchemas(adjust: (name: string) => string): { source: Schema; table: Schema; column: Schema } {
  const text = primitive('string');
  const optional = { optional: true };
  const column = structOf(
    [
      { name: 'name', schema: text },
      { name: 'typeName', schema: text },
      { name: 'length', schema: primitive('int32', optional) },
      { name: 'scale', schema: primitive('int32', optional) },
      { name: 'comment', schema: primitive('string', optional) },
    ],
    { name: adjust('io.debezium.connector.source.schema.Column'), version: 1 },
  );
  const table = structOf([{ name: 'columns', schema: arrayOf(column) }], {
    name: adjust('io.debezium.connector.source.schema.Table'),
    version: 1,
  });
  const source = structOf(
    [
      { name: 'id', schema: text },
      { name: 'table', schema: table },
    ],
    { name: adjust('io.debezium.connector.source.Schema'), version: 1 },
  );
  return { source, table, column };
}

function columnsOf(envelope: Schema, schema: Schema): Value[] {
  const row = fieldOf(envelope, 'after')?.schema ?? fieldOf(envelope, 'before')?.schema;
  return (row?.fields ?? []).map((field) => {
    const parameters = field.schema.parameters ?? {};
    const name = parameters[`${PARAMETER}name`];
    const typeName = parameters[`${PARAMETER}type`];
    if (name === undefined || typeName === undefined) {
      throw dataFault(
        `Column ${field.name} carries no source type.`,
        'Set column.propagate.source.type in the Debezium connector.',
      );
    }
    const comment = parameters[`${PARAMETER}comment`] ?? null;
    return new Struct(schema, [
      name,
      typeName,
      numberOf(parameters[`${PARAMETER}length`]),
      numberOf(parameters[`${PARAMETER}scale`]),
      comment,
    ]);
  });
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const number = parseInt32(text);
  if (number === null) throw dataFault(`"${text}" is no number, but stands as length or scale of a column.`);
  return number;
}

function tableId(envelope: Struct): string {
  const source = envelope.get('source');
  if (!(source instanceof Struct)) throw dataFault('The change event has no source block.');
  return String(source.get('table') ?? '');
}
