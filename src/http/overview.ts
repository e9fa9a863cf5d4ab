// GET /api/overview: all that the page shows, computed here, so that the page derives no figures of its own.
import { Router } from 'express';
import { type Facts, lineageGraph, pipelines } from '../lineage/graph.ts';
import { layoutCache } from '../lineage/layout.ts';

export interface OverviewSource {
  facts(): Promise<Facts>;
  /** Newest last. */
  recentErrors(): readonly { readonly atMs: number; readonly where: string; readonly message: string }[];
  readonly version: string;
  readonly startedMs: number;
  readonly adapters: Readonly<Record<string, string>>;
}

/** The router; mounted at the root of the Connect listener. */
export function overviewRouter(source: OverviewSource, nowMs: () => number): Router {
  const router = Router();
  const place = layoutCache();
  router.get('/api/overview', async (_request, response) => {
    const facts = await source.facts();
    const graph = lineageGraph(facts);
    response.json({
      version: source.version,
      upMs: nowMs() - source.startedMs,
      adapters: source.adapters,
      pipelines: pipelines(facts),
      connectors: facts.connectors,
      queries: facts.queries,
      backfills: facts.backfills,
      errors: source.recentErrors(),
      graph: { ...graph, layout: place(graph) },
    });
  });
  return router;
}
