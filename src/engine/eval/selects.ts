// SELECT statements of a request: pull queries over final state, push queries over topics.
import { ByteWriter } from '../../core/bytes.ts';
import type { Row, Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import type { RowWriter } from '../../formats/format.ts';
import type { Printable } from '../../formats/json-text.ts';
import { topicShape } from '../../sql/bind/from.ts';
import type { PullPlan } from '../../sql/bind/pull.ts';
import type { ProjectNode } from '../../sql/plan/nodes.ts';
import type { Column } from '../../sql/types/sql-type.ts';
import { typeText } from '../../sql/types/type-text.ts';
import { serdeRef } from '../pipeline/serde-ref.ts';
import { transientTopology } from '../plan-topology.ts';
import { pullFunction } from '../pull.ts';
import type { SourceDef } from '../topology.ts';
import { jsonOfCell } from './json-cells.ts';
import { QueryRun } from './query-run.ts';
import type { World } from './world.ts';

/** Ends of topics when a push query started. */
export type StartOffsets = ReadonlyMap<string, number>;

/** A pull query on a table. Rows come in the order of their key bytes, as a store keeps them. */
export async function pullTable(world: World, plan: PullPlan): Promise<Printable> {
  const run = world.runs.get(plan.queryId!);
  const materialized = run?.topology.materialized ?? null;
  if (run === undefined || materialized === null) {
    throw new TributaryError('TRIB_SQL_PULL_9', 'sql', { what: `The rows of ${plan.source.name} are not kept.` });
  }
  const evaluate = pullFunction(plan, world.functions, world.context);
  const shape = topicShape(plan.source);
  const keys = world.serdes.writer(serdeRef(shape, 'key'), shape.topic, true);
  await keys.prepare();
  const rows: { readonly cells: Value[]; readonly key: Buffer }[] = [];
  for (const [key, state, timeMs] of run.stores[materialized.store]!.entries()) {
    const result = materialized.rowOf(key, state, timeMs);
    if (result === null) continue;
    const value = plan.source.valueFormat.format.startsWith('PROTOBUF')
      ? await asWritten(world, plan, result.value)
      : result.value;
    const cells = evaluate(result.key, value, timeMs);
    if (cells !== null) rows.push({ cells, key: bytesOf(keys, result.key) });
  }
  rows.sort((a, b) => Buffer.compare(a.key, b.key));
  const shown = plan.limit === null ? rows : rows.slice(0, plan.limit);
  return response(
    plan,
    shown.map(({ cells }) => cells),
    null,
  );
}

function bytesOf(writer: RowWriter, row: Row): Buffer {
  const out = new ByteWriter();
  return writer.write(row, out) ? out.toBuffer() : Buffer.alloc(0);
}

/** Protobuf cannot hold every null: the row as its topic has it. */
async function asWritten(world: World, plan: PullPlan, row: Row): Promise<Row> {
  const shape = topicShape(plan.source);
  const ref = serdeRef(shape, 'value');
  const writer = world.serdes.writer(ref, shape.topic, false);
  await writer.prepare();
  const bytes = bytesOf(writer, row);
  const reader = world.serdes.reader(
    ref,
    shape.topic,
    false,
    shape.value.map((_, index) => [index]),
  );
  const ready = reader.prepare(bytes, new Int32Array([0]), new Int32Array([bytes.length]), 1);
  if (ready !== null) await ready;
  const read = reader.read(bytes, 0, bytes.length);
  return read === null ? row : [...read, ...row.slice(shape.value.length)];
}

function response(plan: PullPlan, rows: readonly Value[][], finalMessage: string | null): Printable {
  const schema = plan.columns
    .map(
      ({ name, type, isKey, role }) =>
        `\`${name.replaceAll('`', '``')}\` ${typeText(type)}${isKey ? ' KEY' : role === null ? '' : ` ${role}`}`,
    )
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
