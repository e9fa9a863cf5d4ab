// `/backfills`: declared jobs that load exports.
import type { Router } from 'express';
import type { Backfills } from '../backfill/index.ts';
import { flag, param, type Resource, resources } from './resource.ts';

/** The router; mounted before the Connect API. Errors go to the listener's last handler. */
export function backfillRouter(backfills: Backfills): Router {
  return resources(backfillResources(backfills));
}

function backfillResources(backfills: Backfills): readonly Resource[] {
  return [
    {
      path: '/backfills',
      body: ['post'],
      on: {
        get: () => backfills.list(),
        // 201 for a new run; 200 when it is the one that is there already.
        post: async (request, response) => {
          const known = new Set(backfills.list().map((status) => status.id));
          const body: unknown = request.body;
          const inBody = (body as { rerun?: unknown } | null)?.rerun === true;
          const status = await backfills.submit(body, { rerun: inBody || flag(request, 'rerun') });
          if (!known.has(status.id)) response.status(201).location(`/backfills/${encodeURIComponent(status.name)}`);
          return status;
        },
      },
    },
    {
      path: '/backfills/:name',
      on: {
        get: (request) => backfills.status(param(request, 'name')),
        delete: (request) => backfills.cancel(param(request, 'name')),
      },
    },
    {
      path: '/backfills/:name/retry',
      on: { post: (request) => backfills.retry(param(request, 'name')) },
    },
  ];
}
