// `/backfills`: declared jobs that load exports.
import type { Router } from 'express';
import type { Backfills } from '../backfill/index.ts';
import { documented } from './documented.ts';
import { FLAG, listOf, type Operations, ref } from './operation.ts';
import { flag, param, type Resource, resources } from './resource.ts';

/** The router; mounted before the Connect API. Errors go to the listener's last handler. */
export function backfillRouter(backfills: Backfills): Router {
  return resources(backfillResources(backfills));
}

/** The back-fill resources, documented. */
export function backfillResources(backfills: Backfills): readonly Resource[] {
  return documented('Back-fills', routes(backfills), OPERATIONS);
}

function routes(backfills: Backfills): readonly Resource[] {
  return [
    {
      path: '/backfills',
      body: ['post'],
      on: {
        get: async () => {
          await backfills.refresh();
          return backfills.list();
        },
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
        get: async (request) => {
          await backfills.refresh();
          return backfills.status(param(request, 'name'));
        },
        delete: (request) => backfills.cancel(param(request, 'name')),
      },
    },
    {
      path: '/backfills/:name/retry',
      on: { post: (request) => backfills.retry(param(request, 'name')) },
    },
  ];
}

const JOB = { doc: 'The job as it stands.', schema: ref('Backfill') };
const UNKNOWN = { 404: 'There is no back-fill of that name.' };

const OPERATIONS: Operations = {
  'GET /backfills': {
    id: 'listBackfills',
    summary: 'All back-fills and where they stand.',
    answers: { 200: { doc: 'The jobs.', schema: listOf(ref('Backfill')) } },
  },
  'POST /backfills': {
    id: 'submitBackfill',
    summary: 'Submits a back-fill. The same definition again is the same job.',
    query: { rerun: { schema: FLAG, doc: 'Runs a job anew that is done. Default false.' } },
    body: {
      schema: ref('BackfillJob'),
      example: { name: 'history', backfill: { source: 'export/*.csv', into: 'ORDERS' } },
    },
    answers: {
      200: { doc: 'It is there already.', schema: ref('Backfill') },
      201: { doc: 'A new run.', schema: ref('Backfill') },
    },
    errors: { 400: 'The definition is faulty: every fault is named.', 409: 'Another definition has the name.' },
  },
  'GET /backfills/:name': {
    id: 'getBackfill',
    summary: 'One back-fill: state, files, rows, rows a second, time left, bad rows.',
    answers: { 200: JOB },
    errors: UNKNOWN,
  },
  'DELETE /backfills/:name': {
    id: 'cancelBackfill',
    summary: 'Cancels it. What was loaded stays.',
    answers: { 200: JOB },
    errors: UNKNOWN,
  },
  'POST /backfills/:name/retry': {
    id: 'retryBackfill',
    summary: 'Goes on after a failure: loaded files stay loaded.',
    answers: { 200: JOB },
    errors: UNKNOWN,
  },
};
