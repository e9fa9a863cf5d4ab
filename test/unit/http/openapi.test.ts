import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { backfillResources } from '../../../src/http/backfill.ts';
import { CONNECT_OPERATIONS, WORKER_OPERATIONS } from '../../../src/http/connect/api-docs.ts';
import { methodsOf } from '../../../src/http/documented.ts';
import { openApiDocument, pathOf } from '../../../src/http/openapi.ts';
import { restResources } from '../../../src/http/rest-app.ts';

// Resources only register what they are made with.
const NOTHING = { worker: { environment: { settings: {} } }, logs: {}, metrics: {} } as never;
const RESOURCES = restResources({
  api: NOTHING,
  services: backfillResources(NOTHING),
  overview: NOTHING,
  now: () => 0,
});

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
}

test('the document is valid OpenAPI 3.1', async () => {
  const outcome = await new Validator().validate(JSON.parse(JSON.stringify(openApiDocument(RESOURCES, '1.0.0'))));

  assert.deepEqual([outcome.valid, outcome.errors ?? []], [true, []]);
});

test('every route is documented, and what is documented is a route', () => {
  const { paths } = openApiDocument(RESOURCES, '1.0.0') as Document;
  const routes = RESOURCES.flatMap((resource) => methodsOf(resource).map((method) => ({ resource, method })));

  const silent = routes
    .filter(({ resource, method }) => resource.operations?.[method] === undefined)
    .map(
      ({ resource, method }) => `${method.toUpperCase()} ${resource.path}: say what it does in its table of operations`,
    );
  const shown = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).flatMap((method) => (method === 'parameters' ? [] : [`${method} ${path}`])),
  );
  const open = routes
    .filter(({ resource, method }) => resource.operations?.[method]?.internal !== true)
    .map(({ resource, method }) => `${method} ${pathOf(resource.path)}`);
  const served = new Set(routes.map(({ resource, method }) => `${method.toUpperCase()} ${resource.path}`));
  const stale = Object.entries({ ...CONNECT_OPERATIONS, ...WORKER_OPERATIONS }).filter(
    ([route, operation]) => operation.internal !== true && !served.has(route),
  );

  assert.deepEqual(silent, []);
  assert.deepEqual(shown.sort(), open.sort());
  assert.deepEqual(stale, []);
});

test('operations have names of their own', () => {
  const { paths } = openApiDocument(RESOURCES, '1.0.0') as Document;
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));

  assert.equal(new Set(ids).size, ids.length - ids.filter((id) => id === undefined).length + 1);
});

test('a body is asked for where the route reads one, and nowhere else', () => {
  const wrong = RESOURCES.flatMap((resource) =>
    methodsOf(resource)
      .filter((method) => resource.operations?.[method]?.internal !== true)
      .filter(
        (method) => (resource.operations?.[method]?.body !== undefined) !== (resource.body ?? []).includes(method),
      )
      .map((method) => `${method} ${resource.path}`),
  );

  assert.deepEqual(wrong, []);
});
