// Moves or copies headers to fields of the value, nested ones too.

import type { TransformDef } from '../../connect/plugins.ts';
import type { ConnectRecord, Header } from '../../connect/records.ts';
import { fieldOf, type Schema, Struct, structOf, type Value, withOptional } from '../../core/data/schema.ts';
import { cellOrDefault, requireStruct, schemaBasics } from '../cells.ts';
import { configFault, dataFault } from '../faults.ts';
import { structSample } from '../sample.ts';
import { DEBEZIUM_VERSION } from './envelope.ts';
import { INT32, TEXT } from './sample-event.ts';
import { anyCase, plainNames, required } from './setting-checks.ts';

const high = { importance: 'HIGH', order: 1 } as const;

/** Debezium's `HeaderToValue`. */
export const headerToValue: TransformDef = {
  kind: 'transform',
  name: 'HeaderToValue',
  classes: ['io.debezium.transforms.HeaderToValue'],
  version: DEBEZIUM_VERSION,
  doc: 'Moves or copies headers to fields of the value. A path with dots reaches into nested structs and makes them where they lack.',
  config: [
    {
      ...high,
      name: 'headers',
      type: 'LIST',
      fallback: null,
      displayName: 'Header names list',
      doc: 'Headers to take; of several with one name the last.',
      check: (value) => required(value) ?? plainNames(value),
    },
    {
      ...high,
      name: 'fields',
      type: 'LIST',
      fallback: null,
      displayName: 'Field names list',
      doc: 'Paths of the fields, in the order of the headers.',
      check: (value) => required(value) ?? plainNames(value),
    },
    {
      ...high,
      name: 'operation',
      type: 'STRING',
      fallback: null,
      displayName: 'Operation: mover or copy',
      doc: 'move: the headers are removed. copy: they stay.',
      check: (value) => required(value) ?? anyCase('move', 'copy')(value),
    },
  ],
  examples: [
    {
      config: { headers: 'tenant', fields: 'tenant', operation: 'move' },
      given: structSample({ id: [INT32, 7] }, undefined, { headers: [{ key: 'tenant', schema: TEXT, value: 'kr' }] }),
      gives: structSample({ id: [INT32, 7], tenant: [TEXT, 'kr'] }),
    },
  ],
  create: (config) => {
    const headers = config['headers'] as readonly string[];
    const paths = (config['fields'] as readonly string[]).map((path) => path.split('.'));
    const moves = (config['operation'] as string).toLowerCase() === 'move';
    if (headers.length !== paths.length) {
      throw configFault("'fields' config must have the same number of elements as 'headers' config.");
    }
    return (record) => {
      if (record.value === null) return record;
      const given = requireStruct(record.value, 'header to value');
      const root = additionsTo(record, headers, paths);
      if (root === null) return record;
      const value = extend(given, root);
      const out = record.withValue(value.schema, value);
      return moves ? out.withHeaders(record.headers.filter((header) => !headers.includes(header.key))) : out;
    };
  },
};

/** Fields to set, by name: a header's value, or more fields below. */
interface Additions extends Map<string, Additions | Header> {}

function additionsTo(
  record: ConnectRecord,
  headers: readonly string[],
  paths: readonly (readonly string[])[],
): Additions | null {
  const root: Additions = new Map();
  for (let i = 0; i < headers.length; i++) {
    const header = record.headers.findLast(({ key }) => key === headers[i]);
    if (header === undefined) continue;
    const path = paths[i]!;
    let holder = root;
    for (const name of path.slice(0, -1)) {
      let inner = holder.get(name);
      if (!(inner instanceof Map)) {
        inner = new Map();
        holder.set(name, inner);
      }
      holder = inner;
    }
    holder.set(path.at(-1)!, header);
  }
  return root.size === 0 ? null : root;
}

function extend(struct: Struct, additions: Additions): Struct {
  const schema = extendedSchema(struct.schema, additions);
  const cells = schema.fields!.map((field): Value => {
    const old = fieldOf(struct.schema, field.name);
    const addition = additions.get(field.name);
    if (addition === undefined) return cellOrDefault(struct, old!, true);
    if (addition instanceof Map) {
      if (old === undefined) return madeStruct(field.schema, addition);
      const inner = struct.cells[old.index] ?? null;
      return inner === null ? null : extend(inner as Struct, addition);
    }
    return fitting(addition, field.schema);
  });
  return new Struct(schema, cells);
}

/** Known fields keep their place and schema; a nested struct that is extended becomes required, as in the reference. */
function extendedSchema(schema: Schema, additions: Additions): Schema {
  if (schema.kind !== 'struct') throw dataFault(`A header cannot be put below a field of type ${schema.kind}.`);
  const known = schema.fields ?? [];
  const kept = known.map((field) => {
    const addition = additions.get(field.name);
    return addition instanceof Map ? { name: field.name, schema: extendedSchema(field.schema, addition) } : field;
  });
  const added = [...additions].filter(([name]) => fieldOf(schema, name) === undefined);
  return structOf(
    [...kept, ...added.map(([name, addition]) => ({ name, schema: addedSchema(addition) }))],
    schemaBasics(schema),
  );
}

function addedSchema(addition: Additions | Header): Schema {
  if (addition instanceof Map) {
    return structOf(
      [...addition].map(([name, inner]) => ({ name, schema: addedSchema(inner) })),
      { optional: true },
    );
  }
  if (addition.schema === null) throw dataFault(`Header ${addition.key} has no schema, which a field needs.`);
  return addition.schema;
}

function madeStruct(schema: Schema, additions: Additions): Struct {
  const cells = schema.fields!.map((field): Value => {
    const addition = additions.get(field.name)!;
    return addition instanceof Map ? madeStruct(field.schema, addition) : addition.value;
  });
  return new Struct(withOptional(schema, true), cells);
}

function fitting(header: Header, schema: Schema): Value {
  const fits = header.value === null ? schema.optional : header.schema !== null && header.schema.kind === schema.kind;
  if (!fits) throw dataFault(`Header ${header.key} does not fit the field's type ${schema.kind}.`);
  return header.value;
}
