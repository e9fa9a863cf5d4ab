// GET /api/overview: all that the page shows, computed here, so that the page derives no figures of its own.
import { type Facts, lineageGraph, pipelines } from '../lineage/graph.ts';
import { layoutCache } from '../lineage/layout.ts';
import { documented } from './documented.ts';
import { ref } from './operation.ts';
import type { Resource } from './resource.ts';

export interface OverviewSource {
  facts(): Promise<Facts & { readonly asOfMs?: number; readonly stale?: boolean }>;
  /** Newest last. */
  recentErrors(): readonly { readonly atMs: number; readonly where: string; readonly message: string }[];
  readonly version: string;
  readonly startedMs: number;
  readonly adapters: Readonly<Record<string, string>>;
}

/** The resource, documented. */
export function overviewResources(source: OverviewSource, nowMs: () => number): readonly Resource[] {
  const place = layoutCache();
  const overview = async () => {
    const facts = await source.facts();
    const graph = lineageGraph(facts);
    return {
      version: source.version,
      upMs: nowMs() - source.startedMs,
      asOfMs: facts.asOfMs ?? nowMs(),
      stale: facts.stale ?? false,
      adapters: source.adapters,
      pipelines: pipelines(facts),
      connectors: facts.connectors,
      queries: facts.queries,
      backfills: facts.backfills,
      errors: source.recentErrors(),
      graph: { ...graph, layout: place(graph) },
    };
  };
  return documented('Overview', [{ path: '/api/overview', on: { get: overview } }], {
    'GET /api/overview': {
      id: 'getOverview',
      summary: 'All that the page at `/ui` shows: pipelines, connectors, queries, back-fills, errors, lineage.',
      answers: { 200: { doc: 'The overview.', schema: ref('Overview') } },
    },
  });
}
