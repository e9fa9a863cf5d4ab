// DROP, ALTER, CREATE TYPE, DROP TYPE, TERMINATE (streams-and-tables.md §7.6, language.md §4).
import { nearest } from '../../core/errors.ts';
import { readersOf, type Source, writersOf } from '../catalog/catalog.ts';
import type {
  AlterSourceStatement,
  ControlStatement,
  CreateTypeStatement,
  DropSourceStatement,
  DropTypeStatement,
  Name,
} from '../syntax/ast.ts';
import { resolveType, typeText } from '../types/type-text.ts';
import { type Change, noChange } from './change.ts';
import { type Binding, pasteName, reject } from './environment.ts';
import { SYSTEM_NAMES, suggestion } from './scope.ts';
import { checkColumns, registrationOf } from './side.ts';

/** DROP STREAM, DROP TABLE. */
export function bindDrop(binding: Binding, statement: DropSourceStatement): Change {
  const { catalog } = binding.env;
  const source = catalog.sources.get(statement.name.text);
  if (source === undefined) {
    if (statement.ifExists) return noChange(`${pasteName(statement.name.text)} does not exist.`);
    return unknown(binding, 'DROP-1', statement.shape, statement.name);
  }
  refuseKind(binding, source, statement.shape, statement.name, 'DROP');
  if (statement.deleteTopic && source.readOnly) {
    reject(
      binding,
      'DROP-4',
      statement.span,
      `${pasteName(source.name)} is a SOURCE ${source.shape}: its topic cannot be deleted with it.`,
      'DROP it without DELETE TOPIC.',
    );
  }
  const own =
    source.createdBy ??
    (source.readOnly ? readersOf(catalog, source.name).find(({ kind }) => kind === 'sourceTable')?.id : null) ??
    null;
  const readers = readersOf(catalog, source.name).filter(({ id }) => id !== own);
  const writers = writersOf(catalog, source.name).filter(({ id }) => id !== own);
  if (readers.length > 0 || writers.length > 0) {
    const list = (queries: typeof readers) => queries.map(({ id }) => id).join(', ') || 'none';
    const made = [...catalog.sources.values()].filter(
      ({ createdBy }) => createdBy !== null && readers.some(({ id }) => id === createdBy),
    );
    reject(
      binding,
      made.length > 0 ? 'DROP-3' : 'DROP-2',
      statement.name.span,
      `${pasteName(source.name)} is in use. Read by: ${list(readers)}. Written by: ${list(writers)}.`,
      made.length > 0
        ? `DROP first: ${made.map(({ name }) => pasteName(name)).join(', ')}.`
        : `TERMINATE first: ${[...readers, ...writers].map(({ id }) => id).join(', ')}.`,
    );
  }
  return {
    commands: [
      ...(own === null ? [] : [{ kind: 'dropQuery' as const, id: own }]),
      { kind: 'dropSource', name: source.name },
    ],
    topics: [],
    schemas: [],
    deletedTopics: statement.deleteTopic ? [source.topic] : [],
    message: `Source ${pasteName(source.name)} (topic: ${source.topic}) was dropped.`,
    queryId: null,
  };
}

/** ALTER … ADD COLUMN. */
export function bindAlter(binding: Binding, statement: AlterSourceStatement): Change {
  const source = binding.env.catalog.sources.get(statement.name.text);
  const { span } = statement.name;
  if (source === undefined) return unknown(binding, 'ALTER-1', statement.shape, statement.name);
  refuseKind(binding, source, statement.shape, statement.name, 'ALTER');
  if (source.createdBy !== null) {
    reject(
      binding,
      'ALTER-2',
      span,
      `${pasteName(source.name)} was made by CREATE … AS SELECT and cannot be altered.`,
      'Use CREATE OR REPLACE … AS SELECT.',
    );
  }
  if (source.readOnly)
    reject(binding, 'ALTER-3', span, `${pasteName(source.name)} is a SOURCE ${source.shape} and cannot be altered.`);
  const value = [...source.value];
  for (const { name, type } of statement.columns) {
    const existing = [...source.key, ...value, ...source.headers].find((column) => column.name === name.text);
    if (existing !== undefined) {
      reject(
        binding,
        'ALTER-4',
        name.span,
        `${pasteName(source.name)} has a column ${pasteName(name.text)} already: ${typeText(existing.type)}.`,
      );
    }
    if (SYSTEM_NAMES.has(name.text))
      reject(binding, 'DDL-1', name.span, `${name.text} is a system column and cannot be declared.`);
    value.push({ name: name.text, type: resolveType(type, binding.env.catalog.types, binding.text) });
  }
  const format = binding.env.format(source.valueFormat.format)!;
  checkColumns(binding, 'value', format, value, span);
  const altered: Source = {
    ...source,
    value,
    valueFormat: { ...source.valueFormat, unwrapped: value.length === 1 && source.valueFormat.unwrapped },
  };
  const schema = registrationOf(format, source.topic, 'value', altered.valueFormat, value);
  return {
    commands: [{ kind: 'putSource', source: altered }],
    topics: [],
    schemas:
      schema === null ? [] : [{ subject: `${source.topic}-value`, format: format.name, schema, onlyIfAbsent: true }],
    deletedTopics: [],
    message: `${source.shape === 'stream' ? 'Stream' : 'Table'} ${pasteName(source.name)} altered.`,
    queryId: null,
  };
}

function unknown(binding: Binding, id: string, shape: string, name: Name): never {
  const names = [...binding.env.catalog.sources.keys()];
  return reject(
    binding,
    id,
    name.span,
    `There is no ${shape} ${pasteName(name.text)}.${suggestion(name, names)}`,
    `SHOW ${shape.toUpperCase()}S lists all.`,
  );
}

function refuseKind(binding: Binding, source: Source, shape: string, name: Name, verb: string): void {
  if (source.shape === shape) return;
  reject(
    binding,
    'NAME-8',
    name.span,
    `${pasteName(source.name)} is a ${source.shape}.`,
    `Write ${verb} ${source.shape.toUpperCase()} ${pasteName(source.name)}.`,
  );
}

/** CREATE TYPE. */
export function bindCreateType(binding: Binding, statement: CreateTypeStatement): Change {
  const name = statement.name.text.toUpperCase();
  const type = resolveType(statement.type, binding.env.catalog.types, binding.text);
  const existing = binding.env.catalog.types.get(name);
  if (existing !== undefined) {
    if (statement.ifNotExists) return noChange(`Type ${name} exists already: ${typeText(existing)}.`);
    reject(
      binding,
      'TYPE-6',
      statement.name.span,
      `There is a type ${name} already: ${typeText(existing)}.`,
      'DROP TYPE it first, or use IF NOT EXISTS.',
    );
  }
  return {
    ...noChange(`Registered custom type with name '${name}' and SQL type ${typeText(type)}`),
    commands: [{ kind: 'putType', name, type }],
  };
}

/** DROP TYPE. */
export function bindDropType(binding: Binding, statement: DropTypeStatement): Change {
  const name = statement.name.text.toUpperCase();
  if (!binding.env.catalog.types.has(name)) {
    if (statement.ifExists) return noChange(`Type ${name} does not exist.`);
    const close = nearest(name, binding.env.catalog.types.keys());
    reject(
      binding,
      'TYPE-7',
      statement.name.span,
      `There is no type ${name}.`,
      close === null ? 'SHOW TYPES lists all.' : `Did you mean ${close}?`,
    );
  }
  return { ...noChange(`Dropped type '${name}'`), commands: [{ kind: 'dropType', name }] };
}

/** The queries that TERMINATE, PAUSE and RESUME mean. */
export function controlledQueries(binding: Binding, statement: ControlStatement): readonly string[] {
  const { queries } = binding.env.catalog;
  if (statement.query === null) return [...queries.keys()];
  const { text, raw, quoted, span } = statement.query;
  const id = quoted ? raw : text.toUpperCase();
  if (queries.has(id)) return [id];
  const close = nearest(id, queries.keys());
  return reject(
    binding,
    'STMT-1',
    span,
    `There is no query ${id}.`,
    close === null ? 'SHOW QUERIES lists all.' : `Did you mean ${close}?`,
  );
}

/** TERMINATE: the query goes, its sink stays. */
export function bindTerminate(binding: Binding, statement: ControlStatement): Change {
  const ids = controlledQueries(binding, statement);
  return {
    ...noChange(ids.length === 1 ? `Query ${ids[0]} terminated.` : `${ids.length} queries terminated.`),
    commands: ids.map((id) => ({ kind: 'dropQuery', id })),
  };
}
