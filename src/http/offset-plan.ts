// `/connectors/<name>/offsets/plan`: what a move of offsets would do. The move itself is Connect's own PATCH.
import { type PlanHost, planOffsets } from '../host/index.ts';
import { documented } from './documented.ts';
import { listOf, ref, TEXT } from './operation.ts';
import { param, type Resource, values } from './resource.ts';

/** The resource, documented. */
export function offsetPlanResources(host: PlanHost): readonly Resource[] {
  return documented(
    'Connectors',
    [
      {
        path: '/connectors/:name/offsets/plan',
        on: { get: (request) => planOffsets(host, param(request, 'name'), values(request, 'to').at(-1) ?? '') },
      },
    ],
    {
      'GET /connectors/:name/offsets/plan': {
        id: 'planOffsets',
        summary:
          "Where a sink's offsets would stand after a move to a time or an end, and where they stand. Moves nothing.",
        query: { to: { schema: TEXT, doc: '`earliest`, `latest`, or a time: ISO 8601 or milliseconds.' } },
        answers: { 200: { doc: 'One entry a partition.', schema: listOf(ref('PlannedOffset')) } },
        errors: { 400: 'It is no sink, or `to` is malformed.', 404: 'There is no connector of that name.' },
      },
    },
  );
}
