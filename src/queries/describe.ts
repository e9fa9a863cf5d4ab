// DESCRIBE: sources, functions and their schemas as ksqlDB's API shows them.
import type { Broker } from '../ports/broker.ts';
import { type Catalog, readersOf, type Source, writersOf } from '../sql/catalog/catalog.ts';
import { patternText } from '../sql/functions/functions.ts';
import type { SqlFunction } from '../sql/functions/registry.ts';
import type { SqlType } from '../sql/types/sql-type.ts';
import type { QueryStatus } from './query-status.ts';

type Parts = Readonly<Record<string, unknown>>;

/** What describing looks at. */
export interface Describing {
  readonly catalog: Catalog;
  readonly broker: Broker;
  query(queryId: string): Promise<QueryStatus>;
  /** How a query fares, as far as this host can tell without asking anybody. */
  stateOf(queryId: string): QueryStatus['state'];
}

/** A type as `SchemaInfo`: empty members are left out. */
export function schemaInfo(type: SqlType): Parts {
  switch (type.base) {
    case 'DECIMAL':
      return { type: 'DECIMAL', parameters: { precision: type.precision, scale: type.scale } };
    case 'ARRAY':
      return { type: 'ARRAY', memberSchema: schemaInfo(type.items) };
    case 'MAP':
      return { type: 'MAP', memberSchema: schemaInfo(type.items) };
    case 'STRUCT':
      return {
        type: 'STRUCT',
        fields: type.fields.map((field) => ({ name: field.name, schema: schemaInfo(field.type) })),
      };
    default:
      return { type: type.base };
  }
}

/** Columns as `FieldInfo`. */
export function fieldsOf(source: Source): readonly Parts[] {
  return [
    ...source.key.map(({ name, type }) => ({ name, schema: schemaInfo(type), type: 'KEY' })),
    ...source.value.map(({ name, type }) => ({ name, schema: schemaInfo(type) })),
    ...source.headers.map(({ name, type, header }) => ({
      name,
      schema: schemaInfo(type),
      type: 'HEADER',
      ...(header === null ? {} : { headerKey: header }),
    })),
  ];
}

/** A source as `SourceDescription`. */
export async function describeSource(engine: Describing, source: Source, extended: boolean): Promise<Parts> {
  const topic = extended ? await engine.broker.topic(source.topic) : null;
  const readers = readersOf(engine.catalog, source.name);
  const writers = writersOf(engine.catalog, source.name);
  return {
    name: source.name,
    windowType: source.window?.kind ?? null,
    readQueries: readers.map((query) => runningQuery(engine, query)),
    writeQueries: writers.map((query) => runningQuery(engine, query)),
    fields: fieldsOf(source),
    type: source.shape.toUpperCase(),
    timestamp: source.timestamp?.column ?? '',
    statistics: '',
    errorStats: '',
    extended,
    keyFormat: source.keyFormat.format,
    valueFormat: source.valueFormat.format,
    topic: source.topic,
    partitions: topic?.partitions ?? 0,
    replication: topic?.replication ?? 0,
    statement: source.text,
    queryOffsetSummaries: extended
      ? await offsetSummaries(
          engine,
          [...readers, ...writers].map(({ id }) => id),
        )
      : [],
    sourceConstraints: [...engine.catalog.sources.values()]
      .filter(({ createdBy }) => createdBy !== null && readers.some(({ id }) => id === createdBy))
      .map(({ name }) => name),
    clusterStatistics: [],
    clusterErrorStats: [],
  };
}

function runningQuery(
  engine: Describing,
  query: { readonly id: string; readonly text: string; readonly sink: string | null },
): Parts {
  const sink = query.sink === null ? undefined : engine.catalog.sources.get(query.sink);
  const state = shownState(engine.stateOf(query.id));
  return {
    queryString: query.text,
    sinks: query.sink === null ? [] : [query.sink],
    sinkKafkaTopics: sink === undefined ? [] : [sink.topic],
    id: query.id,
    statusCount: { [state]: 1 },
    queryType: 'PERSISTENT',
    state,
  };
}

async function offsetSummaries(engine: Describing, queryIds: readonly string[]): Promise<readonly Parts[]> {
  const summaries: Parts[] = [];
  for (const queryId of new Set(queryIds)) {
    const status = await engine.query(queryId);
    const topics = new Map<string, Parts[]>();
    for (const { topic, partition, position, end } of status.sources) {
      const offsets = topics.get(topic) ?? [];
      offsets.push({ partition, logStartOffset: 0, logEndOffset: end, consumerOffset: position });
      topics.set(topic, offsets);
    }
    summaries.push({
      groupId: status.group,
      topicSummaries: [...topics].map(([kafkaTopic, offsets]) => ({ kafkaTopic, offsets })),
    });
  }
  return summaries;
}

/** States in the words of ksqlDB's clients, and UNKNOWN for what another host runs and has said nothing of. */
export function shownState(state: QueryStatus['state']): 'RUNNING' | 'ERROR' | 'PAUSED' | 'UNKNOWN' {
  if (state === 'ERROR' || state === 'PAUSED' || state === 'UNKNOWN') return state;
  return state === 'STOPPED' ? 'PAUSED' : 'RUNNING';
}

/** A function as `describe_function`. */
export function describeFunction(entry: SqlFunction): Parts {
  return {
    '@type': 'describe_function',
    name: entry.name,
    description: `${entry.doc} ${entry.nulls}`,
    author: 'Tributary',
    version: '',
    path: 'internal',
    functions: entry.variants.map((variant) => ({
      arguments: variant.params.map((parameter, index) => ({
        name: parameter.name,
        type: patternText(parameter.type),
        description: '',
        isVariadic: variant.variadic === index,
      })),
      returnType: typeof variant.returns === 'function' ? 'by its arguments' : patternText(variant.returns),
      description: '',
    })),
    type: entry.kind.toUpperCase(),
  };
}
