// Queries and back-fills as the page, the live table and the caught-up check see them.
import type { Backfills } from '../backfill/index.ts';
import type { BackfillFact, QueryFact } from '../lineage/graph.ts';
import type { QueryEngine } from '../queries/index.ts';

/** Persistent queries with their topics. */
export async function queryFacts(engine: QueryEngine): Promise<readonly QueryFact[]> {
  const statuses = await engine.queries();
  return statuses.map((status) => {
    const source = status.sink === null ? undefined : engine.catalog.sources.get(status.sink);
    const first = status.skipped.first;
    return {
      id: status.queryId,
      connector: status.owner,
      statement: status.statement,
      sink: status.sink ?? status.queryId,
      state: status.state,
      reads: status.reads.map((name) => engine.catalog.sources.get(name)?.topic ?? name),
      writes: source === undefined ? [] : [source.topic],
      rowsIn: status.rowsIn,
      rowsOut: status.rowsOut,
      rowsSkipped: status.skipped.count + status.failures.count,
      firstError:
        status.errors.at(-1)?.message ??
        (first === null ? (status.failures.samples[0] ?? null) : `${first.where}: ${first.message}`),
      lag: status.lag,
    };
  });
}

/** Back-fill jobs, with the topic of the stream or table they load. */
export function backfillFacts(backfills: Backfills, engine: QueryEngine): readonly BackfillFact[] {
  return backfills.list().map((job) => ({
    name: job.name,
    source: job.source.join(', '),
    step: job.state,
    rowsDone: job.rows,
    rowsTotal: job.rowsTotal,
    into: engine.catalog.sources.get(job.into)?.topic ?? null,
    error: job.error,
  }));
}
