// EXPLAIN: a running query, or a statement that is only looked at.
import { TributaryError } from '../core/errors.ts';
import { transientTopology } from '../engine/plan-topology.ts';
import type { Topology } from '../engine/topology.ts';
import type { Change } from '../sql/bind/change.ts';
import { bindStatement } from '../sql/bind/statement.ts';
import type { PersistentQuery } from '../sql/catalog/catalog.ts';
import { inputsOf, type PlanNode } from '../sql/plan/nodes.ts';
import type { ExplainStatement } from '../sql/syntax/ast.ts';
import type { ParsedStatement } from '../sql/syntax/parse.ts';
import { type Describing, fieldsOf, schemaInfo, shownState } from './describe.ts';
import type { Facts } from './facts.ts';
import type { QueryStatus } from './query-status.ts';
import type { RunControl } from './run-control.ts';

type Parts = Readonly<Record<string, unknown>>;

export interface Explaining extends Describing {
  readonly facts: Facts;
  readonly runs: RunControl;
  /** Where a query runs; null: this host stands alone, or it is not known. */
  hostOf(queryId: string): string | null;
}

/** The answer to EXPLAIN. */
export async function explain(
  engine: Explaining,
  parsed: ParsedStatement,
  statement: ExplainStatement,
  properties: Readonly<Record<string, string>>,
): Promise<Parts> {
  if (statement.query !== null) {
    const query = engine.catalog.queries.get(statement.query.text);
    if (query === undefined) {
      throw new TributaryError('TRIB_SQL_EXPLAIN_1', 'sql', {
        what: `Query with id:${statement.query.text} does not exist, use SHOW QUERIES to view the full set of queries.`,
      });
    }
    return {
      '@type': 'queryDescription',
      queryDescription: await describeQuery(engine, query, await engine.query(query.id)),
    };
  }
  return {
    '@type': 'queryDescription',
    queryDescription: await describeStatement(engine, parsed, statement, properties),
  };
}

/** A persistent query as `QueryDescription`. */
export async function describeQuery(engine: Explaining, query: PersistentQuery, status: QueryStatus): Promise<Parts> {
  const sink = query.sink === null ? undefined : engine.catalog.sources.get(query.sink);
  const state = shownState(status.state);
  return {
    id: query.id,
    statementText: query.text,
    windowType: sink?.window?.kind ?? null,
    fields: sink === undefined ? [] : fieldsOf(sink),
    sources: query.reads,
    sinks: query.sink === null ? [] : [query.sink],
    topology: topologyText(engine.runs.get(query.id)?.topology ?? null),
    executionPlan: planText(query.plan),
    overriddenProperties: query.properties,
    ksqlHostQueryStatus: { [engine.hostOf(query.id) ?? 'local']: state },
    queryType: 'PERSISTENT',
    queryErrors: [
      ...status.errors.map(({ atMs, message, type }) => ({ timestamp: atMs, errorMessage: message, type })),
      ...(status.skipped.first === null
        ? []
        : [
            {
              timestamp: 0,
              errorMessage: `${status.skipped.count} records were skipped; the first: ${status.skipped.first.where}: ${status.skipped.first.message}`,
              type: 'USER',
            },
          ]),
      ...status.failures.samples.map((message) => ({ timestamp: 0, errorMessage: message, type: 'USER' })),
    ],
    tasksMetadata: [],
    consumerGroupId: status.group,
    state,
  };
}

async function describeStatement(
  engine: Explaining,
  parsed: ParsedStatement,
  explained: ExplainStatement,
  properties: Readonly<Record<string, string>>,
): Promise<Parts> {
  const statement = explained.statement!;
  const environment = await engine.facts.environment(engine.catalog, properties, {
    statement: parsed.statement,
    text: parsed.text,
    pending: [],
  });
  const bound = bindStatement(environment, statement, parsed.text);
  const common = {
    id: '',
    statementText: parsed.text,
    windowType: null,
    sinks: [] as readonly string[],
    overriddenProperties: properties,
    ksqlHostQueryStatus: {},
    queryErrors: [],
    tasksMetadata: [],
    consumerGroupId: '',
    state: '',
  };
  switch (bound.kind) {
    case 'push': {
      const options = {
        topicPrefix: '_explain',
        functions: environment.functions,
        context: engine.runs.context(properties),
      };
      return {
        ...common,
        fields: bound.plan.columns.slice(bound.plan.keys.length).map(fieldOf),
        sources: bound.planned.sources.map(({ name }) => name),
        topology: topologyText(transientTopology('explain', bound.plan, options)),
        executionPlan: planText(bound.plan),
        queryType: 'PUSH',
      };
    }
    case 'pull':
      return {
        ...common,
        fields: bound.pull.columns.map(fieldOf),
        sources: [bound.pull.source.name],
        topology: bound.pull.keys === null ? 'scan of all rows' : `look-up of ${bound.pull.keys.length} keys`,
        executionPlan: planText(bound.pull.node),
        queryType: 'PULL',
      };
    case 'change':
      return { ...common, ...explainedChange(engine, bound.change) };
    default:
      throw new TributaryError('TRIB_SQL_EXPLAIN_2', 'sql', {
        what: 'Only queries can be explained.',
        fix: 'Write EXPLAIN before a SELECT, a CREATE … AS SELECT or a query id.',
      });
  }
}

function explainedChange(engine: Explaining, change: Change): Parts {
  const found = change.commands.find((command) => command.kind === 'putQuery');
  if (found === undefined) {
    throw new TributaryError('TRIB_SQL_EXPLAIN_2', 'sql', { what: 'The statement holds no query to explain.' });
  }
  const { query } = found;
  const source = change.commands.find((command) => command.kind === 'putSource');
  return {
    id: query.id,
    fields: source === undefined ? [] : fieldsOf(source.source),
    sources: query.reads,
    sinks: query.sink === null ? [] : [query.sink],
    topology: topologyText(engine.runs.build(query).topology),
    executionPlan: planText(query.plan),
    queryType: 'PERSISTENT',
  };
}

function fieldOf({ name, type }: { readonly name: string; readonly type: Parameters<typeof schemaInfo>[0] }): Parts {
  return { name, schema: schemaInfo(type) };
}

/** The plan as an indented list, the result first. */
export function planText(node: PlanNode, depth = 0): string {
  const columns = node.columns.map(({ name }) => name).join(', ');
  const about =
    node.kind === 'source'
      ? ` ${node.source} (topic ${node.topic.topic})`
      : node.kind === 'join'
        ? ` ${node.mode} ${node.join}`
        : '';
  const line = `${'  '.repeat(depth)}> [ ${node.kind.toUpperCase()}${about} ] ${columns}\n`;
  return (
    line +
    inputsOf(node)
      .map((input) => planText(input, depth + 1))
      .join('')
  );
}

function topologyText(topology: Topology | null): string {
  if (topology === null) return '';
  return topology.parts
    .map((part, index) =>
      [
        `Sub-topology ${index} (${part.id})`,
        ...part.sources.map(({ topic, shape }) => `  reads ${topic} as a ${shape}`),
        ...part.stores.map(
          ({ name, changelog }) => `  keeps ${name}${changelog === '' ? '' : ` (changelog ${changelog})`}`,
        ),
        ...part.sinks.map(({ topic }) => `  writes ${topic}`),
      ].join('\n'),
    )
    .join('\n');
}
