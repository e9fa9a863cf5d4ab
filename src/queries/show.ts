// LIST, SHOW, ASSERT and their like: statements that change nothing and answer with one entity.
import { nearest, TributaryError } from '../core/errors.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { PersistentQuery, Source } from '../sql/catalog/catalog.ts';
import type { Functions, SqlFunction } from '../sql/functions/registry.ts';
import type { AssertSchemaStatement, AssertTopicStatement, ListStatement } from '../sql/syntax/ast.ts';
import type { ParsedStatement } from '../sql/syntax/parse.ts';
import { describeFunction, describeSource, schemaInfo, shownState } from './describe.ts';
import { describeQuery, type Explaining, explain } from './explain.ts';
import type { QueryStatus } from './query-status.ts';
import type { Entity } from './results.ts';

/** What these statements look at. */
export interface ShownEngine extends Explaining {
  readonly functions: Functions;
  readonly registry: SchemaRegistry;
  queries(): Promise<readonly QueryStatus[]>;
}

type Parts = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, string>>;

const HIDDEN =
  /^(_confluent.*|__confluent.*|_schemas|__consumer_offsets|__transaction_state|connect-configs|connect-offsets|connect-status|connect-statuses)$/;

/** The answer; null for statements that have none (SET and its like, which act before this). */
export async function answerOther(
  engine: ShownEngine,
  parsed: ParsedStatement,
  properties: Properties,
): Promise<Entity | null> {
  const { statement } = parsed;
  switch (statement.kind) {
    case 'list':
      return entity(parsed, await list(engine, statement, properties));
    case 'describe':
      if (statement.subject === 'function')
        return entity(parsed, describeFunction(needFunction(engine, statement.name!.text)));
      if (statement.subject === 'connector') throw elsewhere('DESCRIBE CONNECTOR', 'GET /connectors/<name>/status');
      if (statement.subject !== 'source') return entity(parsed, await descriptions(engine, statement.subject));
      return entity(parsed, {
        '@type': 'sourceDescription',
        sourceDescription: await describeSource(engine, needSource(engine, statement.name!.text), statement.extended),
      });
    case 'explain':
      return entity(parsed, await explain(engine, parsed, statement, properties));
    case 'assertTopic':
      return entity(parsed, await assertTopic(engine, statement));
    case 'assertSchema':
      return entity(parsed, await assertSchema(engine, statement));
    case 'setProperty':
    case 'unsetProperty':
    case 'define':
    case 'undefine':
      return null;
    case 'createConnector':
    case 'dropConnector':
      throw elsewhere('Connectors in SQL', 'the Connect API: PUT /connectors/<name>/config');
    default:
      throw elsewhere(`This statement (${statement.kind})`, 'the settings of the worker');
  }
}

function entity(parsed: ParsedStatement, parts: Parts): Entity {
  return { '@type': String(parts['@type']), statementText: parsed.text, ...parts, warnings: parts['warnings'] ?? [] };
}

async function list(engine: ShownEngine, statement: ListStatement, properties: Properties): Promise<Parts> {
  switch (statement.subject) {
    case 'streams':
    case 'tables':
      return statement.extended ? descriptions(engine, statement.subject) : sources(engine, statement.subject);
    case 'queries':
      return statement.extended ? queryDescriptions(engine) : listQueries(engine);
    case 'topics':
      return topics(engine, statement.all);
    case 'functions':
      return { '@type': 'function_names', functions: engine.functions.all().map(functionName) };
    case 'types':
      return {
        '@type': 'type_list',
        types: Object.fromEntries([...engine.catalog.types].map(([name, type]) => [name, schemaInfo(type)])),
      };
    case 'properties':
      return listProperties(properties);
    case 'variables':
      return { '@type': 'variables', variables: [] };
    default:
      throw elsewhere('SHOW CONNECTORS', 'GET /connectors of the Connect API');
  }
}

function sources(engine: ShownEngine, subject: 'streams' | 'tables'): Parts {
  const shape = subject === 'streams' ? 'stream' : 'table';
  const rows = [...engine.catalog.sources.values()]
    .filter((source) => source.shape === shape)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((source) => ({
      type: shape.toUpperCase(),
      name: source.name,
      topic: source.topic,
      keyFormat: source.keyFormat.format,
      valueFormat: source.valueFormat.format,
      isWindowed: source.window !== null,
    }));
  return { '@type': subject, [subject]: rows };
}

async function descriptions(engine: ShownEngine, subject: 'streams' | 'tables'): Promise<Parts> {
  const shape = subject === 'streams' ? 'stream' : 'table';
  const found = [...engine.catalog.sources.values()].filter((source) => source.shape === shape);
  return {
    '@type': 'source_descriptions',
    sourceDescriptions: await Promise.all(found.map((source) => describeSource(engine, source, true))),
  };
}

async function listQueries(engine: ShownEngine): Promise<Parts> {
  const statuses = await engine.queries();
  return {
    '@type': 'queries',
    queries: statuses.map((status) => {
      const state = shownState(status.state);
      const sink = status.sink === null ? undefined : engine.catalog.sources.get(status.sink);
      return {
        queryString: status.statement,
        sinks: status.sink === null ? [] : [status.sink],
        sinkKafkaTopics: sink === undefined ? [] : [sink.topic],
        id: status.queryId,
        statusCount: { [state]: 1 },
        queryType: 'PERSISTENT',
        state,
        // Beyond the reference: what people otherwise have to dig for.
        lag: status.lag,
        secondsLeft: status.secondsLeft,
        skippedRecords: status.skipped.count,
      };
    }),
  };
}

async function queryDescriptions(engine: ShownEngine): Promise<Parts> {
  const found: unknown[] = [];
  for (const query of engine.catalog.queries.values()) found.push(await persistentDescription(engine, query));
  return { '@type': 'query_descriptions', queryDescriptions: found };
}

async function persistentDescription(engine: ShownEngine, query: PersistentQuery): Promise<unknown> {
  return describeQuery(engine, query, await engine.query(query.id));
}

async function topics(engine: ShownEngine, all: boolean): Promise<Parts> {
  const found = await engine.broker.listTopics();
  return {
    '@type': 'kafka_topics',
    topics: found
      .filter(({ name }) => all || !HIDDEN.test(name))
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .map(({ name, partitions, replication }) => ({
        name,
        replicaInfo: new Array<number>(partitions).fill(replication),
      })),
  };
}

function functionName(entry: SqlFunction): Parts {
  return { name: entry.name, type: entry.kind.toUpperCase(), category: entry.category };
}

function listProperties(properties: Properties): Parts {
  return {
    '@type': 'properties',
    properties: Object.entries(properties)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => ({ name, scope: 'KSQL', value, editable: true, level: 'SESSION' })),
    overwrittenProperties: [],
    defaultProperties: [],
  };
}

async function assertTopic(engine: ShownEngine, statement: AssertTopicStatement): Promise<Parts> {
  const info = await engine.broker.topic(statement.topic);
  if ((info !== null) !== statement.exists) {
    throw new TributaryError('TRIB_SQL_ASSERT_TOPIC', 'sql', {
      what: statement.exists ? `Topic ${statement.topic} does not exist` : `Topic ${statement.topic} exists`,
    });
  }
  return { '@type': 'assert_topic', topicName: statement.topic, exists: statement.exists };
}

async function assertSchema(engine: ShownEngine, statement: AssertSchemaStatement): Promise<Parts> {
  const { subject, id } = statement;
  const found =
    subject !== null
      ? await engine.registry.latest(subject).then((schema) => schema !== null && (id === null || schema.id === id))
      : id !== null && (await engine.registry.byId(id)) !== null;
  if (found !== statement.exists) {
    const name = [subject === null ? '' : `subject name ${subject}`, id === null ? '' : `id ${id}`]
      .filter((part) => part !== '')
      .join(' ');
    throw new TributaryError('TRIB_SQL_ASSERT_SCHEMA', 'sql', {
      what: `Schema with ${name} ${statement.exists ? 'does not exist' : 'exists'}`,
    });
  }
  return { '@type': 'assert_schema', subject, id, exists: statement.exists };
}

/** The source of a name; throws with a suggestion. */
export function needSource(engine: Pick<ShownEngine, 'catalog'>, name: string): Source {
  const source = engine.catalog.sources.get(name);
  if (source !== undefined) return source;
  const near = nearest(name, engine.catalog.sources.keys());
  throw new TributaryError('TRIB_SQL_DESC_1', 'sql', {
    what: `Could not find STREAM/TABLE '${name}' in the Metastore.`,
    fix: near === null ? 'SHOW STREAMS and SHOW TABLES list all.' : `Did you mean ${quotedName(near)}?`,
  });
}

function quotedName(name: string): string {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? name : `\`${name}\``;
}

function needFunction(engine: ShownEngine, name: string): SqlFunction {
  const found = engine.functions.find(name);
  if (found !== null) return found;
  const near = nearest(
    name,
    engine.functions.all().map((entry) => entry.name),
  );
  throw new TributaryError('TRIB_SQL_DESC_2', 'sql', {
    what: `Can't find any functions with the name '${name}'.`,
    fix: near === null ? 'SHOW FUNCTIONS lists all.' : `Did you mean ${near}?`,
  });
}

function elsewhere(what: string, where: string): TributaryError {
  return new TributaryError('TRIB_SQL_UNSUPPORTED', 'sql', {
    what: `${what} is not answered here.`,
    fix: `Use ${where}.`,
  });
}
