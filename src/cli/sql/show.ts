// Answers of statements as text: the tables of ksqlDB's client.
import { cellText } from './cells.ts';
import type { SqlEntity } from './client.ts';

type Item = Readonly<Record<string, unknown>>;

/** The text of an entity, with an empty line before it. */
export function entityText(entity: SqlEntity): string {
  return `\n${bodyOf(entity)}`;
}

function bodyOf(entity: SqlEntity): string {
  const warnings = (entity['warnings'] as readonly { readonly message: string }[] | undefined) ?? [];
  const warned = warnings.map(({ message }) => `WARNING: ${message}\n`).join('');
  return warned + tableOf(entity);
}

function tableOf(entity: SqlEntity): string {
  switch (entity['@type']) {
    case 'streams':
      return sourceTable('Stream Name', items(entity, 'streams'));
    case 'tables':
      return sourceTable('Table Name', items(entity, 'tables'));
    case 'queries':
      return queriesTable(items(entity, 'queries'));
    case 'kafka_topics':
      return grid(
        ['Kafka Topic', 'Partitions', 'Partition Replicas'],
        items(entity, 'topics').map((topic) => {
          const replicas = topic['replicaInfo'] as readonly number[];
          const same = replicas.every((count) => count === replicas[0]);
          return [topic['name'], replicas.length, same ? (replicas[0] ?? 0) : replicas.join(', ')];
        }),
      );
    case 'function_names':
      return `${grid(['Function Name', 'Category'], sortedFunctions(items(entity, 'functions')))}For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;\n`;
    case 'properties':
      return grid(
        ['Property', 'Scope', 'Effective Value'],
        items(entity, 'properties').map((each) => [each['name'], each['scope'], each['value'] ?? 'NULL']),
      );
    case 'type_list':
      return grid(
        ['Type Name', 'Schema'],
        Object.entries(entity['types'] as Item).map(([name, schema]) => [name, typeName(schema as Item)]),
      );
    case 'currentStatus':
      return grid(['Message'], [[firstLine((entity['commandStatus'] as Item)['message'])]]);
    case 'warning_entity':
      return `${cellText(entity['message'])}\n`;
    case 'sourceDescription':
      return description(entity['sourceDescription'] as Item);
    case 'source_descriptions':
      return items(entity, 'sourceDescriptions').map(description).join('\n');
    case 'queryDescription':
      return queryDescription(entity['queryDescription'] as Item);
    case 'query_descriptions':
      return items(entity, 'queryDescriptions').map(queryDescription).join('\n');
    case 'describe_function':
      return functionDescription(entity);
    case 'assert_topic':
      return `Topic ${cellText(entity['topicName'])} ${entity['exists'] === true ? 'exists' : 'does not exist'}.\n`;
    default:
      return `${JSON.stringify(entity, null, 2)}\n`;
  }
}

function sourceTable(title: string, sources: readonly Item[]): string {
  return grid(
    [title, 'Kafka Topic', 'Key Format', 'Value Format', 'Windowed'],
    sources.map((each) => [each['name'], each['topic'], each['keyFormat'], each['valueFormat'], each['isWindowed']]),
  );
}

function queriesTable(queries: readonly Item[]): string {
  const rows = queries.map((query) => [
    query['id'],
    query['queryType'],
    Object.entries(query['statusCount'] as Item)
      .map(([state, count]) => `${state}:${cellText(count)}`)
      .join(','),
    cellText(query['lag']),
    (query['sinks'] as readonly string[]).join(','),
    (query['sinkKafkaTopics'] as readonly string[]).join(','),
    String(query['queryString']).replace(/\s+/g, ' '),
  ]);
  const header = ['Query ID', 'Query Type', 'Status', 'Lag', 'Sink Name', 'Sink Kafka Topic', 'Query String'];
  return `${grid(header, rows)}For detailed information on a Query run: EXPLAIN <Query ID>;\n`;
}

function sortedFunctions(functions: readonly Item[]): readonly (readonly unknown[])[] {
  return functions
    .map((each) => [String(each['name']), String(each['category'])] as const)
    .sort((left, right) => (left[1] === right[1] ? (left[0] < right[0] ? -1 : 1) : left[1] < right[1] ? -1 : 1));
}

function description(source: Item): string {
  const extended = source['extended'] === true;
  const line = (label: string, value: unknown): string => `${label.padEnd(20)} : ${cellText(value)}\n`;
  const head = line('Name', source['name']);
  const more = extended
    ? line('Type', source['type']) +
      line('Timestamp field', source['timestamp'] === '' ? 'Not set - using <ROWTIME>' : source['timestamp']) +
      line('Key format', source['keyFormat']) +
      line('Value format', source['valueFormat']) +
      line(
        'Kafka topic',
        `${cellText(source['topic'])} (partitions: ${cellText(source['partitions'])}, replication: ${cellText(source['replication'])})`,
      ) +
      line('Statement', source['statement'])
    : '';
  const kind = source['type'] === 'TABLE' ? 'primary key' : 'key';
  const fields = source['fields'] as readonly Item[];
  const used = extended
    ? usedBy(source, 'readQueries', 'read from') + usedBy(source, 'writeQueries', 'write from')
    : '';
  const hint = extended ? '' : 'For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n';
  return head + more + fieldTable(fields, kind) + used + hint;
}

function fieldTable(fields: readonly Item[], keyMark: string): string {
  return grid(
    ['Field', 'Type'],
    fields.map((field) => {
      const type = typeName(field['schema'] as Item);
      if (field['type'] === 'KEY') return [field['name'], `${type.padEnd(16)} (${keyMark})`];
      if (field['type'] === 'HEADER') return [field['name'], `${type.padEnd(16)} (headers)`];
      return [field['name'], type];
    }),
  );
}

function usedBy(source: Item, member: string, verb: string): string {
  const queries = source[member] as readonly Item[];
  if (queries.length === 0) return '';
  const lines = queries
    .map((query) => `${cellText(query['id'])} (${cellText(query['state'])}) : ${cellText(query['queryString'])}\n`)
    .join('');
  return `\nQueries that ${verb} this ${cellText(source['type'])}\n-----------------------------------\n${lines}\nFor query topology and execution plan please run: EXPLAIN <QueryId>\n`;
}

function queryDescription(query: Item): string {
  const line = (label: string, value: unknown): string => `${label.padEnd(20)} : ${cellText(value)}\n`;
  const errors = query['queryErrors'] as readonly Item[];
  return [
    line('ID', query['id']),
    line('Query Type', query['queryType']),
    line('SQL', query['statementText']),
    query['state'] === '' ? '' : line('Status', query['state']),
    fieldTable(query['fields'] as readonly Item[], 'key'),
    `\nSources that this query reads from: ${(query['sources'] as readonly string[]).join(', ')}\n`,
    `Sinks that this query writes to: ${(query['sinks'] as readonly string[]).join(', ')}\n`,
    `\nExecution plan\n--------------\n${cellText(query['executionPlan'])}`,
    `\nProcessing topology\n-------------------\n${cellText(query['topology'])}\n`,
    ...errors.map((error) => `\nError (${cellText(error['type'])}): ${cellText(error['errorMessage'])}\n`),
  ].join('');
}

function functionDescription(entity: SqlEntity): string {
  const line = (label: string, value: unknown): string => `${label.padEnd(12)}: ${cellText(value)}\n`;
  const variants = entity['functions'] as readonly Item[];
  return [
    line('Name', entity['name']),
    line('Overview', entity['description']),
    line('Type', entity['type']),
    ...variants.map((variant) => {
      const args = (variant['arguments'] as readonly Item[]).map(
        (each) => `${cellText(each['name'])} ${cellText(each['type'])}${each['isVariadic'] === true ? '[]' : ''}`,
      );
      return `\n\t${line('Variation', `${cellText(entity['name'])}(${args.join(', ')})`)}\t${line('Returns', variant['returnType'])}`;
    }),
  ].join('');
}

/** `VARCHAR(STRING)`, `ARRAY<INTEGER>`, … */
function typeName(schema: Item): string {
  switch (schema['type']) {
    case 'STRING':
      return 'VARCHAR(STRING)';
    case 'DECIMAL': {
      const { precision, scale } = schema['parameters'] as Item;
      return `DECIMAL(${cellText(precision)}, ${cellText(scale)})`;
    }
    case 'ARRAY':
      return `ARRAY<${typeName(schema['memberSchema'] as Item)}>`;
    case 'MAP':
      return `MAP<STRING, ${typeName(schema['memberSchema'] as Item)}>`;
    case 'STRUCT':
      return `STRUCT<${(schema['fields'] as readonly Item[]).map((field) => `${cellText(field['name'])} ${typeName(field['schema'] as Item)}`).join(', ')}>`;
    default:
      return cellText(schema['type']);
  }
}

/** ` name | name ` with rules; lines end in a space, as in the reference. */
function grid(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = header.map((title, at) => Math.max(title.length, ...texts.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    ` ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} \n`;
  const rule = `${'-'.repeat(widths.reduce((sum, width) => sum + width + 3, -1))}\n`;
  return line(header) + rule + texts.map(line).join('') + rule;
}

function items(entity: SqlEntity, member: string): readonly Item[] {
  return (entity[member] as readonly Item[] | undefined) ?? [];
}

function firstLine(value: unknown): string {
  return cellText(value).split('\n')[0]!;
}
