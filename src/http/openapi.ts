// `/openapi.json`: the document of all routes of the listener, made from what the routes say of themselves.
import { API_SCHEMAS } from './api-schemas.ts';
import { documented, methodsOf } from './documented.ts';
import { type Method, type Operation, type Operations, ref, type Schema } from './operation.ts';
import type { Resource } from './resource.ts';

const OPERATIONS: Operations = {
  'GET /openapi.json': {
    id: 'getOpenApi',
    summary: 'This API as an OpenAPI 3.1 document.',
    answers: { 200: { doc: 'The document.', schema: { type: 'object' } } },
  },
};

/** The given resources, and with them the one that describes them all. */
export function withOpenApi(list: readonly Resource[], version: string): readonly Resource[] {
  let made: object | null = null;
  const own = documented(
    'Worker',
    [
      {
        path: '/openapi.json',
        on: {
          get: () => {
            made ??= openApiDocument(all, version);
            return made;
          },
        },
      },
    ],
    OPERATIONS,
  );
  const all = [...own, ...list];
  return all;
}

/** The document. */
export function openApiDocument(list: readonly Resource[], version: string): object {
  const tags = [...new Set(list.map(({ tag }) => tag ?? 'Other'))];
  const paths: Record<string, Record<string, unknown>> = {};
  for (const resource of list) {
    const path = pathOf(resource.path);
    const item = paths[path] ?? { ...parametersOf(resource.path) };
    for (const method of methodsOf(resource)) {
      const operation = resource.operations?.[method];
      if (operation?.internal !== true) item[method] = shown(resource, method, operation ?? null);
    }
    paths[path] = item;
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tributary',
      version,
      description: "Kafka Connect's REST API with what Tributary adds: back-fills, dead letters, the overview.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: { schemas: API_SCHEMAS },
  };
}

/** `/connectors/{name}`. */
export function pathOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function parametersOf(path: string): { readonly parameters?: readonly object[] } {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  if (names.length === 0) return {};
  const schemaOf = (name: string): Schema => ({ type: name === 'task' ? 'integer' : 'string' });
  return { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: schemaOf(name) })) };
}

function shown(resource: Resource, method: Method, operation: Operation | null): object {
  const tags = [resource.tag ?? 'Other'];
  if (operation === null) return { tags, responses: { default: errorAnswer('An error.') } };
  const { id, summary, doc, query, body, answers, errors } = operation;
  const parameters = Object.entries(query ?? {}).map(([name, one]) => ({
    name,
    in: 'query',
    description: one.doc,
    schema: one.schema,
  }));
  const responses: Record<string, object> = {};
  for (const [status, answer] of Object.entries(answers)) {
    const content = answer.schema && { [answer.type ?? 'application/json']: { schema: answer.schema } };
    responses[status] = { description: answer.doc, ...(content === undefined ? {} : { content }) };
  }
  for (const [status, text] of Object.entries(errors ?? {})) responses[status] = errorAnswer(text);
  responses['default'] = errorAnswer('Any other error.');
  return {
    tags,
    operationId: id,
    summary,
    ...(doc === undefined ? {} : { description: doc }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body, resource, method) }),
    responses,
  };
}

function requestBody(body: NonNullable<Operation['body']>, resource: Resource, method: Method): object {
  const example = body.example === undefined ? {} : { example: body.example };
  return {
    required: resource.body?.includes(method) === true,
    ...(body.doc === undefined ? {} : { description: body.doc }),
    content: { 'application/json': { schema: body.schema, ...example } },
  };
}

function errorAnswer(description: string): object {
  return { description, content: { 'application/json': { schema: ref('Error') } } };
}
