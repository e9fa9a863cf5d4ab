// SELECT statements of a request: pull queries over final state, push queries over topics.
import type { Row, Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Printable } from '../../formats/json-text.ts';
import type { PullPlan } from '../../sql/bind/pull.ts';
import type { ProjectNode } from '../../sql/plan/nodes.ts';
import type { Column } from '../../sql/types/sql-type.ts';
import { typeText } from '../../sql/types/type-text.ts';
import { transientTopology } from '../plan-topology.ts';
import { pullFunction } from '../pull.ts';
import type { SourceDef } from '../topology.ts';
import { jsonOfCell } from './json-cells.ts';
import { QueryRun } from './query-run.ts';
import type { World } from './world.ts';

/** Ends of topics when a push query started. */
export type StartOffsets = ReadonlyMap<string, number>;

/** A pull query on a table. */
export function pullTable(world: World, plan: PullPlan): Printable {
  const run = world.runs.get(plan.queryId!);
  const materialized = run?.topology.materialized ?? null;
  if (run === undefined || materialized === null) {
    throw new TributaryError('TRIB_SQL_PULL_9', 'sql', { what: `The rows of ${plan.source.name} are not kept.` });
  }
  const evaluate = pullFunction(plan, world.functions, world.context);
  const store = run.stores[materialized.store]!;
  const paths = materialized.rowOf;
  const rows: Value[][] = [];
  for (const [key, state, timeMs] of store.entries()) {
    const result = paths(key, state, timeMs);
    if (result === null) continue;
    const cells = evaluate(result.key, wholeRow(world, plan, result.value), timeMs);
    if (cells !== null) rows.push(cells);
  }
  return response(plan, plan.limit === null ? rows : rows.slice(0, plan.limit), null);
}

/** Rows of a SOURCE TABLE are stored as they are read. */
function wholeRow(_world: World, _plan: PullPlan, value: Row): Row {
  return value;
}

function response(plan: PullPlan, rows: readonly Value[][], finalMessage: string | null): Printable {
  const schema = plan.columns
    .map(({ name, type, isKey }) => `\`${name.replaceAll('`', '``')}\` ${typeText(type)}${isKey ? ' KEY' : ''}`)
    .join(', ');
  return {
    schema,
    rows: rows.map((cells) => ({
      columns: cells.map((cell, index) => jsonOfCell(cell, plan.columns[index]!.type, true)),
    })),
    ...(finalMessage === null ? {} : { finalMessage }),
  };
}

/** A pull query on a stream: its topic from the beginning to its end. */
export async function pullStream(world: World, plan: PullPlan, project: ProjectNode): Promise<Printable> {
  const { rows, isLimited } = await collect(world, project, plan.limit, () => 0);
  const cells = rows.map((row) => row.slice(1));
  return response(plan, cells, isLimited ? 'Limit Reached' : 'Query Completed');
}

/** A push query from its start offsets. */
export async function push(
  world: World,
  project: ProjectNode,
  limit: number | null,
  starts: StartOffsets,
): Promise<Printable> {
  const isLatest = world.properties['auto.offset.reset'] === 'latest';
  const from = (def: SourceDef) => (def.shape === 'stream' && isLatest ? (starts.get(def.topic) ?? 0) : 0);
  const { rows, isLimited } = await collect(world, project, limit, from);
  const columns: readonly Column[] = project.columns.slice(project.keys.length);
  return {
    schema: columns.map(({ name, type }) => `\`${name.replaceAll('`', '``')}\` ${typeText(type)}`).join(', '),
    rows: rows.map(([exists, ...cells]) => ({
      columns: cells.map((cell, index) => jsonOfCell(cell, columns[index]!.type, true)),
      ...(exists === true ? {} : { tombstone: true }),
    })),
    ...(isLimited ? { finalMessage: 'Limit Reached' } : {}),
  };
}

async function collect(
  world: World,
  project: ProjectNode,
  limit: number | null,
  from: (def: SourceDef) => number,
): Promise<{ readonly rows: readonly Row[]; readonly isLimited: boolean }> {
  const topology = transientTopology('transient', project, {
    topicPrefix: '_transient',
    functions: world.functions,
    context: world.context,
  });
  const run = new QueryRun(topology, { topics: world.topics, serdes: world.serdes, failOnBadRecords: false });
  const rows: Row[] = [];
  const isLimited = () => limit !== null && rows.length >= limit;
  await run.run(
    {
      emit(_sink, _key, row) {
        if (row !== null && !isLimited()) rows.push(row);
      },
    },
    from,
    isLimited,
  );
  return { rows, isLimited: isLimited() };
}
