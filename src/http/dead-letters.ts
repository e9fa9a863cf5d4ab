// `/dead-letters` and `/connectors/<name>/dead-letters`: what failed, and back to work with it.
import type { Request } from 'express';
import { type DeadLetterDesk, letterFilter, replayRequest, wholeNumber } from '../host/index.ts';
import { documented } from './documented.ts';
import { FLAG, listOf, type Operations, ref, TEXT, WHOLE } from './operation.ts';
import { flag, param, type Resource } from './resource.ts';

/** What the answers hold, for clients. */
export type { LetterPage, LetterTopic, ReplayReport, ShownBytes, ShownLetter } from '../host/index.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 500;

/** The dead-letter resources, documented. */
export function deadLetterResources(desk: DeadLetterDesk): readonly Resource[] {
  return documented(
    'Dead letters',
    [
      { path: '/dead-letters', on: { get: () => desk.topics() } },
      {
        path: '/connectors/:name/dead-letters',
        on: {
          get: (request) => {
            const { limit, cursor, stack: _, ...filter } = singles(request);
            return desk.page(param(request, 'name'), letterFilter(filter), {
              limit:
                limit === undefined ? LIMIT_DEFAULT : Math.min(LIMIT_MAX, Math.max(1, wholeNumber('limit', limit))),
              cursor: cursor ?? null,
              stack: flag(request, 'stack'),
            });
          },
        },
      },
      {
        path: '/connectors/:name/dead-letters/replay',
        body: ['post'],
        on: { post: (request) => desk.replay(param(request, 'name'), replayRequest(request.body)) },
      },
      {
        path: '/connectors/:name/dead-letters/:letter',
        on: { get: (request) => desk.letter(param(request, 'name'), param(request, 'letter')) },
      },
    ],
    OPERATIONS,
  );
}

/** Query parameters; of a repeated one the last counts. */
function singles(request: Request): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(request.query).map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]),
  );
}

const NONE = { 404: 'There is no such connector, or it has no dead-letter topic.' };

const OPERATIONS: Operations = {
  'GET /dead-letters': {
    id: 'listDeadLetterTopics',
    summary: 'Connectors that have a dead-letter topic, and what stands in it.',
    answers: { 200: { doc: 'One entry a connector.', schema: listOf(ref('DeadLetterTopic')) } },
  },
  'GET /connectors/:name/dead-letters': {
    id: 'listDeadLetters',
    summary: "A page of a connector's dead letters, newest first.",
    doc: "Keys and values are decoded with the connector's own converters where that works, else shown as text or hexadecimal digits; secrets are hidden and long texts cut. A letter bears the time of the record that failed. In a topic that several connectors share, letters without a connector's name are shown for each.",
    query: {
      limit: { schema: { ...WHOLE, default: LIMIT_DEFAULT, maximum: LIMIT_MAX }, doc: 'Most letters of the page.' },
      cursor: { schema: TEXT, doc: 'From the former page: goes on with older letters.' },
      from: { schema: TEXT, doc: 'Records from this time on: ISO 8601 or milliseconds.' },
      to: { schema: TEXT, doc: 'Records before this time.' },
      stage: { schema: TEXT, doc: 'Where it failed, as VALUE_CONVERTER, TRANSFORMATION, TASK_PUT.' },
      exception: { schema: TEXT, doc: "A part of the exception's class name." },
      topic: { schema: TEXT, doc: 'Original topic.' },
      partition: { schema: WHOLE, doc: 'Original partition.' },
      replayed: { schema: FLAG, doc: 'Only those that were, or were not, replayed.' },
      stack: { schema: FLAG, doc: 'With stack traces. Default false.' },
    },
    answers: { 200: { doc: 'The page.', schema: ref('DeadLetterPage') } },
    errors: { 400: 'A filter is unknown or malformed.', ...NONE },
  },
  'GET /connectors/:name/dead-letters/:letter': {
    id: 'getDeadLetter',
    summary: 'One dead letter in full, with its stack trace.',
    answers: { 200: { doc: 'The letter.', schema: ref('DeadLetter') } },
    errors: { 404: 'There is no such letter (any more).' },
  },
  'POST /connectors/:name/dead-letters/replay': {
    id: 'replayDeadLetters',
    summary: 'Writes dead letters again, so that they are worked off.',
    doc: 'Say which in one way: `letters` (names), `filter` (as for the list) or `all`. `to` is `connector` (default for sinks: a topic `<dead-letter topic>.retry.<connector>` that this connector alone reads, as if the records came from their original topic), `original` (every reader of the original topic sees them again) or a topic. Key, value, time and own headers stay; context headers go; `__trib.replayed-from` says which letter it was. Records and marks are one transaction: a crash neither loses nor doubles a letter, and a marked one is not replayed again unless `again` is true. A call does at most `limit` letters or some seconds of work: send it again with `cursor` until that is null.',
    body: { schema: ref('ReplayRequest'), example: { filter: { stage: 'TASK_PUT' }, dryRun: true } },
    answers: { 200: { doc: 'What was done.', schema: ref('ReplayReport') } },
    errors: {
      400: 'The request is malformed, or letters cannot go there.',
      404: 'There is no such connector, letter or topic.',
      409: 'Another replay of this connector took over.',
    },
  },
};
