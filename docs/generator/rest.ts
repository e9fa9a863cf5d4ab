// The page of routes, from the same declarations as /openapi.json.
import type { RequestHandler, Router } from 'express';
import { API_SCHEMAS } from '../../src/http/api-schemas.ts';
import { backfillResources } from '../../src/http/backfill.ts';
import { methodsOf } from '../../src/http/documented.ts';
import { ksqlRouter } from '../../src/http/ksql/router.ts';
import type { Operation, Schema } from '../../src/http/operation.ts';
import type { Resource } from '../../src/http/resource.ts';
import { restResources } from '../../src/http/rest-app.ts';
import { code, page, table } from './markdown.ts';

/** Page by file name. */
export function restPages(): ReadonlyMap<string, string> {
  return new Map([['rest.md', restPage()]]);
}

/** Resources only register what they are made with; nothing of it is called here. */
const NOTHING = { worker: { environment: { settings: {} } }, logs: {}, metrics: {} } as never;

const LEAD = `Everything listens without authentication on the loopback address unless you set another. The worker serves all of
this page at \`/openapi.json\` (OpenAPI 3.1), readable at \`/api-docs\`. Every error answers \`{"error_code", "message"}\`;
503 means that something cannot be reached now. Shapes of bodies stand at the end.`;

const REPLAY = `Other readers of an original topic would see a record again that is written there, and a newer record of its key may
have come meanwhile. So a replay goes to the failed connector alone unless you say otherwise: through a topic of its own,
\`<dead-letter topic>.retry.<connector>\`, which the connector reads beside its topics as if the records came from where they
failed. It takes a few seconds until it reads a topic that is new. Offsets and lag of that topic show under the connector's own.
Only sinks have this; for others say \`"to": "original"\` or name a topic. Which letters were replayed stands in the compacted topic
\`_<cluster.id>_dlq_replays\`, and the group \`<cluster.id>-dlq-replay-<connector>\` shows as lag what was not.
More: [guide](../guide/replay-dead-letters.md).`;

function restPage(): string {
  const services = backfillResources(NOTHING);
  const list = restResources({ api: NOTHING, services, overview: NOTHING, now: () => 0 });
  const tags = [...new Set(list.map(({ tag }) => tag!))];
  return page('Routes', LEAD, [
    ...tags.map((tag) =>
      section(
        tag,
        list.filter((resource) => resource.tag === tag),
      ),
    ),
    `## ksqlDB's, at \`ksql.listeners\`\n\n\`\`\`\n${routesOf(ksqlRouter(NOTHING, NOTHING)).join('\n')}\n\`\`\``,
    `## Shapes\n\n${shapes()}`,
  ]);
}

function section(tag: string, list: readonly Resource[]): string {
  const routes = list.flatMap((resource) =>
    methodsOf(resource).flatMap((method) => {
      const operation = resource.operations?.[method];
      return operation === undefined || operation.internal === true
        ? []
        : [routeText(`${method.toUpperCase()} ${resource.path}`, operation)];
    }),
  );
  const lead = { 'Dead letters': REPLAY, 'Back-fills': 'Settings: [guide](../guide/backfill-from-bigquery.md).' }[tag];
  return [`## ${tag}`, ...(lead === undefined ? [] : [lead]), ...routes].join('\n\n');
}

function routeText(route: string, { summary, doc, query, body, answers, errors }: Operation): string {
  const parts = [`### ${code(route)}`, summary];
  if (doc !== undefined) parts.push(doc);
  if (query !== undefined) {
    parts.push(
      table(
        ['query', 'type', ''],
        Object.entries(query).map(([name, one]) => [code(name), shapeText(one.schema), one.doc]),
      ),
    );
  }
  if (body !== undefined) {
    const example = body.example === undefined ? '' : `, for example ${code(JSON.stringify(body.example))}`;
    parts.push(`Body: ${shapeText(body.schema)}${example}.`);
  }
  const rows = [
    ...Object.entries(answers).map(([status, one]) => [
      status,
      one.schema === undefined ? '' : shapeText(one.schema),
      one.doc,
    ]),
    ...Object.entries(errors ?? {}).map(([status, text]) => [status, '', text]),
  ];
  parts.push(table(['answer', 'body', ''], rows));
  return parts.join('\n\n');
}

function shapes(): string {
  return Object.entries(API_SCHEMAS)
    .map(([name, schema]) => {
      const members = Object.entries((schema['properties'] as Record<string, Schema> | undefined) ?? {});
      const required = new Set((schema['required'] as readonly string[] | undefined) ?? []);
      if (members.length === 0) return `### ${name}\n\n${shapeText(schema)}.`;
      const rows = members.map(([member, one]) => [
        `${code(member)}${required.has(member) ? '' : ' (may be missing)'}`,
        shapeText(one),
        String(one['description'] ?? ''),
      ]);
      return `### ${name}\n\n${table(['member', 'type', ''], rows)}`;
    })
    .join('\n\n');
}

/** A schema in a few words. */
function shapeText(schema: Schema): string {
  const { $ref, type, items, anyOf, additionalProperties } = schema;
  if (typeof $ref === 'string') {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (Array.isArray(schema['enum'])) return (schema['enum'] as readonly string[]).map((text) => code(text)).join(', ');
  if (Array.isArray(anyOf)) return (anyOf as readonly Schema[]).map(shapeText).join(' or ');
  if (items !== undefined) return `array of ${shapeText(items as Schema)}`;
  if (additionalProperties !== undefined) return `object of ${shapeText(additionalProperties as Schema)} by name`;
  const { properties } = schema;
  if (properties !== undefined) {
    return `{${Object.entries(properties as Record<string, Schema>)
      .map(([name, one]) => `${code(name)}: ${shapeText(one)}`)
      .join(', ')}}`;
  }
  return Array.isArray(type) ? type.join(' or ') : String(type ?? 'anything');
}

interface Layer {
  readonly route?: { readonly path: string | readonly string[]; readonly stack: readonly { method?: string }[] };
}

function routesOf(router: Router | RequestHandler): string[] {
  const layers = (router as unknown as { stack: readonly Layer[] }).stack;
  return layers.flatMap(({ route }) => {
    if (route === undefined) return [];
    const methods = new Set(
      route.stack.flatMap(({ method }) => (method === undefined || method === 'options' ? [] : [method])),
    );
    return [route.path].flat().flatMap((path) => [...methods].map((method) => `${method.toUpperCase()} ${path}`));
  });
}
