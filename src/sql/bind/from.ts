// FROM and JOIN: sources become plan nodes, joins fold over them from the left (joins.md).
import { nearest } from '../../core/errors.ts';
import type { Source } from '../catalog/catalog.ts';
import type { PlanColumn, SourceNode, TopicShape } from '../plan/nodes.ts';
import type { QueryNode, SourceNode as SourceSyntax } from '../syntax/ast.ts';
import { BIGINT, INTEGER } from '../types/sql-type.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';
import type { FromResult, NextId } from './from-result.ts';
import { bindJoin } from './join.ts';
import { suggestion } from './scope.ts';

/** A counter a statement. */
export function idsOfStatement(): NextId {
  const counts = new Map<string, number>();
  return (kind) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count === 1 ? kind : `${kind}-${count}`;
  };
}

/** Binds FROM with all joins. */
export function bindFrom(binding: Binding, query: QueryNode, nextId: NextId): FromResult {
  let from = single(binding, query.from, nextId);
  const names = new Map<string, SourceSyntax>([[from.sources[0]!.name, query.from]]);
  for (const join of query.joins) {
    const right = single(binding, join.source, nextId);
    const rightName = right.sources[0]!.name;
    if (names.has(rightName)) {
      reject(
        binding,
        query.joins.length === 1 ? 'JOIN-7' : 'JOIN-8',
        join.source.span,
        `${rightName} stands twice in this join.`,
        'Copy it first: CREATE … AS SELECT * FROM it, and join the copy.',
      );
    }
    names.set(rightName, join.source);
    from = bindJoin(binding, from, right, join, { nextId });
  }
  const aliases = new Map<string, string>();
  for (const item of query.select) {
    if (item.kind === 'item' && item.alias !== null) {
      aliases.set(item.alias.text, binding.text.slice(item.expression.span[0], item.expression.span[1]));
    }
  }
  return { ...from, scope: { ...from.scope, selectAliases: aliases } };
}

/** The source that a name means. */
export function findSource(binding: Binding, node: SourceSyntax): Source {
  const source = binding.env.catalog.sources.get(node.name.text);
  if (source !== undefined) return source;
  const names = [...binding.env.catalog.sources.keys()];
  return reject(
    binding,
    'NAME-1',
    node.name.span,
    `There is no stream or table ${pasteName(node.name.text)}.${suggestion(node.name, names)}`,
    names.length === 0 ? 'Nothing has been created yet.' : 'SHOW STREAMS and SHOW TABLES list all.',
  );
}

function single(binding: Binding, node: SourceSyntax, nextId: NextId): FromResult {
  const source = findSource(binding, node);
  const alias = node.alias?.text ?? node.name.text;
  const plan = planSource(binding, source, alias, nextId('source'));
  return {
    node: plan,
    scope: {
      sources: [{ alias, name: source.name, first: 0, count: plan.columns.length, isWindowed: source.window !== null }],
      columns: plan.columns,
      selectAliases: new Map(),
    },
    sources: [source],
    viable: null,
    equivalents: [],
    synthetic: null,
  };
}

/** The plan node that reads a source. */
export function planSource(binding: Binding, source: Source, alias: string, id: string): SourceNode {
  const columns: PlanColumn[] = [];
  const add = (name: string, type: PlanColumn['type'], kind: PlanColumn['kind']) =>
    columns.push({ source: alias, name, type, kind });
  for (const { name, type } of source.key) add(name, type, 'key');
  for (const { name, type } of source.value) add(name, type, 'value');
  const firstHeader = columns.length;
  for (const { name, type } of source.headers) add(name, type, 'header');
  add('ROWTIME', BIGINT, 'system');
  add('ROWPARTITION', INTEGER, 'system');
  add('ROWOFFSET', BIGINT, 'system');
  if (source.window !== null) {
    add('WINDOWSTART', BIGINT, 'window');
    add('WINDOWEND', BIGINT, 'window');
  }
  const timestampColumn =
    source.timestamp === null ? -1 : columns.findIndex(({ name }) => name === source.timestamp!.column);
  return {
    kind: 'source',
    id,
    shape: source.shape,
    columns,
    key: source.key.map((_, index) => index),
    window: source.window,
    source: source.name,
    alias,
    topic: topicShape(source),
    partitions: binding.env.topic(source.topic)?.partitions ?? 1,
    timestamp:
      timestampColumn < 0
        ? null
        : {
            column: timestampColumn,
            format: source.timestamp!.format,
            throwOnInvalid: isOn(binding.env, 'ksql.timestamp.throw.on.invalid', false),
          },
    headers: source.headers.map(({ header }, index) => ({ column: firstHeader + index, header })),
    reads: null,
  };
}

/** How a source's topic is written. */
export function topicShape(source: Source): TopicShape {
  return {
    topic: source.topic,
    key: source.key,
    value: source.value,
    keyFormat: source.keyFormat,
    valueFormat: source.valueFormat,
    window: source.window,
  };
}

/** Names near to a missing source, for DESCRIBE and the like. */
export function nearestSource(binding: Binding, name: string): string | null {
  return nearest(name, binding.env.catalog.sources.keys());
}
