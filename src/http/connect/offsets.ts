// `/connectors/<name>/offsets`.
import { TributaryError } from '../../core/errors.ts';
import type { HostView, OffsetEntry, Worker } from '../../host/index.ts';
import { flag, param, type Resource } from '../resource.ts';
import { offsetsAnswer, wantsDetails } from './answers.ts';

/** Reading, altering and resetting offsets. */
export function offsetResources(worker: Worker, view: () => HostView): readonly Resource[] {
  const offsets = worker.sourceAndSinkOffsets;
  return [
    {
      path: '/connectors/:name/offsets',
      body: ['patch'],
      at: { patch: 'leader', delete: 'leader' },
      on: {
        get: (request) => {
          const details = wantsDetails(request) || flag(request, 'lag');
          return offsetsAnswer(worker, param(request, 'name'), view, details);
        },
        patch: async (request) => {
          await offsets.alter(param(request, 'name'), entriesOf(request.body));
          return { message: 'The offsets for this connector have been altered successfully' };
        },
        delete: async (request) => {
          await offsets.reset(param(request, 'name'));
          return { message: 'The offsets for this connector have been reset successfully' };
        },
      },
    },
  ];
}

function entriesOf(body: unknown): readonly OffsetEntry[] {
  if (!isObject(body)) throw malformed('The request body must be {"offsets": [{"partition": {…}, "offset": {…}}]}.');
  const unknown = Object.keys(body).find((member) => member !== 'offsets');
  if (unknown !== undefined) throw malformed(`Unrecognized field "${unknown}". The body has one member, "offsets".`);
  const list = body['offsets'] ?? [];
  if (!Array.isArray(list)) throw malformed('"offsets" must be an array.');
  if (list.length === 0) throw malformed('Partitions / offsets need to be provided for an alter offsets request');
  return list.map((entry: unknown) => {
    if (!isObject(entry)) throw malformed('A member of "offsets" must be {"partition": {…}, "offset": {…}}.');
    return { partition: partOf(entry['partition'], 'partition'), offset: partOf(entry['offset'], 'offset') };
  });
}

function partOf(value: unknown, member: string): Readonly<Record<string, unknown>> | null {
  if (value === undefined || value === null) return null;
  if (isObject(value)) return value;
  throw malformed(`"${member}" must be an object or null.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string): TributaryError {
  return new TributaryError('TRIB_REQUEST_MALFORMED', 'config', { what });
}
